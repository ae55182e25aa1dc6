import type { JsonObject, PcmSource } from '#libs/recording-model';

/** Finest: 50 points a second. Longer recordings get wider points, so that the file stays small. */
const POINTS_PER_SECOND = 50;
const MOST_POINTS = 8000;

/** Lowest and highest sample of each point, per channel, as 8-bit numbers: the data format of audiowaveform (version 2). */
export interface WaveformPeaks extends JsonObject {
  readonly version: 2;
  readonly channels: number;
  readonly sample_rate: number;
  readonly samples_per_pixel: number;
  readonly bits: 8;
  /** Points. */
  readonly length: number;
  /** `min, max` of each channel, point after point. */
  readonly data: readonly number[];
}

/** Finds the peaks of audio that passes by on its way to the encoder. */
export class PeakFinder {
  private readonly samplesPerPoint: number;
  private readonly data: number[] = [];
  private readonly low: number[];
  private readonly high: number[];
  /** Samples per channel in the point that is being made. */
  private filled = 0;

  constructor(private readonly audio: Pick<PcmSource, 'sampleRate' | 'channels' | 'samples'>) {
    this.samplesPerPoint = Math.max(Math.round(audio.sampleRate / POINTS_PER_SECOND), Math.ceil(audio.samples / MOST_POINTS), 1);
    this.low = new Array<number>(audio.channels).fill(0);
    this.high = new Array<number>(audio.channels).fill(0);
  }

  /** @param block interleaved, whole frames */
  add(block: Int16Array): void {
    const { channels } = this.audio;
    for (let at = 0; at < block.length; ) {
      const frames = Math.min((block.length - at) / channels, this.samplesPerPoint - this.filled);
      for (let channel = 0; channel < channels; channel++) this.widen(channel, block, at, frames);
      at += frames * channels;
      this.filled += frames;
      if (this.filled === this.samplesPerPoint) this.endPoint();
    }
  }

  /** The peaks of everything that was added. */
  finish(): WaveformPeaks {
    if (this.filled > 0) this.endPoint();
    const { channels, sampleRate } = this.audio;
    return {
      version: 2,
      channels,
      sample_rate: sampleRate,
      samples_per_pixel: this.samplesPerPoint,
      bits: 8,
      length: this.data.length / (2 * channels),
      data: this.data,
    };
  }

  private widen(channel: number, block: Int16Array, from: number, frames: number): void {
    const { channels } = this.audio;
    let low = this.filled === 0 ? 32767 : (this.low[channel] ?? 0);
    let high = this.filled === 0 ? -32768 : (this.high[channel] ?? 0);
    for (let at = from + channel, end = from + frames * channels; at < end; at += channels) {
      const sample = block[at] as number;
      if (sample < low) low = sample;
      if (sample > high) high = sample;
    }
    this.low[channel] = low;
    this.high[channel] = high;
  }

  private endPoint(): void {
    for (let channel = 0; channel < this.audio.channels; channel++) {
      this.data.push((this.low[channel] ?? 0) >> 8, (this.high[channel] ?? 0) >> 8);
    }
    this.filled = 0;
  }
}

/** The same audio, its peaks found while it is read; they are complete once it was read to its end. */
export function withPeaks(source: PcmSource): { readonly source: PcmSource; readonly peaks: () => WaveformPeaks } {
  const finder = new PeakFinder(source);
  const { sampleRate, channels, samples } = source;
  async function* blocks(): AsyncGenerator<Int16Array> {
    for await (const block of source.blocks()) {
      finder.add(block);
      yield block;
    }
  }
  return { source: { sampleRate, channels, samples, blocks }, peaks: () => finder.finish() };
}

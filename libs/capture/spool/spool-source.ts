import { open } from 'node:fs/promises';
import { RecgateError, renditionSamples, type CaptureResult, type PcmSource } from '#libs/recording-model';
import { readSegments } from './segment-reader.js';
import { openSegment, type SpoolSeal } from './segment-seal.js';

/** A stretch of a spool that could not be read; silence stands in its place. Samples per channel. */
export interface SpoolDamage {
  readonly recordingId: string;
  readonly fromSample: number;
  readonly samples: number;
}

export interface SpoolSourceOptions {
  readonly recordingId: string;
  readonly audioFile: string;
  readonly capture: CaptureResult;
  readonly seal: SpoolSeal;
  readonly onDamage: (damage: SpoolDamage) => void;
}

/** The audio of a spool between its trim marks, read segment by segment. */
export class SpoolSource implements PcmSource {
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  readonly samples: number;
  private lost = 0;

  constructor(private readonly options: SpoolSourceOptions) {
    this.sampleRate = options.capture.sampleRate;
    this.channels = options.capture.channels;
    this.samples = renditionSamples(options.capture);
  }

  /** Samples per channel that could not be read when the blocks were read last; silence stands in their place. */
  lostSamples(): number {
    return this.lost;
  }

  /**
   * @throws RecgateError `media.lost` when the end of the audio is missing or a segment was altered; `gateway.unavailable`
   *   when the key that it is sealed with is not there
   */
  async *blocks(): AsyncGenerator<Int16Array> {
    this.lost = 0;
    const start = this.options.capture.trimLeadingSamples;
    const end = start + this.samples;
    let position = start;
    for await (const { firstSample, pcm } of this.audio()) {
      if (position >= end) return;
      const last = firstSample + pcm.length / this.channels;
      if (last <= position) continue;
      if (firstSample > position) {
        const missing = Math.min(firstSample, end) - position;
        this.lost += missing;
        this.options.onDamage({ recordingId: this.options.recordingId, fromSample: position, samples: missing });
        yield* this.silence(missing);
        position += missing;
      }
      const stop = Math.min(last, end);
      if (stop > position) yield pcm.subarray((position - firstSample) * this.channels, (stop - firstSample) * this.channels);
      position = Math.max(position, stop);
    }
    if (position < end) {
      throw new RecgateError('media.lost', `The spool of ${this.options.recordingId} ends ${end - position} samples too early`);
    }
  }

  private async *audio(): AsyncGenerator<{ firstSample: number; pcm: Int16Array }> {
    const { audioFile, seal } = this.options;
    const file = await open(audioFile, 'r');
    try {
      for await (const { head, payload } of readSegments(file)) {
        // The result frame stands where the audio ends: a damaged last segment shows as a gap before it.
        if (head.kind === 'result') {
          yield { firstSample: head.firstSample, pcm: new Int16Array(0) };
          continue;
        }
        yield { firstSample: head.firstSample, pcm: alignedPcm(openSegment(seal, head, payload)) };
      }
    } finally {
      await file.close();
    }
  }

  private *silence(samples: number): Generator<Int16Array> {
    const block = new Int16Array(Math.min(samples, this.sampleRate) * this.channels);
    for (let left = samples; left > 0; left -= this.sampleRate) {
      yield block.subarray(0, Math.min(left, this.sampleRate) * this.channels);
    }
  }
}

/** Int16 views need even offsets; the copy also lets the reader reuse its window. */
export function alignedPcm(bytes: Uint8Array): Int16Array {
  const copy = new Int16Array(bytes.length >> 1);
  new Uint8Array(copy.buffer).set(bytes.subarray(0, copy.length * 2));
  return copy;
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { decodeAlaw, decodeMulaw, RESAMPLER_RATES, VEIL_HEAD_BYTES, veilFrom, WAV_READ_CODECS, type FileVeil, type WavInfo } from '#libs/media';
import { RecgateError } from '#libs/recording-model';
import { readWavLayout } from './wav-layout.js';

const HEAD_BYTES = 64 * 1024;
/** Samples per channel read at once: about two seconds at 8 kHz. */
const WINDOW_SAMPLES = 16_384;

/** How the file that begins like this is hidden; null: it is not. */
export type VeilOf = (head: Uint8Array) => FileVeil | null;

/** One channel of a file, or its channels mixed. */
export type WavChannel = 0 | 1 | 'mix';

/**
 * A WAV file on the local disk, read piece by piece as its audio is asked for, so that memory does not grow with its
 * length. Reads are synchronous and small: files are captured in processes that carry no live call.
 */
export class WavFile {
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel. */
  readonly samples: number;
  private windowStart = 0;
  private windowSamples = 0;
  private readonly window: Int16Array[];
  private readonly bytes: Uint8Array;
  /** `bytes` as code words; like everything here on a little-endian machine. */
  private readonly codes: Uint8Array | Int16Array;

  private constructor(
    private readonly descriptor: number,
    private readonly layout: WavInfo,
    private readonly veil: FileVeil | null,
    dataBytes: number,
  ) {
    this.sampleRate = layout.sampleRate;
    this.channels = layout.channels;
    const blockBytes = layout.channels * WAV_READ_CODECS[layout.codec].bytesPerSample;
    this.samples = Math.floor(dataBytes / blockBytes);
    this.window = Array.from({ length: layout.channels }, () => new Int16Array(WINDOW_SAMPLES));
    this.bytes = new Uint8Array(WINDOW_SAMPLES * blockBytes);
    this.codes = layout.codec === 'pcm16' ? new Int16Array(this.bytes.buffer) : this.bytes;
  }

  /**
   * Opens a file that is complete.
   * @throws RecgateError `media.format` when it is not a WAV file that can be read or is truncated; `media.none` when it
   *   holds no audio; `request.not_found` when there is no such file.
   */
  static open(path: string, veilOf: VeilOf = () => null): WavFile {
    const descriptor = openForReading(path);
    try {
      const { size } = fstatSync(descriptor);
      if (size === 0) throw new RecgateError('media.none', 'The audio file is empty');
      const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
      readSync(descriptor, head, 0, head.length, 0);
      const veil = veilOf(head);
      const fileBytes = size - beginOf(veil);
      if (fileBytes <= 0) throw new RecgateError('media.none', 'The audio file is empty');
      const layout = readWavLayout(veil === null ? head : Buffer.from(veilFrom(veil, 0)(head.subarray(beginOf(veil)))));
      return new WavFile(descriptor, layout, veil, checkedDataBytes(layout, fileBytes));
    } catch (thrown) {
      closeSync(descriptor);
      throw thrown;
    }
  }

  /** Fills the start of `dst` with `n` samples from `position` on; beyond the end there is silence. */
  read(dst: Int16Array, n: number, position: number, channel: WavChannel): void {
    for (let done = 0; done < n; ) {
      const at = position + done;
      if (at >= this.samples) {
        dst.fill(0, done, n);
        return;
      }
      if (at < this.windowStart || at >= this.windowStart + this.windowSamples) this.load(at);
      const from = at - this.windowStart;
      const count = Math.min(n - done, this.windowSamples - from);
      this.copy(dst, done, from, count, channel);
      done += count;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private load(position: number): void {
    const blockBytes = this.channels * WAV_READ_CODECS[this.layout.codec].bytesPerSample;
    // Some samples before the position stay in reach for readers that are a little behind each other.
    this.windowStart = Math.max(0, position - WINDOW_SAMPLES / 8);
    const wanted = Math.min(WINDOW_SAMPLES, this.samples - this.windowStart);
    const offset = this.layout.dataOffset + this.windowStart * blockBytes;
    const read = readSync(this.descriptor, this.bytes, 0, wanted * blockBytes, beginOf(this.veil) + offset);
    if (this.veil !== null) this.bytes.set(veilFrom(this.veil, offset)(this.bytes.subarray(0, read)));
    this.windowSamples = Math.floor(read / blockBytes);
    if (position >= this.windowStart + this.windowSamples) throw new RecgateError('media.lost', 'The audio file was cut off while it was being read');
    this.decode(this.windowSamples);
  }

  private decode(samples: number): void {
    const table = CODE_TABLES[this.layout.codec];
    for (let index = 0; index < this.window.length; index++) {
      const channel = this.window[index];
      if (channel === undefined) continue;
      if (table !== null) expand(table, this.codes, index, this.channels, channel, samples);
      else if (this.channels === 1) channel.set(this.codes.subarray(0, samples));
      else pick(this.codes, index, this.channels, channel, samples);
    }
  }

  private copy(dst: Int16Array, at: number, from: number, count: number, channel: WavChannel): void {
    if (channel !== 'mix' || this.channels === 1) {
      const samples = this.window[channel === 'mix' ? 0 : channel] ?? this.window[0];
      if (samples !== undefined) dst.set(samples.subarray(from, from + count), at);
      return;
    }
    for (let index = 0; index < count; index++) {
      let sum = 0;
      for (const samples of this.window) sum += samples[from + index] ?? 0;
      dst[at + index] = Math.max(-32_768, Math.min(32_767, sum));
    }
  }
}

/** Where the bytes of the file begin on the disk. */
function beginOf(veil: FileVeil | null): number {
  return veil === null ? 0 : VEIL_HEAD_BYTES;
}

/** Every `step`th code word from `from` on, by table. */
function expand(table: Int16Array, codes: Uint8Array | Int16Array, from: number, step: number, dst: Int16Array, count: number): void {
  for (let at = 0, i = from; at < count; at++, i += step) dst[at] = table[codes[i] as number] as number;
}

/** Every `step`th sample from `from` on. */
function pick(samples: Uint8Array | Int16Array, from: number, step: number, dst: Int16Array, count: number): void {
  for (let at = 0, i = from; at < count; at++, i += step) dst[at] = samples[i] as number;
}

const ALL_CODES = Uint8Array.from({ length: 256 }, (_, code) => code);

function tableOf(decode: (codes: Uint8Array, samples: Int16Array) => void): Int16Array {
  const table = new Int16Array(256);
  decode(ALL_CODES, table);
  return table;
}

/** What each code word of one byte stands for; null: the words are samples. */
const CODE_TABLES: Readonly<Record<WavInfo['codec'], Int16Array | null>> = {
  pcm16: null,
  pcm8: tableOf((codes, samples) => codes.forEach((code, at) => (samples[at] = (code - 128) << 8))),
  mulaw: tableOf(decodeMulaw),
  alaw: tableOf(decodeAlaw),
};

function openForReading(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (thrown) {
    throw new RecgateError('request.not_found', `The audio file ${path} cannot be opened`, { cause: thrown });
  }
}

function checkedDataBytes(layout: WavInfo, fileBytes: number): number {
  const { sampleRate, channels, dataOffset, dataBytes } = layout;
  if (!(RESAMPLER_RATES as readonly number[]).includes(sampleRate)) {
    throw new RecgateError('media.format', `Audio at ${sampleRate} Hz is not taken; the rates are ${RESAMPLER_RATES.join(', ')} Hz`);
  }
  if (channels > 2) throw new RecgateError('media.format', `Audio of ${channels} channels is not taken; it must be mono or stereo`);
  const present = Math.max(0, fileBytes - dataOffset);
  if (dataBytes !== null && dataBytes > present) {
    throw new RecgateError('media.format', `The WAV file is truncated: it promises ${dataBytes} bytes of audio and holds ${present}`);
  }
  const bytes = dataBytes ?? present;
  if (bytes < channels * WAV_READ_CODECS[layout.codec].bytesPerSample) throw new RecgateError('media.none', 'The WAV file holds no audio');
  return bytes;
}

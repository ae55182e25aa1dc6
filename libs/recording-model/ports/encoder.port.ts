import type { Rendition } from '../recording-facts.js';
import type { RecordingFormat } from '../recording-spec.js';

/** Makes a rendition from spooled audio. Runs off the main thread; memory does not grow with the length. */
export interface Encoder {
  /**
   * @throws RecgateError `media.format` when format, rate and channels do not go together, or the format cannot be
   *   encrypted; `field.invalid` for a cipher that is none; `gateway.internal` otherwise.
   */
  encode(request: EncodeRequest): Promise<Rendition>;
}

export interface EncodeRequest {
  /** Interleaved little-endian PCM 16 by way of the spool reader. */
  readonly source: PcmSource;
  readonly format: RecordingFormat;
  /** Written atomically: absent or complete. */
  readonly outputFile: string;
  /** The whole file, its header included, is written as one cipher stream; absent: it is plain. */
  readonly encryption?: FileCipher;
  readonly signal?: AbortSignal;
}

/** AES-CBC with PKCS#7 padding; the vector is not part of the file (Aculab contract §4). */
export interface FileCipher {
  /** Hex: 32, 48 or 64 digits for 128, 192 or 256 bits. */
  readonly key: string;
  /** Hex, 32 digits. */
  readonly vector: string;
}

/** Audio in samples per channel, read once from start to end. */
export interface PcmSource {
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Exact length in samples per channel. */
  readonly samples: number;
  /** Samples per channel that could not be read when the blocks were read last; absent: none. */
  lostSamples?(): number;
  /** Interleaved blocks of any size; their sum is `samples`. */
  blocks(): AsyncIterable<Int16Array>;
}

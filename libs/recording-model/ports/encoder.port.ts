import type { Rendition } from '../recording-facts.js';
import type { RecordingFormat } from '../recording-spec.js';

/** Makes a rendition from spooled audio. Runs off the main thread; memory does not grow with the length. */
export interface Encoder {
  /**
   * @throws RecgateError `media.format` when format, rate and channels do not go together; `gateway.internal` otherwise.
   */
  encode(request: EncodeRequest): Promise<Rendition>;
}

export interface EncodeRequest {
  /** Interleaved little-endian PCM 16 by way of the spool reader. */
  readonly source: PcmSource;
  readonly format: RecordingFormat;
  /** Written atomically: absent or complete. */
  readonly outputFile: string;
  readonly signal?: AbortSignal;
}

/** Audio in samples per channel, read once from start to end. */
export interface PcmSource {
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Exact length in samples per channel. */
  readonly samples: number;
  /** Interleaved blocks of any size; their sum is `samples`. */
  blocks(): AsyncIterable<Int16Array>;
}

import type { RecordingFormat, Rendition } from '#libs/recording-model';
import { planEncoding, type AudioShape } from './format-table.js';
import { createMp3FormatEncoder } from './mp3/mp3-format-encoder.js';
import { PcmFormatEncoder } from './pcm-format-encoder.js';

/**
 * Turns a stream of samples into the bytes of one file. A file is: `headerBytes` of header, everything `push` gave, the
 * tail. The header is complete only after `finish`, unless the format can tell it from the length alone. Memory does not
 * grow with the length.
 */
export interface FormatEncoder {
  /** Its name and what it is set to, as a rendition tells them. */
  readonly facts: NonNullable<Rendition['encodedBy']>;
  /** Bytes to leave free at the start of the file. */
  readonly headerBytes: number;
  /**
   * The final header of a file with this many samples per channel, or null where it depends on the encoded bytes too.
   * @throws RecgateError `media.format` when a file of this format cannot be so long
   */
  headerFor(samples: number): Uint8Array | null;
  /** Encodes whole sample frames; gives the bytes that are ready, possibly none. They are valid until the next call. */
  push(interleaved: Int16Array): Uint8Array;
  /** Ends the file. To be called once; nothing may be pushed after it. */
  finish(): FinishedEncoding;
}

export interface FinishedEncoding {
  /** Bytes to append. */
  readonly tail: Uint8Array;
  /** Bytes to put at the start of the file, `headerBytes` long. */
  readonly header: Uint8Array;
}

/**
 * An encoder for a format and audio.
 * @throws RecgateError `media.format` when they do not go together
 */
export async function createFormatEncoder(format: RecordingFormat, audio: AudioShape): Promise<FormatEncoder> {
  const plan = planEncoding(format, audio);
  return plan.bitrateKbps === null ? new PcmFormatEncoder(plan) : await createMp3FormatEncoder(plan, plan.bitrateKbps);
}

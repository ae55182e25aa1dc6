import {
  WavFormatError,
  encodeAlaw,
  encodeMulaw,
  wavPaddingBytes,
  writeWavHeader,
  type WavCodec,
  type WavLayout,
} from '#libs/media';
import { RecgateError } from '#libs/recording-model';
import type { FinishedEncoding, FormatEncoder } from './format-encoder.js';
import type { EncodingPlan } from './format-table.js';

/** Writes samples as bytes, `bytesPerSample` each. */
interface SampleWriter {
  readonly bytesPerSample: number;
  write(samples: Int16Array, scratch: Uint8Array): Uint8Array;
}

const WRITERS: Readonly<Record<WavCodec, SampleWriter>> = {
  // Typed arrays are little-endian on every platform Node runs the encoder on, as WAV is.
  pcm16: {
    bytesPerSample: 2,
    write: (samples) => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
  },
  mulaw: {
    bytesPerSample: 1,
    write: (samples, scratch) => (encodeMulaw(samples, scratch), scratch.subarray(0, samples.length)),
  },
  alaw: {
    bytesPerSample: 1,
    write: (samples, scratch) => (encodeAlaw(samples, scratch), scratch.subarray(0, samples.length)),
  },
};

const NAMES: Readonly<Record<WavCodec, string>> = { pcm16: 'PCM, 16 bits', mulaw: 'G.711 µ-law', alaw: 'G.711 A-law' };

const NOTHING = new Uint8Array(0);

/** PCM 16, µ-law and A-law, in a WAV file or without any header. */
export class PcmFormatEncoder implements FormatEncoder {
  readonly facts: FormatEncoder['facts'];
  readonly headerBytes: number;
  private readonly layout: Omit<WavLayout, 'samples'>;
  private readonly withHeader: boolean;
  private readonly writer: SampleWriter;
  private scratch = NOTHING;
  private samplesOfAllChannels = 0;

  /** @param plan a plan whose codec is not MP3 */
  constructor(plan: EncodingPlan) {
    const { codec, sampleRate, channels } = plan;
    if (codec === 'mp3')
      throw new RecgateError('media.format', 'MP3 is not written sample by sample', { field: 'format' });
    this.facts = { name: NAMES[codec], bitrateKbps: null };
    this.layout = { codec, sampleRate, channels };
    this.withHeader = plan.container === 'wav';
    this.writer = WRITERS[codec];
    this.headerBytes = this.headerFor(0).length;
  }

  headerFor(samples: number): Uint8Array {
    if (!this.withHeader) return NOTHING;
    try {
      return writeWavHeader({ ...this.layout, samples });
    } catch (error) {
      if (error instanceof WavFormatError)
        throw new RecgateError('media.format', `${error.message}. MP3 has no such limit.`, {
          field: 'format',
          cause: error,
        });
      throw error;
    }
  }

  push(interleaved: Int16Array): Uint8Array {
    this.samplesOfAllChannels += interleaved.length;
    if (this.writer.bytesPerSample === 1 && this.scratch.length < interleaved.length)
      this.scratch = new Uint8Array(interleaved.length);
    return this.writer.write(interleaved, this.scratch);
  }

  finish(): FinishedEncoding {
    const samples = this.samplesOfAllChannels / this.layout.channels;
    const padding = this.withHeader ? wavPaddingBytes({ ...this.layout, samples }) : 0;
    return { tail: new Uint8Array(padding), header: this.headerFor(samples) };
  }
}

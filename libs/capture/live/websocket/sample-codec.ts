import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw, RESAMPLER_RATES } from '#libs/media';

/** How the samples of a stream are written. `pcm16` is little-endian. */
export type StreamEncoding = 'pcm16' | 'mulaw' | 'alaw';

export interface SampleCodec {
  readonly bytesPerSample: 1 | 2;
  decode(bytes: Buffer): Int16Array;
  encode(samples: Int16Array): Uint8Array;
}

export const SAMPLE_CODECS: Readonly<Record<StreamEncoding, SampleCodec>> = {
  pcm16: {
    bytesPerSample: 2,
    decode: (bytes) => {
      const samples = new Int16Array(bytes.length >> 1);
      new Uint8Array(samples.buffer).set(bytes.subarray(0, samples.length * 2));
      return samples;
    },
    encode: (samples) => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
  },
  mulaw: {
    bytesPerSample: 1,
    decode: (bytes) => filled(new Int16Array(bytes.length), (samples) => decodeMulaw(bytes, samples)),
    encode: (samples) => filled(new Uint8Array(samples.length), (bytes) => encodeMulaw(samples, bytes)),
  },
  alaw: {
    bytesPerSample: 1,
    decode: (bytes) => filled(new Int16Array(bytes.length), (samples) => decodeAlaw(bytes, samples)),
    encode: (samples) => filled(new Uint8Array(samples.length), (bytes) => encodeAlaw(samples, bytes)),
  },
};

/** True for the rates that can be recorded. */
export function isStreamRate(value: unknown): value is number {
  return (RESAMPLER_RATES as readonly unknown[]).includes(value);
}

/** Cuts a byte stream into whole samples of all channels; a message may end anywhere, even within a sample. */
export class SampleAssembler {
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    private readonly codec: SampleCodec,
    private readonly channels: number,
  ) {}

  /** The samples that are complete now, one array a channel. */
  push(bytes: Buffer): Int16Array[] {
    const all = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const whole = all.length - (all.length % (this.codec.bytesPerSample * this.channels));
    this.rest = Buffer.from(all.subarray(whole));
    const interleaved = this.codec.decode(all.subarray(0, whole));
    if (this.channels === 1) return [interleaved];
    return Array.from({ length: this.channels }, (_, channel) =>
      filled(new Int16Array(interleaved.length / this.channels), (samples) => {
        for (let at = 0; at < samples.length; at++) samples[at] = interleaved[at * this.channels + channel] as number;
      }),
    );
  }
}

function filled<T>(out: T, fill: (out: T) => void): T {
  fill(out);
  return out;
}

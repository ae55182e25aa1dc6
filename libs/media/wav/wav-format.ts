/** The codecs of the WAV files that are written. */
export type WavCodec = 'pcm16' | 'mulaw' | 'alaw';

/** The codecs of the WAV files that are read; `pcm8` is unsigned with 128 as silence. */
export type WavReadCodec = WavCodec | 'pcm8';

/** Registered format tag, bytes of a sample and bytes of the `fmt ` chunk of each codec (RFC 2361; 18 where not PCM). */
export const WAV_CODECS = {
  pcm16: { formatTag: 0x0001, bytesPerSample: 2, fmtBytes: 16 },
  alaw: { formatTag: 0x0006, bytesPerSample: 1, fmtBytes: 18 },
  mulaw: { formatTag: 0x0007, bytesPerSample: 1, fmtBytes: 18 },
} as const satisfies Record<WavCodec, { formatTag: number; bytesPerSample: number; fmtBytes: number }>;

/** Registered format tag and bytes of a sample of each codec that is read. */
export const WAV_READ_CODECS = {
  ...WAV_CODECS,
  pcm8: { formatTag: 0x0001, bytesPerSample: 1 },
} as const satisfies Record<WavReadCodec, { formatTag: number; bytesPerSample: number }>;

/** `WAVE_FORMAT_EXTENSIBLE`: the format tag is in the first two bytes of the sub-format. */
export const FORMAT_EXTENSIBLE = 0xfffe;

/** Why a WAV header cannot be read or written. `incomplete`: the header goes on beyond the bytes given. */
export type WavFormatReason =
  'not-riff' | 'incomplete' | 'no-format' | 'malformed' | 'unsupported-codec' | 'unsupported-channels' | 'too-large';

/** A WAV header that cannot be read or written. */
export class WavFormatError extends Error {
  readonly reason: WavFormatReason;

  constructor(reason: WavFormatReason, message: string) {
    super(message);
    this.name = 'WavFormatError';
    this.reason = reason;
  }
}

import { FORMAT_EXTENSIBLE, WAV_READ_CODECS, WavFormatError, type WavReadCodec } from './wav-format.js';

/** What a WAV file holds and where. */
export interface WavInfo {
  readonly codec: WavReadCodec;
  /** Samples per second of each channel. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Where the audio data begins. */
  readonly dataOffset: number;
  /** Whole sample frames only; null when the writer did not know (streamed), then up to the end of the file. */
  readonly dataBytes: number | null;
  /** Samples per channel; null as with `dataBytes`. */
  readonly samples: number | null;
}

/** What writers to a pipe put in place of a size they cannot know: most 0 or 0xFFFFFFFF, SoX the second, `arecord` one of the last. */
const UNKNOWN_SIZES: readonly number[] = [0, 0x7fff_f000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const MOST_CHANNELS = 64;

interface FmtChunk {
  readonly codec: WavReadCodec;
  readonly channels: number;
  readonly sampleRate: number;
  readonly blockAlign: number;
}

/**
 * Reads the header from the first bytes of a file. Walks the chunks, so `LIST`, `fact`, `bext` and others may stand
 * anywhere before the data; `WAVE_FORMAT_EXTENSIBLE` and `RF64` are understood. Declared lengths are not compared with
 * the length of the file: a truncated file simply ends early.
 * @throws WavFormatError with the reason; `incomplete` asks for more bytes
 */
export function parseWavHeader(bytes: Uint8Array): WavInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkMagic(bytes);
  let format: FmtChunk | null = null;
  for (let at = 12; ;) {
    if (at + 8 > bytes.length)
      throw new WavFormatError('incomplete', `The header goes on beyond ${bytes.length} bytes without a data chunk`);
    const id = ascii(bytes, at);
    const size = view.getUint32(at + 4, true);
    if (id === 'data') return withData(format, at + 8, size);
    if (id === 'fmt ') format = parseFmt(bytes, view, at + 8, size);
    at += 8 + size + (size % 2);
  }
}

function checkMagic(bytes: Uint8Array): void {
  const magic = ascii(bytes, 0);
  const plausible = magic === 'RIFF' || magic === 'RF64';
  if (bytes.length < 12 && (plausible || bytes.length < 4))
    throw new WavFormatError('incomplete', 'A WAV file has at least 12 bytes');
  if (!plausible || ascii(bytes, 8) !== 'WAVE') throw new WavFormatError('not-riff', 'This is not a WAV file');
}

function withData(format: FmtChunk | null, dataOffset: number, size: number): WavInfo {
  if (format === null) throw new WavFormatError('no-format', 'The data chunk comes before any fmt chunk');
  const { codec, sampleRate, channels, blockAlign } = format;
  const samples = UNKNOWN_SIZES.includes(size) ? null : Math.floor(size / blockAlign);
  return {
    codec,
    sampleRate,
    channels,
    dataOffset,
    samples,
    dataBytes: samples === null ? null : samples * blockAlign,
  };
}

function parseFmt(bytes: Uint8Array, view: DataView, at: number, size: number): FmtChunk {
  if (size < 16) throw new WavFormatError('malformed', `The fmt chunk has ${size} bytes; 16 are the least`);
  if (at + Math.min(size, 40) > bytes.length) throw new WavFormatError('incomplete', 'The fmt chunk is cut off');
  const declaredTag = view.getUint16(at, true);
  const formatTag = declaredTag === FORMAT_EXTENSIBLE && size >= 40 ? view.getUint16(at + 24, true) : declaredTag;
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const bitsPerSample = view.getUint16(at + 14, true);
  const codec = codecOf(formatTag, bitsPerSample);
  if (channels < 1 || channels > MOST_CHANNELS)
    throw new WavFormatError('unsupported-channels', `${channels} channels are not supported`);
  if (sampleRate === 0) throw new WavFormatError('malformed', 'The sample rate is 0');
  // The declared block size is not trusted: some writers leave it 0 or wrong.
  return { codec, channels, sampleRate, blockAlign: channels * WAV_READ_CODECS[codec].bytesPerSample };
}

function codecOf(formatTag: number, bitsPerSample: number): WavReadCodec {
  for (const codec of Object.keys(WAV_READ_CODECS) as WavReadCodec[]) {
    const row = WAV_READ_CODECS[codec];
    if (row.formatTag === formatTag && row.bytesPerSample * 8 === bitsPerSample) return codec;
  }
  const tag = formatTag.toString(16).padStart(4, '0');
  throw new WavFormatError(
    'unsupported-codec',
    `Format 0x${tag} with ${bitsPerSample} bits is not PCM 16, PCM 8, µ-law or A-law`,
  );
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

import { decodeAlaw, decodeL16, decodeMulaw, parseWavHeader, WavFormatError } from '#libs/media';
import { RecgateError, type PromptAudio } from '#libs/recording-model';
import { PromptBuilder } from './prompt-builder.js';

/** Codecs without frames: every sample has the same number of bytes. */
type SampleCodec = 'pcm16' | 'pcm16be' | 'pcm8' | 'pcm8signed' | 'mulaw' | 'alaw';

interface SampleLayout {
  readonly codec: SampleCodec;
  readonly sampleRate: number;
  readonly channels: number;
}

interface CodecRow {
  readonly bytes: 1 | 2;
  /** Decodes whole samples. */
  readonly decode: (source: Uint8Array, into: Int16Array) => void;
}

const CODECS: Readonly<Record<SampleCodec, CodecRow>> = {
  pcm16: { bytes: 2, decode: decodePcm16 },
  pcm16be: { bytes: 2, decode: (source, into) => decodeL16(source, into) },
  pcm8: { bytes: 1, decode: (source, into) => source.forEach((byte, i) => (into[i] = (byte - 128) << 8)) },
  pcm8signed: { bytes: 1, decode: (source, into) => source.forEach((byte, i) => (into[i] = byte << 8)) },
  mulaw: { bytes: 1, decode: (source, into) => decodeMulaw(source, into) },
  alaw: { bytes: 1, decode: (source, into) => decodeAlaw(source, into) },
};

/** Encodings of a Sun/NeXT audio file. */
const AU_CODECS: Readonly<Record<number, SampleCodec>> = { 1: 'mulaw', 2: 'pcm8signed', 3: 'pcm16be', 27: 'alaw' };
const AU_HEADER_BYTES = 24;
const AU_UNKNOWN_SIZE = 0xffff_ffff;
const MOST_CHANNELS = 8;
const BLOCK_FRAMES = 16_384;

/** @throws RecgateError `media.format`, `media.none` */
export function decodeWav(bytes: Uint8Array): PromptAudio {
  const { codec, sampleRate, channels, dataOffset, dataBytes } = readingWav(() => parseWavHeader(bytes));
  // A writer to a pipe declares more than it writes; the file then ends where it ends.
  const end = dataBytes === null ? bytes.length : Math.min(bytes.length, dataOffset + dataBytes);
  return decodeSamples(bytes.subarray(dataOffset, end), { codec, sampleRate, channels });
}

/** @throws RecgateError `media.format`, `media.none` */
export function decodeAu(bytes: Uint8Array): PromptAudio {
  if (bytes.length < AU_HEADER_BYTES) throw new RecgateError('media.format', 'The header of the audio file is cut off');
  const header = new DataView(bytes.buffer, bytes.byteOffset, AU_HEADER_BYTES);
  const word = (index: number): number => header.getUint32(4 * index);
  const [dataOffset, dataBytes, encoding, sampleRate, channels] = [word(1), word(2), word(3), word(4), word(5)];
  const codec = AU_CODECS[encoding];
  if (codec === undefined)
    throw new RecgateError('media.format', `Encoding ${encoding} of a Sun audio file cannot be played`);
  const end = dataBytes === AU_UNKNOWN_SIZE ? bytes.length : Math.min(bytes.length, dataOffset + dataBytes);
  return decodeSamples(bytes.subarray(dataOffset, end), { codec, sampleRate, channels });
}

/** Raw µ-law, 8 kHz, one channel. @throws RecgateError `media.format`, `media.none` */
export function decodeRawMulaw(bytes: Uint8Array): PromptAudio {
  return decodeSamples(bytes, { codec: 'mulaw', sampleRate: 8000, channels: 1 });
}

function decodeSamples(data: Uint8Array, { codec, sampleRate, channels }: SampleLayout): PromptAudio {
  if (channels < 1 || channels > MOST_CHANNELS)
    throw new RecgateError('media.format', `Audio of ${channels} channels cannot be played`);
  const { bytes, decode } = CODECS[codec];
  const builder = new PromptBuilder(sampleRate);
  const frameBytes = bytes * channels;
  const end = data.length - (data.length % frameBytes);
  builder.checkLength(end / frameBytes);
  const interleaved = new Int16Array(BLOCK_FRAMES * channels);
  for (let at = 0; at < end; at += BLOCK_FRAMES * frameBytes) {
    const part = data.subarray(at, Math.min(end, at + BLOCK_FRAMES * frameBytes));
    const block = interleaved.subarray(0, part.length / bytes);
    decode(part, block);
    builder.push(mixedDown(block, channels));
  }
  return builder.finish();
}

/** The mean of all channels. */
function mixedDown(interleaved: Int16Array, channels: number): Int16Array {
  if (channels === 1) return interleaved;
  const mono = new Int16Array(interleaved.length / channels);
  for (let frame = 0; frame < mono.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += interleaved[frame * channels + channel] ?? 0;
    mono[frame] = Math.round(sum / channels);
  }
  return mono;
}

function decodePcm16(source: Uint8Array, into: Int16Array): void {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  for (let i = 0; i < into.length; i++) into[i] = view.getInt16(2 * i, true);
}

function readingWav<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WavFormatError) throw new RecgateError('media.format', error.message);
    throw error;
  }
}

import { MPEGDecoder } from 'mpg123-decoder';
import type { StoredAudioFile } from '#libs/orchestration';
import { MP3_BITRATES } from '#libs/encoding';
import {
  decodeAlaw,
  decodeMulaw,
  parseWavHeader,
  WAV_READ_CODECS,
  WavFormatError,
  type WavInfo,
  type WavReadCodec,
} from '#libs/media';
import { RecgateError, type RecordingFormat } from '#libs/recording-model';

/** Longest head that is looked through for the beginning of the audio. */
const HEAD_BYTES = 256 * 1024;
const RAW_RATE = 8000;

/** The audio of a stored file, to be read once. */
export interface DecodedAudio {
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Interleaved. */
  blocks(): AsyncGenerator<Int16Array>;
  /** The format of the file; @param samples per channel, which tells the bitrate of an MP3 */
  format(samples: number): RecordingFormat;
}

/**
 * Opens WAV (PCM 16, µ-law, A-law), MP3 and raw µ-law files; MP3 exact to the sample where a LAME tag tells the length.
 * @throws RecgateError `media.format`
 */
export async function openStoredAudio(file: StoredAudioFile): Promise<DecodedAudio> {
  if (file.extension === 'wav') return openWav(file);
  if (file.extension === 'mp3') return openMp3(file);
  if (file.extension === 'ul') return openRaw(file);
  throw new RecgateError('media.format', `Audio cannot be appended to a file of the kind "${file.extension}"`);
}

function openRaw(file: StoredAudioFile): DecodedAudio {
  const format: RecordingFormat = {
    container: 'raw',
    codec: 'mulaw',
    bitrateKbps: null,
    extension: 'ul',
    contentType: file.contentType,
  };
  return {
    sampleRate: RAW_RATE,
    channels: 1,
    blocks: () => samplesOf(file, 0, Infinity, 'mulaw'),
    format: () => format,
  };
}

async function openWav(file: StoredAudioFile): Promise<DecodedAudio> {
  const info = readHeader(await headOf(file));
  const { codec, channels, sampleRate, dataOffset, dataBytes } = info;
  if ((channels !== 1 && channels !== 2) || codec === 'pcm8')
    throw new RecgateError('media.format', 'The WAV file cannot be appended to');
  return {
    sampleRate,
    channels,
    blocks: () => samplesOf(file, dataOffset, dataBytes ?? Infinity, codec),
    format: () => ({ container: 'wav', codec, bitrateKbps: null, extension: 'wav', contentType: file.contentType }),
  };
}

function readHeader(head: Buffer): WavInfo {
  try {
    return parseWavHeader(head);
  } catch (cause) {
    if (!(cause instanceof WavFormatError)) throw cause;
    throw new RecgateError('media.format', `The WAV file cannot be read: ${cause.message}`, { cause });
  }
}

async function headOf(file: StoredAudioFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file.open() as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= HEAD_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/** Whole code words of the part of the file that holds audio. */
async function* samplesOf(
  file: StoredAudioFile,
  offset: number,
  bytes: number,
  codec: WavReadCodec,
): AsyncGenerator<Int16Array> {
  const { bytesPerSample } = WAV_READ_CODECS[codec];
  let skip = offset;
  let left = bytes;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of file.open() as AsyncIterable<Buffer>) {
    const part = chunk.subarray(Math.min(skip, chunk.length));
    skip -= chunk.length - part.length;
    const taken = part.subarray(0, Math.min(left, part.length));
    left -= taken.length;
    const all = Buffer.concat([rest, taken]);
    const whole = all.length - (all.length % bytesPerSample);
    rest = all.subarray(whole);
    if (whole > 0) yield decoded(all.subarray(0, whole), codec);
    if (left <= 0) return;
  }
}

function decoded(bytes: Buffer, codec: WavReadCodec): Int16Array {
  if (codec === 'pcm16') return new Int16Array(new Uint8Array(bytes).buffer);
  const samples = new Int16Array(bytes.length);
  if (codec === 'mulaw') decodeMulaw(bytes, samples);
  else decodeAlaw(bytes, samples);
  return samples;
}

async function openMp3(file: StoredAudioFile): Promise<DecodedAudio> {
  const head = await headOf(file);
  const frame = firstFrame(head);
  if (frame === null) throw new RecgateError('media.format', 'The file holds no MPEG audio');
  let bytes = 0;
  const blocks = async function* (): AsyncGenerator<Int16Array> {
    const decoder = new MPEGDecoder();
    await decoder.ready;
    try {
      for await (const chunk of file.open() as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        const { channelData, samplesDecoded } = decoder.decode(chunk);
        if (samplesDecoded > 0) yield quantized(channelData, samplesDecoded, frame.channels);
      }
    } finally {
      decoder.free();
    }
  };
  return {
    sampleRate: frame.sampleRate,
    channels: frame.channels,
    blocks,
    format: (samples) => ({
      container: 'mp3',
      codec: 'mp3',
      bitrateKbps: nearestBitrate((bytes * 8) / (samples / frame.sampleRate) / 1000),
      extension: 'mp3',
      contentType: file.contentType,
    }),
  };
}

/** The decoder gives two channels always; those of a mono file are the same. */
function quantized(
  [left = new Float32Array(0), right = left]: readonly Float32Array[],
  length: number,
  channels: 1 | 2,
): Int16Array {
  const out = new Int16Array(length * channels);
  for (let i = 0; i < length; i += 1) {
    out[i * channels] = toPcm16(left[i] ?? 0);
    if (channels === 2) out[i * 2 + 1] = toPcm16(right[i] ?? 0);
  }
  return out;
}

function toPcm16(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
}

function nearestBitrate(kbps: number): number {
  return MP3_BITRATES.reduce(
    (best, rate) => (Math.abs(rate - kbps) < Math.abs(best - kbps) ? rate : best),
    MP3_BITRATES[0],
  );
}

/** Sample rates of MPEG-1 by the header's index; MPEG-2 has the half, MPEG-2.5 the quarter. */
const MPEG1_RATES = [44_100, 48_000, 32_000] as const;
const DIVISOR_OF_VERSION: Readonly<Record<number, number>> = { 3: 1, 2: 2, 0: 4 };

/** Rate and channels of the first frame of layer III, behind an ID3 tag if there is one. */
function firstFrame(head: Buffer): { readonly sampleRate: number; readonly channels: 1 | 2 } | null {
  let start = 0;
  if (head.toString('latin1', 0, 3) === 'ID3')
    start = 10 + [6, 7, 8, 9].reduce((size, at) => size * 128 + ((head[at] ?? 0) & 0x7f), 0);
  for (let at = start; at + 4 <= head.length; at += 1) {
    const [sync = 0, version = 0, rates = 0, mode = 0] = head.subarray(at, at + 4);
    if (sync !== 0xff || (version & 0xe0) !== 0xe0 || (version & 0x06) !== 0x02 || (rates & 0xf0) === 0xf0) continue;
    const rate = MPEG1_RATES[(rates >> 2) & 3];
    const divisor = DIVISOR_OF_VERSION[(version >> 3) & 3];
    if (rate !== undefined && divisor !== undefined)
      return { sampleRate: rate / divisor, channels: mode >> 6 === 3 ? 1 : 2 };
  }
  return null;
}

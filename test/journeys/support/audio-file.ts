import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeAlaw, decodeMulaw, parseWavHeader } from '#libs/media';

/** A decoded file. */
export interface Audio {
  readonly sampleRate: number;
  /** Samples of each channel; all of one length. */
  readonly channels: readonly Int16Array[];
  /** Samples per channel. */
  readonly samples: number;
}

/** Decodes a WAV file as this product's own reader sees it. */
export function decodeWav(bytes: Uint8Array): Audio {
  const { codec, sampleRate, channels, dataOffset, dataBytes } = parseWavHeader(bytes);
  if (!isWritten(codec)) throw new Error(`The gateway writes no ${String(codec)}`);
  const data = bytes.subarray(dataOffset, dataBytes === null ? undefined : dataOffset + dataBytes);
  // Data of an odd length has a byte of padding behind it (RIFF).
  if (dataBytes !== null && dataOffset + dataBytes + (dataBytes % 2) !== bytes.length)
    throw new Error('The header does not describe the file');
  return split(DECODERS[codec](data), channels, sampleRate);
}

function isWritten(codec: string): codec is keyof typeof DECODERS {
  return Object.hasOwn(DECODERS, codec);
}

/** Decodes raw µ-law, mono, 8 kHz. */
export function decodeRawMulaw(bytes: Uint8Array): Audio {
  return split(DECODERS.mulaw(bytes), 1, 8000);
}

/** Decodes an MP3 with ffmpeg, which honours the length in its LAME tag when it can seek in the file. */
export async function decodeMp3(bytes: Uint8Array): Promise<Audio> {
  const directory = await mkdtemp(join(tmpdir(), 'recgate-mp3-'));
  try {
    const file = join(directory, 'audio.mp3');
    await writeFile(file, bytes);
    return decodeWavStream(await ffmpeg(['-i', file, '-f', 'wav', '-c:a', 'pcm_s16le', '-bitexact', 'pipe:1']));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** ffmpeg cannot go back to write lengths into a pipe; the data is what comes after the header. */
function decodeWavStream(bytes: Uint8Array): Audio {
  const { sampleRate, channels, dataOffset } = parseWavHeader(bytes);
  return split(DECODERS.pcm16(bytes.subarray(dataOffset)), channels, sampleRate);
}

const DECODERS = {
  pcm16: (data: Uint8Array) => {
    const bytes = Buffer.from(data);
    return Int16Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(at * 2));
  },
  pcm8: (data: Uint8Array) => Int16Array.from(data, (code) => (code - 128) << 8),
  mulaw: (data: Uint8Array) => {
    const samples = new Int16Array(data.length);
    decodeMulaw(data, samples);
    return samples;
  },
  alaw: (data: Uint8Array) => {
    const samples = new Int16Array(data.length);
    decodeAlaw(data, samples);
    return samples;
  },
} as const;

function split(interleaved: Int16Array, count: number, sampleRate: number): Audio {
  const samples = interleaved.length / count;
  const channels = Array.from({ length: count }, (_, channel) =>
    Int16Array.from({ length: samples }, (_sample, at) => interleaved[at * count + channel] ?? 0),
  );
  return { sampleRate, channels, samples };
}

function ffmpeg(args: readonly string[]): Promise<Buffer> {
  const child = spawn('ffmpeg', ['-v', 'error', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const complaints: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`ffmpeg is needed to look at MP3 files: ${error.message}`)));
    child.once('close', (code) =>
      code === 0 ? resolve(Buffer.concat(out)) : reject(new Error(Buffer.concat(complaints).toString())),
    );
  });
}

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  decodeAlaw,
  decodeMulaw,
  encodeAlaw,
  encodeMulaw,
  goertzelPower,
  parseWavHeader,
  writeTone,
  type WavCodec,
} from '#libs/media';
import {
  RecgateError,
  type AudioCodec,
  type ContainerFormat,
  type EncodeRequest,
  type PcmSource,
  type RecordingFormat,
} from '#libs/recording-model';
import { Crc32c } from './hashing/crc32c.js';
import { createInlineEncoder } from './inline-encoder.js';

const LENGTHS = [0, 1, 7, 1151, 1152, 1153, 100_000];
const SHAPES = [
  [8000, 1],
  [8000, 2],
  [16000, 1],
  [16000, 2],
] as const;
const LEFT_HZ = 440;
const RIGHT_HZ = 1250;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'encoding-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const encoder = createInlineEncoder();
let files = 0;

function format(container: ContainerFormat, codec: AudioCodec, bitrateKbps: number | null = null): RecordingFormat {
  return { container, codec, bitrateKbps, extension: container, contentType: `audio/x-${container}` };
}

/** 440 Hz on the left (or mono), 1250 Hz on the right. */
function conversation(sampleRate: number, channels: 1 | 2, samples: number): Int16Array {
  const out = new Int16Array(samples * channels);
  [LEFT_HZ, RIGHT_HZ].slice(0, channels).forEach((frequencyHz, channel) => {
    const tone = new Int16Array(samples);
    writeTone(tone, 0, samples, { frequencyHz, sampleRate, amplitude: 12000 });
    for (let i = 0; i < samples; i++) out[i * channels + channel] = tone[i] ?? 0;
  });
  return out;
}

/** A source whose blocks are cut without regard to sample frames. */
function sourceOf(audio: Int16Array, sampleRate: number, channels: 1 | 2, blockSize = 4001): PcmSource {
  return {
    sampleRate,
    channels,
    samples: audio.length / channels,
    async *blocks() {
      for (let at = 0; at < audio.length; at += blockSize) yield audio.slice(at, at + blockSize);
    },
  };
}

function encode(
  audio: Int16Array,
  sampleRate: number,
  channels: 1 | 2,
  wanted: RecordingFormat,
  more: Partial<EncodeRequest> = {},
) {
  const outputFile = join(directory, `${++files}.${wanted.extension}`);
  return encoder.encode({ source: sourceOf(audio, sampleRate, channels), format: wanted, outputFile, ...more });
}

function pcmOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(bytes.slice().buffer, 0, bytes.length >> 1);
}

/** Through the codec and back, as the file should hold it. */
function throughCodec(audio: Int16Array, codec: WavCodec): Int16Array {
  const codes = new Uint8Array(audio.length);
  const out = new Int16Array(audio.length);
  if (codec === 'pcm16') return audio;
  if (codec === 'mulaw') encodeMulaw(audio, codes);
  else encodeAlaw(audio, codes);
  return decodeG711(codes, codec, out);
}

function decodeG711(codes: Uint8Array, codec: WavCodec, out = new Int16Array(codes.length)): Int16Array {
  if (codec === 'mulaw') decodeMulaw(codes, out);
  else decodeAlaw(codes, out);
  return out;
}

/** By ffmpeg, interleaved PCM 16. */
function decodeMp3(file: string): Int16Array {
  const run = spawnSync('ffmpeg', ['-v', 'error', '-i', file, '-f', 's16le', '-'], { maxBuffer: 1 << 28 });
  if (run.error !== undefined) throw run.error;
  expect(run.stderr.toString()).toBe('');
  return pcmOf(run.stdout);
}

const channelOf = (audio: Int16Array, channel: number, channels: number): Int16Array =>
  audio.filter((_, i) => i % channels === channel);

function powerDb(audio: Int16Array, hz: number, sampleRate: number): number {
  const margin = Math.round(sampleRate / 10);
  return 10 * Math.log10(goertzelPower(audio, margin, audio.length - margin, hz, sampleRate) / (12000 ** 2 / 2) + 1e-9);
}

describe.each<[ContainerFormat, WavCodec]>([
  ['wav', 'pcm16'],
  ['wav', 'mulaw'],
  ['wav', 'alaw'],
  ['raw', 'mulaw'],
  ['raw', 'alaw'],
])('%s with %s', (container, codec) => {
  it.each(SHAPES)('holds exactly the recorded samples at %i Hz, %i channels', async (sampleRate, channels) => {
    for (const samples of LENGTHS) {
      const audio = conversation(sampleRate, channels, samples);
      const rendition = await encode(audio, sampleRate, channels, format(container, codec));
      const bytes = new Uint8Array(readFileSync(rendition.file));
      const header = container === 'wav' ? parseWavHeader(bytes) : null;
      if (header !== null) {
        expect(header).toMatchObject({ codec, sampleRate, channels, samples: samples === 0 ? null : samples });
        expect(new DataView(bytes.buffer).getUint32(4, true)).toBe(bytes.length - 8);
        expect(bytes.length % 2).toBe(0);
      }
      const from = header?.dataOffset ?? 0;
      const data = bytes.subarray(
        from,
        header === null ? bytes.length : from + audio.length * (codec === 'pcm16' ? 2 : 1),
      );
      const decoded = codec === 'pcm16' ? pcmOf(data) : decodeG711(data, codec);
      expect(Buffer.compare(Buffer.from(decoded.buffer), Buffer.from(throughCodec(audio, codec).buffer))).toBe(0);
      expect(rendition).toMatchObject({
        samples,
        sampleRate,
        channels,
        durationMs: Math.round((samples * 1000) / sampleRate),
      });
    }
  });
});

describe('mp3', () => {
  it.each(SHAPES)('decodes to exactly the recorded length at %i Hz, %i channels', async (sampleRate, channels) => {
    for (const samples of LENGTHS) {
      const rendition = await encode(
        conversation(sampleRate, channels, samples),
        sampleRate,
        channels,
        format('mp3', 'mp3'),
      );
      expect(decodeMp3(rendition.file).length / channels).toBe(samples);
    }
  });

  it.each(SHAPES)(
    'keeps every tone in its channel and in its place at %i Hz, %i channels',
    async (sampleRate, channels) => {
      const audio = conversation(sampleRate, channels, sampleRate);
      const decoded = decodeMp3((await encode(audio, sampleRate, channels, format('mp3', 'mp3'))).file);
      const left = channelOf(decoded, 0, channels);
      expect(powerDb(left, LEFT_HZ, sampleRate)).toBeCloseTo(0, 0);
      expect(powerDb(left, RIGHT_HZ, sampleRate)).toBeLessThan(-40);
      if (channels === 2) {
        const right = channelOf(decoded, 1, channels);
        expect(powerDb(right, RIGHT_HZ, sampleRate)).toBeCloseTo(0, 0);
        expect(powerDb(right, LEFT_HZ, sampleRate)).toBeLessThan(-40);
      }
      // A shift of one sample would already leave some 20 % of the 1250 Hz tone as error.
      const margin = Math.round(sampleRate / 10) * channels;
      let worst = 0;
      for (let i = margin; i < audio.length - margin; i++)
        worst = Math.max(worst, Math.abs((audio[i] ?? 0) - (decoded[i] ?? 0)));
      expect(worst).toBeLessThan(1200);
    },
  );

  it.each([8, 16, 24, 32, 40, 48, 64, 128, 320])(
    'decodes exactly at %i kbit/s, clamped where the rate wants it',
    async (bitrate) => {
      for (const [sampleRate, channels] of [
        [8000, 1],
        [16000, 2],
      ] as const) {
        const rendition = await encode(
          conversation(sampleRate, channels, 4321),
          sampleRate,
          channels,
          format('mp3', 'mp3', bitrate),
        );
        expect(decodeMp3(rendition.file).length / channels).toBe(4321);
      }
    },
  );

  it.each([24000, 32000, 44100, 48000])('decodes exactly at %i Hz', async (sampleRate) => {
    const rendition = await encode(conversation(sampleRate, 2, 50_001), sampleRate, 2, format('mp3', 'mp3'));
    expect(decodeMp3(rendition.file).length / 2).toBe(50_001);
  });
});

describe('any rendition', () => {
  it.each([format('wav', 'pcm16'), format('raw', 'mulaw'), format('mp3', 'mp3')])(
    'carries the checksums of its file ($container)',
    async (wanted) => {
      const rendition = await encode(conversation(8000, 2, 30_000), 8000, 2, wanted);
      const bytes = readFileSync(rendition.file);
      expect(rendition).toMatchObject({
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        md5: createHash('md5').update(bytes).digest('base64'),
        crc32c: new Crc32c().update(bytes).base64,
        contentType: wanted.contentType,
      });
    },
  );

  it.each([format('wav', 'alaw'), format('mp3', 'mp3')])(
    'has the same bytes however the source is cut ($container)',
    async (wanted) => {
      const audio = conversation(8000, 2, 30_000);
      const hashes = new Set<string>();
      for (const blockSize of [13, 997, 65536, 1 << 20]) {
        hashes.add((await encode(audio, 8000, 2, wanted, { source: sourceOf(audio, 8000, 2, blockSize) })).sha256);
      }
      expect(hashes.size).toBe(1);
    },
  );

  it('replaces a file that is there', async () => {
    const outputFile = join(directory, 'again.wav');
    await encode(conversation(8000, 1, 5000), 8000, 1, format('wav', 'pcm16'), { outputFile });
    await encode(conversation(8000, 1, 10), 8000, 1, format('wav', 'pcm16'), { outputFile });
    expect(readFileSync(outputFile).length).toBe(44 + 20);
  });

  it('leaves nothing behind when the source gives too little, too much, or breaks', async () => {
    const audio = conversation(8000, 1, 5000);
    const before = readdirSync(directory);
    for (const samples of [4999, 5001]) {
      const source = { ...sourceOf(audio, 8000, 1), samples };
      await expect(encode(audio, 8000, 1, format('mp3', 'mp3'), { source })).rejects.toThrow(
        `5000 samples a channel instead of ${samples}`,
      );
    }
    const source = {
      ...sourceOf(audio, 8000, 1),
      async *blocks() {
        yield audio.subarray(0, 1000);
        throw new RecgateError('media.lost', 'The spool ends here');
      },
    };
    await expect(encode(audio, 8000, 1, format('wav', 'pcm16'), { source })).rejects.toMatchObject({
      code: 'media.lost',
    });
    await expect(encode(audio, 8000, 1, format('raw', 'pcm16'))).rejects.toMatchObject({ code: 'media.format' });
    await expect(
      encode(new Int16Array(0), 16000, 2, format('wav', 'pcm16'), {
        source: { ...sourceOf(audio, 16000, 2), samples: 2 ** 30 },
      }),
    ).rejects.toMatchObject({ code: 'media.format' });
    expect(readdirSync(directory)).toEqual(before);
  });
});

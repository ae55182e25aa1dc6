import { describe, it, expect } from '@jest/globals';
import fc from 'fast-check';
import { writeFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from '#libs/media';
import { receiveAudio } from '../upload/receive-audio.js';
import { pullAudio } from '../url/pull-audio.js';
import { markedAudio } from '../testing/rtp-sender.js';
import { inTemporaryDirectory } from '../testing/temporary-directory.js';
import { wavBytes, wavPcm8Bytes } from '../testing/wav-writing.js';
import { WavFile } from './wav-file.js';

const VOICE = markedAudio(50_001);

async function opened<T>(bytes: Buffer, work: (file: WavFile) => T): Promise<T> {
  return inTemporaryDirectory(async (directory) => {
    const path = join(directory, 'a.wav');
    await writeFile(path, bytes);
    const file = WavFile.open(path);
    try {
      return work(file);
    } finally {
      file.close();
    }
  });
}

function readWhole(file: WavFile, channel: 0 | 1 | 'mix' = 0): Int16Array {
  const all = new Int16Array(file.samples);
  file.read(all, all.length, 0, channel);
  return all;
}

function through(samples: Int16Array, encode: (src: Int16Array, dst: Uint8Array) => void, decode: (src: Uint8Array, dst: Int16Array) => void): Int16Array {
  const coded = new Uint8Array(samples.length);
  encode(samples, coded);
  const out = new Int16Array(samples.length);
  decode(coded, out);
  return out;
}

describe('a WAV file', () => {
  it.each([
    ['PCM 16', wavBytes([VOICE], 8000), VOICE],
    ['PCM 8', wavPcm8Bytes(VOICE, 8000), VOICE.map((sample) => (sample >> 8) << 8)],
    ['µ-law', wavBytes([VOICE], 8000, 'mulaw'), through(VOICE, encodeMulaw, decodeMulaw)],
    ['A-law', wavBytes([VOICE], 8000, 'alaw'), through(VOICE, encodeAlaw, decodeAlaw)],
  ])('of %s is read to the last sample', async (_name, bytes, expected) => {
    await opened(bytes, (file) => {
      expect(file.samples).toBe(VOICE.length);
      expect(Buffer.compare(Buffer.from(readWhole(file).buffer), Buffer.from(expected.buffer))).toBe(0);
    });
  });

  it('gives any stretch of any channel, in any order', async () => {
    const other = markedAudio(50_001, 7);
    await opened(wavBytes([VOICE, other], 8000), (file) => {
      const stretch = fc.record({ position: fc.nat(55_000), n: fc.integer({ min: 1, max: 20_000 }), channel: fc.constantFrom(0, 1) });
      fc.assert(
        fc.property(stretch, ({ position, n, channel }) => {
          const got = new Int16Array(n).fill(99);
          file.read(got, n, position, channel === 0 ? 0 : 1);
          const expected = new Int16Array(n);
          expected.set((channel === 0 ? VOICE : other).subarray(position, position + n));
          expect(Buffer.compare(Buffer.from(got.buffer), Buffer.from(expected.buffer))).toBe(0);
        }),
        { numRuns: 60 },
      );
    });
  });

  it('may not know its own length, as streaming writers leave it', async () => {
    const bytes = wavBytes([VOICE], 8000);
    bytes.writeUInt32LE(0xffffffff, 40);
    await opened(bytes, (file) => expect(file.samples).toBe(VOICE.length));
  });

  const whole = wavBytes([VOICE], 8000);
  const float = Buffer.from(whole);
  float.writeUInt16LE(3, 20);
  const oddRate = Buffer.from(whole);
  oddRate.writeUInt32LE(11_111, 24);
  it.each([
    ['nothing', Buffer.alloc(0), 'media.none', /empty/],
    ['a header without audio', wavBytes([new Int16Array(0)], 8000), 'media.none', /no audio/],
    ['a truncated file', whole.subarray(0, 5000), 'media.format', /truncated/],
    ['half a header', whole.subarray(0, 30), 'media.format', /truncated/],
    ['MP3 with a tag', Buffer.concat([Buffer.from('ID3'), Buffer.alloc(200)]), 'media.format', /is MP3; only WAV/],
    ['MP3 frames', Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), Buffer.alloc(200)]), 'media.format', /is MP3/],
    ['Ogg', Buffer.concat([Buffer.from('OggS'), Buffer.alloc(200)]), 'media.format', /is Ogg/],
    ['text', Buffer.from('<html>not found, sorry about that</html>'), 'media.format', /not a WAV/],
    ['floating point', float, 'media.format', /cannot be read/],
    ['three channels', wavBytes([VOICE, VOICE, VOICE], 8000), 'media.format', /3 channels/],
    ['an odd rate', oddRate, 'media.format', /11111 Hz/],
  ])('is refused clearly when it is %s', async (_name, bytes, code, message) => {
    await expect(opened(bytes, () => undefined)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('never brings the reader down, whatever bytes it is made of', async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, 'a.wav');
      const damaged = fc.tuple(fc.nat(60), fc.nat(255), fc.nat(400)).map(([at, value, length]) => {
        const bytes = Buffer.from(whole.subarray(0, 44 + length));
        bytes[at] = value;
        return bytes;
      });
      await fc.assert(
        fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))), async (bytes) => {
          await writeFile(path, bytes);
          try {
            const file = WavFile.open(path);
            file.read(new Int16Array(1000), 1000, 0, 'mix');
            file.close();
          } catch (thrown) {
            expect((thrown as { code?: string }).code).toMatch(/^media\./);
          }
        }),
        { numRuns: 150 },
      );
    });
  });
});

describe('audio from outside', () => {
  async function* chunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 7777) yield bytes.subarray(at, at + 7777);
  }

  it('is taken from a stream and removed when it is released', async () => {
    await inTemporaryDirectory(async (directory) => {
      const { audio, release } = await receiveAudio(chunks(wavBytes([VOICE], 8000)), { directory, maxBytes: 1e6 });
      expect(Buffer.compare(Buffer.from(readWhole(audio).buffer), Buffer.from(VOICE.buffer))).toBe(0);
      await release();
      expect(await readdir(directory)).toEqual([]);
    });
  });

  it.each([
    ['too large', wavBytes([VOICE], 8000), 50_000, 'document.too_large'],
    ['not audio', Buffer.from('hello'), 50_000, 'media.format'],
    ['empty', Buffer.alloc(0), 50_000, 'media.none'],
  ])('is refused when it is %s, and nothing is left behind', async (_name, bytes, maxBytes, code) => {
    await inTemporaryDirectory(async (directory) => {
      await expect(receiveAudio(chunks(bytes), { directory, maxBytes })).rejects.toMatchObject({ code });
      expect(await readdir(directory)).toEqual([]);
    });
  });

  it('is pulled through the given client', async () => {
    await inTemporaryDirectory(async (directory) => {
      const answer = (status: number, bytes: Buffer | null) => () => Promise.resolve({ status, body: bytes === null ? null : chunks(bytes) });
      const options = { directory, maxBytes: 1e6 };
      const { audio, release } = await pullAudio('https://audio.example/a.wav', answer(200, wavBytes([VOICE], 8000)), options);
      expect(audio.samples).toBe(VOICE.length);
      await release();
      await expect(pullAudio('https://audio.example/a.wav', answer(404, null), options)).rejects.toMatchObject({ code: 'outbound.failed' });
      await expect(pullAudio('https://audio.example/a.wav', answer(200, null), options)).rejects.toMatchObject({ code: 'media.none' });
    });
  });
});

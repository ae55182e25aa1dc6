import { createCipheriv } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { PromptAudio } from '#libs/recording-model';
import { auFile, encoded, MONO_MP3, STEREO_MP3, tone, tonePart, wav8, wavFile } from '../testing/audio-files.js';
import { createAudioDecoder } from './audio-decoder.js';
import type { DecodeJob } from './decoder-thread.js';

const decoder = createAudioDecoder({ threads: 2, timeoutMs: 20_000 });
afterAll(() => decoder.close());

const NO_HINT = { contentType: null, name: null };
const never = new AbortController().signal;

function decode(file: Uint8Array, more: Partial<DecodeJob> = {}): Promise<PromptAudio> {
  return decoder.decode({ pieces: [file], hint: NO_HINT, decryption: null, ...more }, never);
}

describe('createAudioDecoder', () => {
  it.each<[string, Buffer, number, number]>([
    ['WAV, PCM 16, 8 kHz', wavFile('pcm16', 8000, tone(8000)), 8000, 8000],
    ['WAV, PCM 16, 16 kHz', wavFile('pcm16', 16_000, tone(16_000)), 16_000, 16_000],
    ['WAV, PCM 8, 8 kHz', wav8(8000, tone(8000)), 8000, 8000],
    ['WAV, µ-law', wavFile('mulaw', 8000, tone(8000)), 8000, 8000],
    ['WAV, A-law', wavFile('alaw', 8000, tone(8000)), 8000, 8000],
    ...[11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000].map(
      (rate) =>
        [`WAV, ${rate} Hz`, wavFile('pcm16', rate, tone(rate)), 16_000, 16_000] as [string, Buffer, number, number],
    ),
    ['Sun audio', auFile(8000, tone(8000)), 8000, 8000],
    ['MP3, mono, 8 kHz', MONO_MP3, 8000, 10_000],
    ['MP3, stereo, 44.1 kHz', STEREO_MP3, 16_000, 16_000],
  ])('finds the tone in %s, to the sample', async (_, file, sampleRate, samples) => {
    const audio = await decode(file);
    expect({ sampleRate: audio.sampleRate, samples: audio.samples.length }).toEqual({ sampleRate, samples });
    expect(tonePart(audio)).toBeGreaterThan(0.98);
  });

  it('gives PCM 16 of 8 kHz unchanged, also when the writer did not know its length', async () => {
    const samples = tone(8000, 4321);
    const file = wavFile('pcm16', 8000, samples);
    expect((await decode(file)).samples).toEqual(samples);
    file.writeUInt32LE(0x7fff_f000, 40);
    expect((await decode(file)).samples).toEqual(samples);
  });

  it('mixes stereo down to the mean', async () => {
    const left = tone(8000, 1000);
    const interleaved = new Int16Array(2000).map((_, i) => (i % 2 === 0 ? (left[i / 2] ?? 0) : 100));
    const { samples } = await decode(wavFile('pcm16', 8000, interleaved, 2));
    expect(samples).toEqual(left.map((sample) => Math.round((sample + 100) / 2)));
  });

  it('takes raw µ-law by its name or type only', async () => {
    const raw = encoded('mulaw', tone(8000));
    for (const hint of [
      { contentType: 'audio/basic', name: null },
      { contentType: null, name: '/f/a.ul' },
    ]) {
      const audio = await decode(raw, { hint });
      expect(audio.samples).toHaveLength(8000);
      expect(tonePart(audio)).toBeGreaterThan(0.98);
    }
    await expect(decode(raw)).rejects.toMatchObject({ code: 'media.format' });
  });

  it('believes the content more than name and type', async () => {
    const hint = { contentType: 'audio/basic', name: '/a.ul' };
    expect(
      (await decode(MONO_MP3.subarray(0), { hint: { contentType: 'audio/wav', name: 'a.wav' } })).samples,
    ).toHaveLength(10_000);
    expect((await decode(wavFile('pcm16', 8000, tone(8000, 50)), { hint })).samples).toHaveLength(50);
  });

  it.each([16, 24, 32])('decrypts with an AES key of %i bytes; another key or none is a clear error', async (bytes) => {
    const key = Buffer.alloc(bytes, 7);
    const vector = Buffer.alloc(16, 9);
    const cipher = createCipheriv(`aes-${8 * bytes}-cbc`, key, vector);
    const file = Buffer.concat([cipher.update(wavFile('pcm16', 8000, tone(8000, 999))), cipher.final()]);
    const decryption = { key: key.toString('hex'), vector: vector.toString('hex') };
    expect((await decode(file, { decryption })).samples).toEqual(tone(8000, 999));
    for (const wrong of [
      { ...decryption, key: 'ab'.repeat(bytes) },
      { ...decryption, vector: '00'.repeat(16) },
      { ...decryption, key: 'secret' },
      { ...decryption, vector: '1234' },
    ]) {
      const failure = decode(file, { decryption: wrong });
      await expect(failure).rejects.toMatchObject({ code: 'media.format' });
      await expect(failure).rejects.not.toThrow(wrong.key);
    }
    await expect(decode(file)).rejects.toMatchObject({ code: 'media.format' });
  });

  it.each<[string, Uint8Array, string]>([
    ['text', Buffer.from('<html>not audio</html>'), 'media.format'],
    ['a WAV without audio', wavFile('pcm16', 8000, new Int16Array(0)), 'media.none'],
    ['an odd sample rate', wavFile('pcm16', 12_345, new Int16Array(10)), 'media.format'],
    ['an MP3 tag and nothing else', Buffer.concat([Buffer.from('ID3'), Buffer.alloc(500)]), 'media.format'],
    ['a Sun audio header that is cut off', Buffer.from('.snd123'), 'media.format'],
    ['more than 30 minutes', wavFile('mulaw', 6000, new Int16Array(30 * 60 * 6000 + 1)), 'media.format'],
  ])('refuses %s', async (_, file, code) => {
    await expect(decode(file)).rejects.toMatchObject({ code });
  });

  it('survives damaged files, and goes on with good ones', async () => {
    for (let start = 0; start < 4; start++) {
      const damaged = Buffer.from(MONO_MP3);
      for (let at = 400 + start; at < damaged.length; at += 37) damaged[at] = (at * 31) & 0xff;
      await decode(damaged).catch((error: unknown) => expect(error).toMatchObject({ code: /^media\./ }));
    }
    expect((await decode(MONO_MP3)).samples).toHaveLength(10_000);
  });

  it('joins pieces, and decodes more files than it has threads', async () => {
    const file = wavFile('pcm16', 16_000, tone(16_000, 500_000));
    const pieces = [file.subarray(0, 3), file.subarray(3, 700_001), file.subarray(700_001)];
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => decode(file, { pieces })));
    for (const { samples } of all) expect(Buffer.from(samples.buffer).equals(file.subarray(44))).toBe(true);
  });

  it('stops when it is aborted, running or waiting, and goes on with the next', async () => {
    const single = createAudioDecoder({ threads: 1, timeoutMs: 20_000 });
    const stop = new AbortController();
    const job = { pieces: [wavFile('pcm16', 48_000, new Int16Array(5_000_000))], hint: NO_HINT, decryption: null };
    const running = single.decode(job, stop.signal);
    const waiting = single.decode(job, stop.signal);
    const next = single.decode({ ...job, pieces: [MONO_MP3] }, never);
    stop.abort(new Error('hung up'));
    await expect(running).rejects.toThrow('hung up');
    await expect(waiting).rejects.toThrow('hung up');
    expect((await next).samples).toHaveLength(10_000);
    await single.close();
    await expect(single.decode(job, never)).rejects.toMatchObject({ code: 'gateway.unavailable' });
  });

  it('gives a file up that takes too long', async () => {
    const hasty = createAudioDecoder({ threads: 1, timeoutMs: 1 });
    const job = { pieces: [wavFile('pcm16', 48_000, new Int16Array(5_000_000))], hint: NO_HINT, decryption: null };
    await expect(hasty.decode(job, never)).rejects.toMatchObject({ code: 'media.format' });
    await hasty.close();
  });
});

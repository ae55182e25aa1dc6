import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import type { HearingRequest, PcmSource } from '#libs/recording-model';
import { createPocketsphinxEngine } from './pocketsphinx-engine.js';

const ENGINE = createPocketsphinxEngine('/usr/bin/pocketsphinx_continuous');

/** A sentence spoken by espeak-ng, at telephone rate. */
function spoken(text: string): PcmSource {
  const speech = spawnSync('espeak-ng', ['-v', 'en-us', '-s', '130', '--stdout', text], { maxBuffer: 1 << 26 });
  const pcm = ['-f', 's16le', '-ac', '1', '-ar', '8000', '-'];
  const { stdout, status } = spawnSync('ffmpeg', ['-v', 'error', '-i', '-', ...pcm], { input: speech.stdout, maxBuffer: 1 << 26 });
  if (speech.status !== 0 || status !== 0) throw new Error('espeak-ng and ffmpeg are needed');
  const samples = new Int16Array(new Uint8Array(stdout).buffer);
  return {
    sampleRate: 8000,
    channels: 1,
    samples: samples.length,
    async *blocks() {
      for (let at = 0; at < samples.length; at += 3000) yield samples.subarray(at, at + 3000);
    },
  };
}

const request = (audio: PcmSource, change: Partial<HearingRequest> = {}): HearingRequest => ({
  audio,
  language: 'en-US',
  settings: {},
  secrets: {},
  signal: new AbortController().signal,
  ...change,
});

describe('pocketsphinx', () => {
  it('hears words in real speech, with times in order and confidences', async () => {
    const audio = spoken('One two three four five. Hello world.');
    const { words, language } = await ENGINE.hear(request(audio));
    expect(language).toBe('en-US');
    expect(words.length).toBeGreaterThan(2);
    const lengthMs = (audio.samples * 1000) / 8000;
    for (const { text, startMs, endMs, confidence } of words) {
      expect(text).toMatch(/^[a-z']/);
      expect(startMs <= endMs && endMs <= lengthMs && startMs >= 0).toBe(true);
      expect(confidence).toBeGreaterThanOrEqual(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
    expect(words.map(({ startMs }) => startMs)).toEqual(words.map(({ startMs }) => startMs).sort((a, b) => a - b));
  });

  it('refuses a language that it does not know', async () => {
    await expect(ENGINE.hear(request(spoken('eins'), { language: 'de-DE' }))).rejects.toMatchObject({ code: 'field.invalid', field: 'locale' });
  });

  it('ends when it is told to', async () => {
    const signal = AbortSignal.abort();
    await expect(ENGINE.hear(request(spoken('one'), { signal }))).rejects.toThrow();
  });

  it('ends with all that it has started when it is told to in the middle', async () => {
    const stop = new AbortController();
    const endless: PcmSource = {
      sampleRate: 16_000,
      channels: 1,
      samples: 1,
      async *blocks() {
        for (let block = 0; ; block++) {
          if (block === 100) stop.abort();
          yield new Int16Array(1600);
        }
      },
    };
    await expect(ENGINE.hear(request(endless, { signal: stop.signal }))).rejects.toMatchObject({ code: 'outbound.failed' });
  });

  it('that dies is to be tried again', async () => {
    const dying = createPocketsphinxEngine('/bin/false');
    await expect(dying.hear(request(spoken('one')))).rejects.toMatchObject({ code: 'outbound.failed' });
  });

  it('says what to install where it is missing', async () => {
    const absent = createPocketsphinxEngine(null);
    await expect(absent.hear(request(spoken('one')))).rejects.toThrow(/apt-get install pocketsphinx/);
  });
});

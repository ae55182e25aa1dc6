import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeMulaw, encodeMulaw } from '../g711/g711.js';
import { COLUMN_HZ, DTMF_KEYS, KEY_PAD, ROW_HZ } from './dtmf-keys.js';
import { InbandDtmfDetector } from './inband-dtmf-detector.js';
import { writeDtmf } from './write-dtmf.js';

interface Press {
  readonly key: string;
  readonly at: number;
  readonly start: number;
}

const RATE = 8000;

/** A generator that gives the same numbers at every run, in −1..1. */
function noiseSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x8000_0000 - 1;
  };
}

function heard(samples: Int16Array, rate = RATE, block = 160): Press[] {
  const detector = new InbandDtmfDetector(rate);
  const presses: Press[] = [];
  for (let at = 0; at < samples.length; at += block) {
    detector.process(samples, at, Math.min(samples.length, at + block), (key, atSample, start) =>
      presses.push({ key, at: atSample, start }),
    );
  }
  return presses;
}

const keysHeard = (samples: Int16Array, rate = RATE): string =>
  heard(samples, rate)
    .map(({ key }) => key)
    .join('');

/** Keys dialled one after the other, from sample `lead` on. */
function dialled(
  keys: string,
  options: { rate?: number; toneMs?: number; pauseMs?: number; amplitude?: number; lead?: number } = {},
): Int16Array {
  const { rate = RATE, toneMs = 100, pauseMs = 100, amplitude = 8000, lead = 77 } = options;
  const tone = Math.round((toneMs * rate) / 1000);
  const pause = Math.round((pauseMs * rate) / 1000);
  const out = new Int16Array(lead + keys.length * (tone + pause) + rate / 10);
  [...keys].forEach((key, i) => {
    const from = lead + i * (tone + pause);
    writeDtmf(out, from, from + tone, key, rate, amplitude);
  });
  return out;
}

/** Two tones of free frequency and level, 100 ms. */
function pair(rowHz: number, columnHz: number, rowAmplitude: number, columnAmplitude: number): Int16Array {
  return Int16Array.from({ length: 1600 }, (_, i) =>
    i < 300 || i >= 1100
      ? 0
      : Math.round(
          rowAmplitude * Math.sin((2 * Math.PI * rowHz * i) / RATE) +
            columnAmplitude * Math.sin((2 * Math.PI * columnHz * i) / RATE),
        ),
  );
}

function withNoise(samples: Int16Array, amplitude: number, seed = 1): Int16Array {
  const noise = noiseSource(seed);
  return samples.map((sample) => Math.max(-32768, Math.min(32767, sample + amplitude * noise())));
}

/**
 * Speech-like: syllables of a gliding pitch (90–260 Hz) whose harmonics are shaped by three moving formants, hissing
 * between them, pauses, vibrato; loud enough to matter.
 */
function speechLike(seconds: number, seed: number): Int16Array {
  const noise = noiseSource(seed);
  const out = new Int16Array(seconds * RATE);
  let phase = 0;
  for (let at = 0; at < out.length;) {
    const length = Math.min(out.length - at, Math.round(RATE * (0.08 + 0.2 * Math.abs(noise()))));
    const voiced = noise() > -0.4;
    const pitch = 175 + 85 * noise();
    const glide = 30 * noise();
    const formants = [500 + 300 * noise(), 1400 + 600 * noise(), 2500 + 400 * noise()];
    const weights = Array.from({ length: 18 }, (_, h) =>
      formants.reduce((sum, hz) => sum + Math.exp(-(((h + 1) * pitch - hz) ** 2) / 30_000), 0),
    );
    for (let i = 0; i < length; i++) {
      const envelope = Math.sin((Math.PI * i) / length);
      phase += (2 * Math.PI * (pitch + (glide * i) / length)) / RATE;
      const voice = voiced
        ? weights.reduce((sum, weight, h) => sum + weight * Math.sin((h + 1) * phase), 0)
        : 0.7 * noise();
      out[at + i] = Math.round(5000 * envelope * voice);
    }
    at += length + Math.round(RATE * 0.05 * Math.max(0, noise()));
  }
  return out;
}

describe('writeDtmf', () => {
  it('goes on from block to block and refuses what is no key', () => {
    const whole = new Int16Array(400);
    writeDtmf(whole, 0, 400, '#', RATE, 8000);
    const pieces = new Int16Array(400);
    for (let at = 0; at < 400; at += 80) writeDtmf(pieces, at, at + 80, '#', RATE, 8000, at);
    expect(pieces).toEqual(whole);
    for (const key of ['', 'x', '12']) expect(() => writeDtmf(whole, 0, 10, key, RATE, 8000)).toThrow(RangeError);
  });
});

describe('InbandDtmfDetector', () => {
  it.each([8000, 16000, 44100, 48000])('hears all sixteen keys at %i Hz', (rate) => {
    expect(keysHeard(dialled(DTMF_KEYS, { rate }), rate)).toBe(DTMF_KEYS);
  });

  it.each([-3, -10, -20, -30, -36])('hears all sixteen keys at %i dBFS a tone', (dbfs) => {
    const amplitude = Math.min(16383, 32768 * 10 ** (dbfs / 20));
    expect(keysHeard(dialled(DTMF_KEYS, { amplitude }))).toBe(DTMF_KEYS);
  });

  it('hears keys of 40 ms with pauses of 40 ms, wherever they begin', () => {
    for (let lead = 0; lead < 110; lead += 7)
      expect(keysHeard(dialled(DTMF_KEYS, { toneMs: 40, pauseMs: 40, lead }))).toBe(DTMF_KEYS);
  });

  it('hears no keys in tones of 20 ms', () => {
    for (let lead = 0; lead < 110; lead += 7)
      expect(keysHeard(dialled(DTMF_KEYS, { toneMs: 20, pauseMs: 60, lead }))).toBe('');
  });

  it.each([24, 18, 12])('hears all sixteen keys %i dB above white noise', (snrDb) => {
    const amplitude = 4000;
    const noise = amplitude * Math.sqrt(3) * 10 ** (-snrDb / 20);
    for (let seed = 1; seed <= 5; seed++)
      expect(keysHeard(withNoise(dialled(DTMF_KEYS, { amplitude, toneMs: 60 }), noise, seed))).toBe(DTMF_KEYS);
  });

  it('hears keys that went through µ-law', () => {
    const samples = dialled(DTMF_KEYS, { amplitude: 3000 });
    const codes = new Uint8Array(samples.length);
    encodeMulaw(samples, codes);
    decodeMulaw(codes, samples);
    expect(keysHeard(samples)).toBe(DTMF_KEYS);
  });

  it('allows 1.5 % of frequency error and a twist of 4 dB, 8 dB reverse', () => {
    for (const [r, rowHz] of ROW_HZ.entries()) {
      for (const [c, columnHz] of COLUMN_HZ.entries()) {
        const key = KEY_PAD[r]?.charAt(c) ?? '';
        for (const off of [0.985, 1.015]) expect(keysHeard(pair(rowHz * off, columnHz * off, 6000, 6000))).toBe(key);
        expect(keysHeard(pair(rowHz, columnHz, 4000, 4000 * 10 ** (4 / 20)))).toBe(key);
        expect(keysHeard(pair(rowHz, columnHz, 8000, 8000 * 10 ** (-8 / 20)))).toBe(key);
      }
    }
  });

  it('hears nothing in single tones, wrong pairs and far-off frequencies', () => {
    for (let hz = 300; hz < 3400; hz += 50) expect(keysHeard(pair(hz, hz, 5000, 3000))).toBe('');
    for (const [a, b] of [
      [697, 941],
      [1209, 1633],
      [350, 440],
      [480, 620],
      [440, 480],
    ] as const)
      expect(keysHeard(pair(a, b, 6000, 6000))).toBe('');
    for (const columnHz of [1050, 1407, 1750]) expect(keysHeard(pair(852, columnHz, 6000, 6000))).toBe('');
    expect(keysHeard(pair(852, 1336, 8000, 8000 * 10 ** (-14 / 20)))).toBe('');
  });

  it('tells a long press once, and says where it began', () => {
    const presses = heard(dialled('5', { toneMs: 3000, lead: 1234 }));
    expect(presses.map(({ key }) => key)).toEqual(['5']);
    expect(Math.abs((presses[0]?.start ?? 0) - 1234)).toBeLessThan(40);
    expect(presses[0]?.at).toBeLessThanOrEqual(1234 + 0.04 * RATE);
  });

  it('takes a break of 8 ms within a tone for one press', () => {
    const samples = dialled('8', { toneMs: 200 });
    for (let at = 500; at < 700; at += 13) expect(keysHeard(samples.slice().fill(0, at, at + 64))).toBe('8');
  });

  it('does not depend on how the audio is cut', () => {
    const samples = withNoise(dialled('19*#AD0'), 200);
    const whole = heard(samples, RATE, samples.length);
    expect(whole).toHaveLength(7);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (block) => expect(heard(samples, RATE, block)).toEqual(whole)),
      { numRuns: 20 },
    );
  });

  it('hears no key in two minutes of speech-like sound, in noise or in silence', () => {
    for (let seed = 1; seed <= 8; seed++) expect(keysHeard(speechLike(15, seed))).toBe('');
    expect(keysHeard(withNoise(new Int16Array(RATE * 30), 20000))).toBe('');
    expect(keysHeard(new Int16Array(RATE * 5))).toBe('');
  });

  it('hears a key through speech 15 dB below it', () => {
    const speech = speechLike(3, 5);
    const samples = dialled('1470', { amplitude: 9000, toneMs: 100 }).map((sample, i) =>
      Math.round(sample + 0.15 * (speech[i] ?? 0)),
    );
    expect(keysHeard(samples)).toBe('1470');
  });
});

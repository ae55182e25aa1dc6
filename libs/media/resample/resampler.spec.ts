import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { goertzelPower, writeTone } from '../tones.js';
import { RESAMPLER_RATES, Resampler } from './resampler.js';

const PAIRS = RESAMPLER_RATES.flatMap((from) => RESAMPLER_RATES.map((to) => [from, to] as const));

function tone(frequencyHz: number, sampleRate: number, samples: number, amplitude = 10000): Int16Array {
  const out = new Int16Array(samples);
  writeTone(out, 0, samples, { frequencyHz, sampleRate, amplitude });
  return out;
}

/** The whole conversion, the input cut into blocks of the given sizes, in turn. */
function converted(
  input: Int16Array,
  from: number,
  to: number,
  blocks: readonly number[] = [input.length],
): Int16Array {
  const resampler = new Resampler(from, to);
  const out: number[] = [];
  const buffer = new Int16Array(resampler.maxOutput(Math.max(...blocks, 1)));
  for (let at = 0, i = 0; at < input.length; i++) {
    const n = Math.min(input.length - at, blocks[i % blocks.length] ?? 1);
    const written = resampler.process(input.subarray(at), n, buffer);
    expect(written).toBeLessThanOrEqual(buffer.length);
    out.push(...buffer.subarray(0, written));
    at += n;
  }
  out.push(...buffer.subarray(0, resampler.flush(buffer)));
  return Int16Array.from(out);
}

const levelDb = (samples: Int16Array, hz: number, rate: number): number =>
  10 *
  Math.log10(
    goertzelPower(samples, Math.round(rate / 10), Math.round(rate * 0.4), hz, rate) / (10000 ** 2 / 2) + 1e-12,
  );

/** Largest difference over the length of `out`. */
function worstError(out: Int16Array, ideal: Int16Array): number {
  return out.reduce((worst, sample, i) => Math.max(worst, Math.abs(sample - (ideal[i] ?? 0))), 0);
}

describe('Resampler', () => {
  it.each(PAIRS)('keeps level, frequency and length of a tone from %i to %i Hz', (from, to) => {
    const out = converted(tone(1000, from, from / 2), from, to);
    expect(out.length).toBe(to / 2);
    expect(levelDb(out, 1000, to)).toBeCloseTo(0, 1);
    expect(levelDb(out, 1500, to)).toBeLessThan(-60);
  });

  it.each(PAIRS)('keeps time and shape from %i to %i Hz', (from, to) => {
    const out = converted(tone(440, from, from / 5), from, to);
    const ideal = tone(440, to, to / 5);
    const edge = Math.round(to * 0.01);
    expect(worstError(out.subarray(edge, out.length - edge), ideal.subarray(edge))).toBeLessThan(12);
  });

  it.each([
    [16000, 8000, 4300],
    [16000, 8000, 6000],
    [48000, 8000, 4300],
    [48000, 8000, 20000],
    [44100, 8000, 5000],
    [48000, 16000, 9000],
  ])('lets nothing of %i → %i Hz at %i Hz through', (from, to, hz) => {
    const out = converted(tone(hz, from, from / 2), from, to);
    const inside = out.subarray(to / 10, (to * 4) / 10);
    expect(Math.max(...inside.map(Math.abs))).toBeLessThan(10000 * 10 ** (-60 / 20));
  });

  it('adds no image of a telephone tone when doubling the rate', () => {
    const out = converted(tone(3000, 8000, 4000), 8000, 16000);
    expect(levelDb(out, 3000, 16000)).toBeCloseTo(0, 1);
    expect(levelDb(out, 5000, 16000)).toBeLessThan(-65);
  });

  it('keeps every sample as it is when doubling the rate', () => {
    const input = Int16Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 60001) - 30000);
    expect(converted(input, 8000, 16000).filter((_, i) => i % 2 === 0)).toEqual(input);
  });

  it('gives the same samples however the stream is cut, and exactly ceil(n × ratio) of them', () => {
    const noise = Int16Array.from({ length: 3000 }, (_, i) => ((i * 7919) % 20011) - 10005);
    fc.assert(
      fc.property(
        fc.constantFrom(...PAIRS),
        fc.integer({ min: 0, max: 3000 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }),
        ([from, to], n, blocks) => {
          const input = noise.subarray(0, n);
          const out = converted(input, from, to, blocks);
          expect(out.length).toBe(Math.ceil((n * to) / from));
          expect(out).toEqual(converted(input, from, to));
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([
    [8000, 16000],
    [16000, 8000],
    [8000, 48000],
  ])('gives full frames at once from %i to %i Hz when asked for no waiting', (from, to) => {
    const resampler = new Resampler(from, to, 'immediate');
    const input = tone(1000, from, from);
    const frame = from / 50;
    const out = new Int16Array(to);
    const block = new Int16Array(resampler.maxOutput(frame));
    for (let i = 0; i < 50; i++) {
      expect(resampler.process(input.subarray(i * frame), frame, block)).toBe(to / 50);
      out.set(block.subarray(0, to / 50), (i * to) / 50);
    }
    const delay = Math.round((resampler.delayMs * to) / 1000);
    const ideal = tone(1000, to, to);
    expect(worstError(out.subarray(500 + delay, to - 500), ideal.subarray(500))).toBeLessThan(12);
  });

  it('saturates instead of wrapping', () => {
    const square = Int16Array.from({ length: 800 }, (_, i) => (Math.floor(i / 8) % 2 === 0 ? 32767 : -32768));
    const out = converted(square, 8000, 16000);
    out.slice(100, 1500).forEach((sample, i) => {
      if (Math.abs(sample) > 20000) expect(Math.sign(sample)).toBe(Math.sign(square[Math.floor((i + 100) / 2)] ?? 0));
    });
  });

  it('refuses rates it has no filter for', () => {
    expect(() => new Resampler(8000, 11025)).toThrow(RangeError);
    expect(() => new Resampler(0, 8000)).toThrow(RangeError);
  });
});

import { describe, expect, it } from '@jest/globals';
import { LEADING_GUARD_MS, TRAILING_GUARD_MS, Trimmer } from './trimmer.js';

const RATE = 8000;
const ms = (n: number): number => (n * RATE) / 1000;

function trimmed(segments: readonly (readonly [number, number])[], captured: number, toneStart: number) {
  const trimmer = new Trimmer('both', 1, RATE);
  for (const [segmentStart, segmentEnd] of segments) trimmer.observe([{ segmentStart, segmentEnd }], 0, 0);
  return trimmer.finish(captured, toneStart);
}

describe('Trimmer', () => {
  it('keeps from the first sound to the last, with its guards', () => {
    const segments = [
      [ms(1000), ms(1500)],
      [ms(1000), ms(1600)],
      [ms(2000), ms(2300)],
    ] as const;
    expect(trimmed(segments, ms(5000), -1)).toEqual({
      leading: ms(1000 - LEADING_GUARD_MS),
      trailing: ms(5000 - 2300 - TRAILING_GUARD_MS),
      containsSound: true,
    });
  });

  it('does not take the tone of the stop key for sound', () => {
    const segments = [
      [ms(1000), ms(1500)],
      [ms(3990), ms(4100)],
    ] as const;
    expect(trimmed(segments, ms(4100), ms(4000)).trailing).toBe(ms(4100 - 1500 - TRAILING_GUARD_MS));
    expect(trimmed([[ms(3990), ms(4100)]], ms(4100), ms(4000)).containsSound).toBe(false);
  });

  it('cuts at the tone when speech runs into it', () => {
    expect(trimmed([[ms(1000), ms(4100)]], ms(4100), ms(4000)).trailing).toBe(ms(100));
  });
});

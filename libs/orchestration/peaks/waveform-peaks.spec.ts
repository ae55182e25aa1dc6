import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PcmSource } from '#libs/recording-model';
import { findPeaks } from './peak-files.js';
import { PeakFinder } from './waveform-peaks.js';

/** A source that gives the samples in blocks of so many frames. */
function sourceOf(samples: Int16Array, channels: 1 | 2, sampleRate: number, framesInBlock: number): PcmSource {
  return {
    sampleRate,
    channels,
    samples: samples.length / channels,
    async *blocks() {
      for (let at = 0; at < samples.length; at += framesInBlock * channels) yield samples.subarray(at, at + framesInBlock * channels);
    },
  };
}

describe('the peaks of a waveform', () => {
  it('are the lowest and highest samples of 20 ms, channel by channel', async () => {
    const samples = new Int16Array(2 * 320);
    samples[2 * 10] = 0x1234;
    samples[2 * 170 + 1] = -0x4000;
    const peaks = await findPeaks(sourceOf(samples, 2, 8000, 7));
    expect(peaks).toEqual({
      version: 2,
      channels: 2,
      sample_rate: 8000,
      samples_per_pixel: 160,
      bits: 8,
      length: 2,
      data: [0, 0x12, 0, 0, 0, 0, -0x40, 0],
    });
  });

  it('hold the full scale', async () => {
    const peaks = await findPeaks(sourceOf(Int16Array.of(-32768, 32767), 1, 8000, 2));
    expect(peaks.data).toEqual([-128, 127]);
  });

  it('get wider for long recordings, so that there are never more than 8,000 points', () => {
    const finder = new PeakFinder({ sampleRate: 16000, channels: 1, samples: 3 * 3600 * 16000 });
    expect(finder.finish().samples_per_pixel).toBe(21600);
  });

  it('do not depend on how the audio is cut, and bound every sample', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.int16Array({ minLength: 1, maxLength: 2000 }),
        fc.constantFrom(1 as const, 2 as const),
        fc.integer({ min: 1, max: 500 }),
        async (samples, channels, framesInBlock) => {
          const whole = samples.subarray(0, samples.length - (samples.length % channels));
          const cut = await findPeaks(sourceOf(whole, channels, 8000, framesInBlock));
          expect(cut).toEqual(await findPeaks(sourceOf(whole, channels, 8000, 1_000_000)));
          whole.forEach((sample, index) => {
            const at = (Math.floor(index / channels / cut.samples_per_pixel) * channels + (index % channels)) * 2;
            expect((cut.data[at] ?? 0) <= sample >> 8 && (cut.data[at + 1] ?? 0) >= sample >> 8).toBe(true);
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('of nothing are nothing', async () => {
    expect(await findPeaks(sourceOf(new Int16Array(0), 1, 8000, 1))).toMatchObject({ length: 0, data: [] });
  });
});

import { describe, expect, it } from '@jest/globals';
import type { RecordingEngine } from './index.js';
import { plainSpec, RATE, runEngine } from './spec-support/engine-run.js';

describe('a steady signal', () => {
  it('is kept whole when it is loud, though it is no speech, and thrown away when it is faint', () => {
    const square = (amplitude: number) => {
      const samples = Int16Array.from({ length: 3 * RATE }, (_, i) => (Math.floor((600 * i) / RATE) % 2 === 0 ? amplitude : -amplitude));
      return { caller: samples, callee: new Int16Array(samples.length) };
    };
    const end = { at: 3 * RATE, act: (engine: RecordingEngine) => engine.hangup('caller') };
    expect(runEngine(plainSpec({ trim: 'both' }), square(1600), [end]).result).toMatchObject({
      capturedSamples: 3 * RATE,
      trimLeadingSamples: 0,
      trimTrailingSamples: 0,
      containsSound: false,
    });
    expect(runEngine(plainSpec({ trim: 'both' }), square(100), [end]).absent).toBe('hangup');
  });
});

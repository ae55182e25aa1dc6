import { describe, expect, it } from '@jest/globals';
import { CallProgress } from './call-progress.js';

describe('how far a call has come', () => {
  it('knows when it ended and how long its media lasted', () => {
    const progress = new CallProgress();
    progress.answered(1000, new Date('2026-11-21T12:00:00Z'));
    expect(progress.endedAt).toBeNull();
    progress.ended('caller', () => 3500, new Date('2026-11-21T12:00:03Z'));
    expect(progress.endedAt).toBe('2026-11-21T12:00:03.000Z');
    expect(progress.durationMs(() => 9000)).toBe(2500);
  });
});

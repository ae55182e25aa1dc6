import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DURABLE_WAITS_MS, MAX_RETRY_AFTER_MS, nextAttempt, retryAfterMs, type RetryPolicy } from './index.js';

const NOW = new Date('2024-03-05T12:00:00.000Z');
const DURABLE: RetryPolicy = { policy: 'durable', fallbackUrl: null };
const VENDOR: RetryPolicy = { policy: 'vendor', fallbackUrl: 'https://backup.example.net/' };
const outcome = (status: number | null, more: { retryAfter?: string; refused?: boolean; fallback?: boolean } = {}) => ({
  status,
  retryAfter: null,
  refused: false,
  fallback: false,
  ...more,
});
const later = (ms: number): Date => new Date(NOW.getTime() + ms);

describe('nextAttempt, as a vendor that asks again while no answer comes', () => {
  const PATIENT: RetryPolicy = { policy: 'vendor', fallbackUrl: null, unanswered: { tries: 3, pauseMs: 2000 } };

  it('tries as often as it is told to, with the pause between', () => {
    const steps = [1, 2, 3, 4].map((made) => nextAttempt(PATIENT, made, outcome(null), NOW, 0.9));
    const again = { kind: 'retry', at: later(2000) };
    expect(steps).toEqual([again, again, { kind: 'exhausted' }, { kind: 'exhausted' }]);
  });

  it('takes every answer as final, and an address that is refused', () => {
    for (const status of [500, 404, 410, 302])
      expect(nextAttempt(PATIENT, 1, outcome(status), NOW, 0)).toEqual({ kind: 'exhausted' });
    expect(nextAttempt(PATIENT, 1, outcome(null, { refused: true }), NOW, 0)).toEqual({ kind: 'exhausted' });
  });

  it('turns to the fallback when all tries are used up', () => {
    const policy = { ...PATIENT, fallbackUrl: 'https://backup.example.net/' };
    expect(nextAttempt(policy, 3, outcome(null), NOW, 0)).toEqual({ kind: 'fallback' });
  });
});

describe('nextAttempt, durable', () => {
  it('waits 0 s, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h and gives up', () => {
    const seconds = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    expect(DURABLE_WAITS_MS).toEqual(seconds.map((each) => each * 1000));
    for (let made = 1; made < 10; made += 1)
      expect(nextAttempt(DURABLE, made, outcome(500), NOW, 0)).toEqual({
        kind: 'retry',
        at: later((seconds[made] ?? 0) * 1000),
      });
    expect(nextAttempt(DURABLE, 10, outcome(500), NOW, 0)).toEqual({ kind: 'exhausted' });
    expect(nextAttempt(DURABLE, 99, outcome(500), NOW, 0)).toEqual({ kind: 'exhausted' });
  });

  it('spreads the waits by up to a fifth', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (made, random) => {
          const next = nextAttempt(DURABLE, made, outcome(null), NOW, random);
          const wait = DURABLE_WAITS_MS[made] ?? 0;
          if (next.kind !== 'retry') throw new Error(next.kind);
          const waited = next.at.getTime() - NOW.getTime();
          expect(waited).toBeGreaterThanOrEqual(wait);
          expect(waited).toBeLessThanOrEqual(wait * 1.2);
        },
      ),
    );
  });

  it.each([200, 201, 204, 299])('is delivered by %i', (status) => {
    expect(nextAttempt(DURABLE, 1, outcome(status), NOW, 0)).toEqual({ kind: 'delivered' });
  });

  it.each([null, 100, 199, 300, 302, 304, 400, 401, 404, 409, 429, 500, 503])('is retried after %p', (status) => {
    expect(nextAttempt(DURABLE, 1, outcome(status), NOW, 0).kind).toBe('retry');
  });

  it('stops at 410, and at an address that is refused', () => {
    expect(nextAttempt(DURABLE, 1, outcome(410), NOW, 0)).toEqual({ kind: 'gone' });
    expect(nextAttempt(DURABLE, 1, outcome(null, { refused: true }), NOW, 0)).toEqual({ kind: 'exhausted' });
  });

  it('tries a fallback address once, at the end', () => {
    const policy: RetryPolicy = { ...DURABLE, fallbackUrl: 'https://backup.example.net/' };
    expect(nextAttempt(policy, 9, outcome(500), NOW, 0).kind).toBe('retry');
    expect(nextAttempt(policy, 10, outcome(500), NOW, 0)).toEqual({ kind: 'fallback' });
    expect(nextAttempt(policy, 11, outcome(500, { fallback: true }), NOW, 0)).toEqual({ kind: 'exhausted' });
    expect(nextAttempt(policy, 1, outcome(null, { refused: true }), NOW, 0)).toEqual({ kind: 'fallback' });
    expect(nextAttempt(policy, 2, outcome(500, { fallback: true }), NOW, 0)).toEqual({ kind: 'exhausted' });
  });

  it('waits as long as Retry-After says, within bounds, and never less than the table', () => {
    const at = (retryAfter: string): Date | null => {
      const next = nextAttempt(DURABLE, 1, outcome(503, { retryAfter }), NOW, 0);
      return next.kind === 'retry' ? next.at : null;
    };
    expect(at('120')).toEqual(later(120_000));
    expect(at('1')).toEqual(later(5_000));
    expect(at('Tue, 05 Mar 2024 12:10:00 GMT')).toEqual(later(600_000));
    expect(at('Tue, 05 Mar 2024 11:00:00 GMT')).toEqual(later(5_000));
    expect(at('999999999999999999999999')).toEqual(later(MAX_RETRY_AFTER_MS));
    expect(at('soon')).toEqual(later(5_000));
    expect(at('-7')).toEqual(later(5_000));
  });

  it('reads any Retry-After as a bounded time', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.integer().map(String),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (header) => {
          const ms = retryAfterMs(header, NOW);
          expect(ms >= 0 && ms <= MAX_RETRY_AFTER_MS).toBe(true);
        },
      ),
    );
  });
});

describe('nextAttempt, vendor', () => {
  it.each([null, 400, 410, 500])('asks the fallback once after %p, and nobody after that', (status) => {
    expect(nextAttempt(VENDOR, 1, outcome(status), NOW, 0)).toEqual({ kind: 'fallback' });
    expect(nextAttempt(VENDOR, 2, outcome(status, { fallback: true }), NOW, 0)).toEqual({ kind: 'exhausted' });
    expect(nextAttempt({ ...VENDOR, fallbackUrl: null }, 1, outcome(status), NOW, 0)).toEqual({ kind: 'exhausted' });
  });

  it('is delivered by any 2xx of either', () => {
    expect(nextAttempt(VENDOR, 1, outcome(204), NOW, 0)).toEqual({ kind: 'delivered' });
    expect(nextAttempt(VENDOR, 2, outcome(200, { fallback: true }), NOW, 0)).toEqual({ kind: 'delivered' });
  });
});

import { describe, expect, it } from '@jest/globals';
import { NameClaims } from './name-claims.js';

describe('the names of recordings', () => {
  it('are taken once in an application, until long after the second they speak of', () => {
    let now = Date.parse('2024-06-06T17:20:14Z');
    const names = new NameClaims({ now: () => new Date(now) });
    expect(names.claim('a', 'x')).toBe(true);
    expect(names.claim('a', 'x')).toBe(false);
    expect(names.claim('b', 'x')).toBe(true);
    now += 60_000;
    expect(names.claim('a', 'x')).toBe(false);
    now += 3_600_000;
    expect(names.claim('a', 'x')).toBe(true);
  });
});

import { describe, expect, it } from '@jest/globals';
import { ACULAB_SETTINGS } from './aculab.settings.js';

describe('aculab: settings', () => {
  it.each([
    ['firstPage', 'https://app.example.net/first?a=1', true],
    ['firstPage', 'first', false],
    ['firstPage', 'ftp://app.example.net/first', false],
    ['finalPage', 'final', true],
    ['cloudUser', '1-2-0/bob@example.com', true],
    ['cloudUser', '1-2-0/bob:key', false],
    ['serviceName', 'out:1', false],
  ])('%s may be %s: %s', (key, value, allowed) => {
    const setting = ACULAB_SETTINGS.find((each) => each.key === key);
    expect(setting).toBeDefined();
    expect(setting?.rule?.test(value) ?? true).toBe(allowed);
  });
});

import { describe, expect, it } from '@jest/globals';
import { flexmlAdapter } from './index.js';

describe('flexml: settings', () => {
  it.each([
    ['login', 'endpoint-1', true],
    ['login', 'endpoint:1', false],
    ['documentUrl', 'vm', false],
  ])('%s may be %s: %s', (key, value, allowed) => {
    const setting = flexmlAdapter.settings.find((each) => each.key === key);
    expect(setting).toBeDefined();
    expect(setting?.rule?.test(value) ?? true).toBe(allowed);
  });
});

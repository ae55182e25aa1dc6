import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { aculabAdapter } from './aculab.adapter.js';

const text = readFileSync(new URL('../../../docs/aculab.md', import.meta.url), 'utf8');

describe('docs/aculab.md', () => {
  it.each(aculabAdapter.settings.map((setting) => [setting.key]))('explains the setting %s', (key) => {
    expect(text).toContain(`\`${key}\``);
  });

  it.each(aculabAdapter.capabilities.map((capability) => [capability.field]))('explains %s', (field) => {
    expect(text).toContain(`\`${field.split('.').at(-1) ?? field}\``);
  });
});

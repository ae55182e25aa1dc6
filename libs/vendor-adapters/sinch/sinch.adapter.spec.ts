import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeVendorAdapterContract } from '#libs/testing';
import { sinchAdapter } from './sinch.adapter.js';
import {
  FIXTURES,
  FIXTURE_CALL,
  FIXTURE_SECRETS,
  FIXTURE_SETTINGS,
  fixtureText,
  sinchDocument,
} from './sinch.fixtures.js';

describeVendorAdapterContract(
  sinchAdapter,
  FIXTURES.map(([name, role, recordings, ...documentSecrets]) => ({
    name,
    document: sinchDocument(fixtureText(name), role),
    call: FIXTURE_CALL,
    settings: { ...FIXTURE_SETTINGS, sendCallingError: 'true' },
    secrets: FIXTURE_SECRETS,
    documentSecrets,
    recordings,
  })),
);

describe('the page docs/sinch.md', () => {
  const page = readFileSync(new URL('../../../docs/sinch.md', import.meta.url), 'utf8');

  it('names every setting with its default', () => {
    for (const { key, default: fallback } of sinchAdapter.settings) {
      const row = page.split('\n').find((line) => line.startsWith('| `') && line.includes(`\`${key}\``));
      expect(`${key}: ${row ?? 'missing'}`).toContain(`\`${key}\``);
      if (fallback !== undefined) expect(row).toContain(fallback);
    }
  });

  it('names every instruction, action and recording option', () => {
    for (const { field } of sinchAdapter.capabilities) {
      const [owner = '', option = ''] = field.split('.');
      expect(page).toContain(owner === 'options' && option !== '' ? option : owner);
    }
  });
});

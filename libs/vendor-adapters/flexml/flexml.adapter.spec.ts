import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeVendorAdapterContract, parseDocument, type VendorFixture } from '#libs/testing';
import { flexmlAdapter } from './index.js';

const DOCUMENT_URL = 'https://app.example.com/vm';

function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
}

const FIXTURES: readonly VendorFixture[] = (
  [
    ['voicemail.xml', 1],
    ['session-s3.xml', 1, ['AKIA...']],
    ['session-container.xml', 1],
    ['session-aws.xml', 1, ['_AWS_ACCESS_KEY_', '_AWS_SECRET_ACCESS_KEY_']],
    ['session-gcp.xml', 1, ['_GCP_ACCESS_TOKEN_']],
    ['session-azure.xml', 1, ['_AZURE_ACCOUNT_KEY_']],
    ['callback-url.xml', 1],
    ['scenario-1-voicemail.xml', 1],
    ['scenario-1-goodbye.xml', 0],
    ['scenario-2-record.xml', 1],
    ['scenario-2-review.xml', 0],
    ['scenario-2-again.xml', 1],
    ['scenario-3-debug.xml', 1],
    ['scenario-5-full.xml', 1],
    ['scenario-5-error.xml', 0],
    ['scenario-6-empty.xml', 1],
    ['every-attribute.xml', 1, ['action-pw', 'callback-pw', 'status-pw']],
    ['tolerant.xml', 3, ['pw-in-background', 'session-token-canary', 'stream-pw', 'redirect-pw', 'text-pw']],
    [
      'two-stores.xml',
      5,
      [
        'AKIATWOSTORES',
        'two-stores-secret',
        'two-stores-sas',
        'incomplete-refresh',
        'refresh-canary',
        'client-canary',
        'client-secret-canary',
        'access-canary',
        'sv=third',
      ],
    ],
  ] as const
).map(([name, recordings, documentSecrets]) => ({
  name,
  document: { body: fixture(name), role: 'flow', url: DOCUMENT_URL },
  recordings,
  documentSecrets: documentSecrets ?? [],
  settings: {
    documentUrl: DOCUMENT_URL,
    statusCallbackUrl: 'https://app.example.com/ended',
    partnerSid: 'p',
    endpointSid: 'e',
  },
  secrets: { documentUserinfo: 'app:document-canary' },
}));

describeVendorAdapterContract(flexmlAdapter, FIXTURES, { damagedRuns: 40 });

describe('flexml: documentation', () => {
  it('names every setting and every attribute', () => {
    const page = readFileSync(new URL('../../../docs/flexml.md', import.meta.url), 'utf8');
    const missing = [
      ...flexmlAdapter.settings.map(({ key }) => key),
      ...flexmlAdapter.capabilities.map(({ field }) => field.replace('Record@', '')),
    ].filter((name) => !page.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  it('shows the documents that the sample application hands out', () => {
    const app = new URL('../../../examples/flexml-app/', import.meta.url);
    const source = readFileSync(new URL('flexml-app.ts', app), 'utf8');
    for (const name of ['voicemail.xml', 'goodbye.xml']) {
      const document = readFileSync(new URL(name, app), 'utf8');
      expect(source).toContain(document);
      expect(parseDocument(flexmlAdapter, document).warnings).toEqual([]);
    }
  });
});

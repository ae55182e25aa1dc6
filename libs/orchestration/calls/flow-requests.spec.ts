import { expect, it } from '@jest/globals';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { requestsOfEnd } from './flow-requests.js';

it('a setting that cannot be used is warned about and does not keep the call from ending', () => {
  const settings = { statusCallbackUrl: 'https://app.example.com/ended', statusCallbackMethod: 'BREW' };
  const application = { applicationId: 'app', tenantId: 'tenant', settings, secrets: {} };
  const identity = { callId: 'c', from: '1', to: '2', direction: 'inbound', vendor: {} } as const;
  const warnings: string[] = [];
  const call = { context: { application, identity }, warn: (message: string) => void warnings.push(message) };
  expect(requestsOfEnd(VENDOR_ADAPTERS.flexml, call, {})).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining('statusCallbackMethod must be POST or GET')]);
});

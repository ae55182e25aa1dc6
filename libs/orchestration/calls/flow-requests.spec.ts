import { expect, it } from '@jest/globals';
import { createMemoryLedger } from '#libs/ledger';
import { RecgateError, type ErrorCode, type FlowClient } from '#libs/recording-model';
import { seededIdSource } from '#libs/testing';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { requestOnly, requestsOfEnd, type FlowSituation } from './flow-requests.js';
import { keepUntold, UNTOLD_OF_ALL, untoldOf } from './untold-requests.js';

it('a setting that cannot be used is warned about and does not keep the call from ending', () => {
  const settings = { statusCallbackUrl: 'https://app.example.com/ended', statusCallbackMethod: 'BREW' };
  const application = { applicationId: 'app', tenantId: 'tenant', settings, secrets: {} };
  const identity = { callId: 'c', from: '1', to: '2', direction: 'inbound', vendor: {} } as const;
  const warnings: string[] = [];
  const call = { context: { application, identity }, warn: (message: string) => void warnings.push(message) };
  expect(requestsOfEnd(VENDOR_ADAPTERS.flexml, call, {})).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining('statusCallbackMethod must be POST or GET')]);
});

it.each<[ErrorCode, boolean]>([
  ['outbound.failed', true],
  ['outbound.refused', false],
])('the end of a FlexML call that nobody heard is kept to be told again: %s', async (code, isKept) => {
  const ledger = createMemoryLedger();
  const clock = { now: () => new Date('2026-11-21T12:00:00.000Z') };
  const settings = { statusCallbackUrl: 'https://app.example.com/ended' };
  const application = { applicationId: 'app', tenantId: 'tenant', settings, secrets: { statusCallbackUserinfo: 'u:p' } };
  const identity = { callId: 'c', from: '1', to: '2', direction: 'inbound', vendor: {} } as const;
  const client: FlowClient = { fetch: () => Promise.reject(new RecgateError(code, 'no answer')) };
  const situation: FlowSituation = {
    application,
    call: identity,
    callState: 'ended',
    callDurationMs: 63_000,
    answered: true,
    hangupBy: 'caller',
    documentUrl: null,
    flowState: {},
    secrets: application.secrets,
    recording: null,
    collected: null,
    error: null,
  };
  const [request] = requestsOfEnd(VENDOR_ADAPTERS.flexml, { context: { application, identity }, warn: () => undefined }, {});
  if (request === undefined) throw new Error('no status callback');
  const ports = {
    adapter: VENDOR_ADAPTERS.flexml,
    client,
    ids: seededIdSource(1),
    clock,
    stored: () => Promise.resolve(null),
    keep: (...untold: [typeof request, Parameters<typeof keepUntold>[3], unknown]) =>
      keepUntold({ ledger, clock }, { callRef: 'call_1', application }, ...untold),
  };
  await expect(requestOnly(ports, request, situation)).rejects.toMatchObject({ code });
  const kept = await ledger.documents.list('flexml.untold', UNTOLD_OF_ALL);
  expect(kept.map((document) => [document.id, untoldOf(document)])).toEqual(
    isKept
      ? [
          [
            'call_1.statusCallback',
            {
              applicationId: 'app',
              attempts: 1,
              dueAt: '2026-11-21T12:00:05.000Z',
              request: expect.objectContaining({
                method: 'POST',
                url: settings.statusCallbackUrl,
                body: expect.stringMatching(/"CallDuration":63}$/),
                userinfo: { secret: 'statusCallbackUserinfo' },
              }),
            },
          ],
        ]
      : [],
  );
});

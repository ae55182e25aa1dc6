import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { CallRecord } from '#libs/recording-model';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { startHttpReceiver, type HttpReceiver } from '../../testing/http-receiver.js';
import { offerCall } from './call-offers.js';

const KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const CALL: CallRecord = {
  callRef: 'call_1',
  tenantId: 'alpha',
  applicationId: 'app_1',
  vendor: 'sinch',
  nodeId: 'node-1',
  identity: { callId: 'c-1', from: '+15165550138', to: '+15165550137', direction: 'outbound', vendor: { custom: 'x' } },
  state: 'ringing',
  createdAt: '2026-01-01T00:00:00.000Z',
  answeredAt: null,
  endedAt: null,
  endedBy: null,
  media: { callee: { transport: 'rtp', address: '127.0.0.1:20000' } },
  warnings: [],
};

let gateway: GatewayUnderTest;
let connector: HttpReceiver;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  connector = await startHttpReceiver();
});

afterAll(async () => {
  await connector.close();
  await gateway.stop();
});

const offer = (calls: { readonly offerUrl?: string; readonly offerKey?: string }) =>
  offerCall({ config: { ...gateway.runtime.config, calls }, ports: gateway.runtime.ports }, CALL);

it('a connector is told of a call, who it is and where its audio goes, signed and with the credentials of its address', async () => {
  await offer({ offerUrl: connector.url.replace('http://', 'http://user:pass@') + '/calls', offerKey: KEY });
  const [request] = connector.received;
  expect([request?.method, request?.url, request?.headers['authorization']]).toEqual(['POST', '/calls', `Basic ${Buffer.from('user:pass').toString('base64')}`]);
  expect(new Webhook(KEY).verify(request?.body ?? '', request?.headers as Record<string, string>)).toEqual({
    callRef: 'call_1',
    applicationId: 'app_1',
    vendor: 'sinch',
    callId: 'c-1',
    from: '+15165550138',
    to: '+15165550137',
    direction: 'outbound',
    media: CALL.media,
  });
});

it('nobody is told where no connector is configured', async () => {
  const before = connector.received.length;
  await offer({});
  expect(connector.received).toHaveLength(before);
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOfUntold, UNTOLD_OF_ALL, untoldOf } from '#libs/orchestration';
import { flexml } from '#libs/vendor-adapters';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { FlexmlStatusCallbacks } from './flexml-status-callbacks.js';

const BODY = '{"CallSid":"c","CallStatus":"completed","CallDuration":63}';
const PAST = '2026-01-01T00:00:00.000Z';

let gateway: GatewayUnderTest;
let receiver: Server;
let url = '';
let answers: number[] = [];
const heard: string[] = [];

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'} ${body}`);
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/ended`;
});

afterAll(async () => {
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await gateway.stop();
});

async function keep(id: string, applicationId: string, dueAt = PAST): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const request = { method: 'POST', url, headers, body: BODY, userinfo: { secret: 'statusCallbackUserinfo' } } as const;
  const untold = bodyOfUntold({ applicationId, request, attempts: 1, dueAt });
  const { documents } = gateway.runtime.ports.ledger;
  await documents.update(flexml.FLEXML_UNTOLD, UNTOLD_OF_ALL, id, () => ({ body: untold, sealed: null }));
}

const kept = async () => {
  const documents = await gateway.runtime.ports.ledger.documents.list(flexml.FLEXML_UNTOLD, UNTOLD_OF_ALL);
  return documents.map((document) => ({ id: document.id, ...untoldOf(document) }));
};

it('a status callback that nobody heard is told again until it is heard, by one process at a time', async () => {
  const applicationId = await gateway.application('flexml', { statusCallbackUserinfo: 'app:pw' });
  await keep('call_1.statusCallback', applicationId);
  await keep('call_2.statusCallback', applicationId, new Date(Date.now() + 3_600_000).toISOString());
  await keep('call_3.statusCallback', 'app_that_is_gone');
  answers = [503];
  const callbacks = gateway.app.get(FlexmlStatusCallbacks);
  await Promise.all([callbacks.tellDue(), callbacks.tellDue()]);
  const said = `POST /ended Basic ${Buffer.from('app:pw').toString('base64')} ${BODY}`;
  expect(heard).toEqual([said]);
  const [first, second, ...others] = await kept();
  expect([first?.attempts, second?.attempts, others]).toEqual([2, 1, []]);
  expect(Date.parse(first?.dueAt ?? '')).toBeGreaterThan(Date.now());

  await keep('call_1.statusCallback', applicationId);
  await callbacks.tellDue();
  expect(heard).toEqual([said, said]);
  expect((await kept()).map(({ id }) => id)).toEqual(['call_2.statusCallback']);
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { WireRequest } from '#libs/recording-model';
import {
  EXCERPT_BYTES,
  GuardedHttpClient,
  newWebhookSecret,
  sendWireRequest,
  standardWebhookHeaders,
  toDeliveryAttempt,
} from './index.js';
import { startServer, type LoopbackServer } from './testing/loopback.js';

describe('sendWireRequest', () => {
  const client = new GuardedHttpClient({ allowHttp: true, allowPrivateNetworks: true });
  let target: LoopbackServer;
  const request = (more: Partial<WireRequest> = {}): WireRequest => ({
    method: 'POST',
    url: `${target.url}/callback?x=1`,
    headers: { 'Content-Type': 'application/json', Authorization: 'application key:signature' },
    body: '{"event":"recording"}',
    userinfo: null,
    ...more,
  });

  beforeEach(async () => {
    target = await startServer((incoming, response) => {
      const status = incoming.url === '/busy' ? 503 : 200;
      response.writeHead(status, { 'Retry-After': '30', 'Content-Type': 'text/plain' }).end('ok '.repeat(2000));
    });
  });
  afterEach(() => target.close());

  it('sends the bytes of the vendor with the Standard Webhooks headers beside its own', async () => {
    const secret = newWebhookSecret();
    const now = new Date();
    const outcome = await sendWireRequest(client, request(), {}, { now, webhook: { id: 'evt_1', secret } });
    expect(outcome).toMatchObject({ at: now.toISOString(), status: 200, error: null, refused: false, fallback: false });
    const [got] = target.arrived;
    expect(got).toMatchObject({
      method: 'POST',
      url: '/callback?x=1',
      body: '{"event":"recording"}',
      headers: { authorization: 'application key:signature', 'webhook-id': 'evt_1' },
    });
    const headers = got?.headers as Record<string, string>;
    expect(new Webhook(secret).verify(got?.body ?? '', headers)).toEqual({ event: 'recording' });
    expect(() => new Webhook(newWebhookSecret()).verify(got?.body ?? '', headers)).toThrow();
  });

  it('keeps status, time, Retry-After and the first bytes of the answer', async () => {
    const outcome = await sendWireRequest(
      client,
      request({ url: `${target.url}/busy` }),
      {},
      { now: new Date(0), fallback: true },
    );
    expect(outcome).toMatchObject({
      status: 503,
      retryAfter: '30',
      fallback: true,
      responseHeaders: { 'content-type': 'text/plain' },
    });
    expect([outcome.responseExcerpt.length, outcome.responseTruncated]).toEqual([EXCERPT_BYTES, true]);
    expect(toDeliveryAttempt(outcome, request())).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      request: { method: 'POST', url: `${target.url}/callback?x=1` },
      fallback: true,
      status: 503,
      durationMs: outcome.durationMs,
      error: null,
      responseExcerpt: outcome.responseExcerpt,
    });
  });

  it('looks the credentials of the URL up and shows them nowhere', async () => {
    const basic = request({ method: 'GET', body: null, headers: {}, userinfo: { secret: 'page' } });
    const outcome = await sendWireRequest(client, basic, { page: 'u:canary' }, { now: new Date() });
    expect(target.arrived[0]?.headers.authorization).toBe(`Basic ${Buffer.from('u:canary').toString('base64')}`);
    expect(JSON.stringify(outcome)).not.toContain('canary');
    await expect(sendWireRequest(client, basic, {}, { now: new Date() })).rejects.toThrow(/not in the bag/);
  });

  it('reports an endpoint that is not there, and an address that is refused', async () => {
    const gone = request();
    await target.close();
    const dead = await sendWireRequest(client, gone, {}, { now: new Date() });
    expect(dead).toMatchObject({
      status: null,
      refused: false,
      error: expect.stringMatching(/^connect: /),
      responseExcerpt: '',
    });
    const refused = await sendWireRequest(new GuardedHttpClient(), gone, {}, { now: new Date() });
    expect(refused).toMatchObject({ status: null, refused: true, error: expect.stringMatching(/^refused: /) });
  });
});

describe('standardWebhookHeaders', () => {
  it('gives the signature of the published test vector', () => {
    const webhook = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
    expect(standardWebhookHeaders(webhook, new Date(1_614_265_330_000), '{"test": 2432232314}')).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('leaves the signature out without a secret', () => {
    expect(standardWebhookHeaders({ id: 'a', secret: null }, new Date(5_000), null)).toEqual({
      'webhook-id': 'a',
      'webhook-timestamp': '5',
    });
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { outboundError } from './index.js';
import { LOCAL, answerOf, client, closeAll, failureOf, resolver, server, startTcp } from './testing/clients.js';
import { startServer } from './testing/loopback.js';

afterEach(closeAll);

describe('bounds', () => {
  it('gives up on an endpoint that takes a connection and says nothing', async () => {
    const target = await server(() => undefined);
    const failure = await failureOf(client({ ...LOCAL, limits: { totalMs: 150 } }), { method: 'GET', url: target.url });
    expect(failure).toEqual({ kind: 'timeout', message: 'There was no complete answer within 150 ms' });
    expect(outboundError(failure)).toMatchObject({ code: 'outbound.failed', retry: true });
    expect(
      (await failureOf(client({ ...LOCAL, limits: { answerMs: 100 } }), { method: 'GET', url: target.url })).kind,
    ).toBe('timeout');
  });

  it('gives up on an answer that never ends, however slowly it drips', async () => {
    const target = await server((_request, response) => {
      const timer = setInterval(() => response.write('.'), 20);
      response.once('close', () => clearInterval(timer));
    });
    expect(
      (await failureOf(client({ ...LOCAL, limits: { totalMs: 200 } }), { method: 'GET', url: target.url })).kind,
    ).toBe('timeout');
  });

  it('cuts an answer that is larger than wanted, at a whole character, and stops reading', async () => {
    const target = await server((_request, response) => {
      const pump = (): void => {
        while (!response.destroyed && response.write('€'.repeat(10_000)));
        if (!response.destroyed) response.once('drain', pump);
      };
      pump();
    });
    const answer = await answerOf(client(), { method: 'GET', url: target.url, limits: { maxResponseBytes: 1000 } });
    expect([answer.truncated, answer.body]).toEqual([true, '€'.repeat(333)]);
  });

  it('does not call an answer of exactly the limit cut', async () => {
    const target = await server((_request, response) => response.end('a'.repeat(1000)));
    const answer = await answerOf(client(), { method: 'GET', url: target.url, limits: { maxResponseBytes: 1000 } });
    expect([answer.truncated, answer.body.length]).toEqual([false, 1000]);
  });

  it('tells a dead endpoint, an unknown name, a broken answer and a lost connection apart', async () => {
    const dead = await startServer(() => undefined);
    await dead.close();
    expect((await failureOf(client(), { method: 'GET', url: dead.url })).kind).toBe('connect');
    const { lookup } = resolver({});
    expect(
      (await failureOf(client({ ...LOCAL, lookup }), { method: 'GET', url: 'http://nowhere.example.net/' })).kind,
    ).toBe('dns');
    expect(
      (await failureOf(client(), { method: 'GET', url: await startTcp((socket) => socket.end('SMTP ready\r\n')) }))
        .kind,
    ).toBe('protocol');
    expect((await failureOf(client(), { method: 'GET', url: await startTcp((socket) => socket.destroy()) })).kind).toBe(
      'connect',
    );
    const plain = await server((_request, response) => response.end());
    expect((await failureOf(client(), { method: 'GET', url: plain.url.replace('http', 'https') })).kind).toBe('tls');
  });

  it('ends when its caller has lost interest, before and during', async () => {
    const target = await server(() => undefined);
    const before = AbortSignal.abort();
    expect((await failureOf(client(), { method: 'GET', url: target.url, signal: before })).kind).toBe('aborted');
    const during = new AbortController();
    const failure = failureOf(client(), { method: 'GET', url: target.url, signal: during.signal });
    setTimeout(() => during.abort(), 30);
    expect((await failure).kind).toBe('aborted');
  });

  it('lets one endpoint that hangs slow nobody else', async () => {
    const hanging = await server(() => undefined);
    const healthy = await server((_request, response) => response.end('ok'));
    const sender = client({ ...LOCAL, connectionsPerOrigin: 2 });
    const given = new AbortController();
    const stuck = Array.from({ length: 20 }, () =>
      sender.send({ method: 'GET', url: hanging.url, signal: given.signal }),
    );
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => answerOf(sender, { method: 'GET', url: healthy.url })),
    );
    expect(answers.map(({ body }) => body)).toEqual(Array(20).fill('ok'));
    expect(hanging.connections()).toBeLessThanOrEqual(2);
    given.abort();
    expect((await Promise.all(stuck)).map((result) => result.kind)).toEqual(Array(20).fill('failure'));
  });
});

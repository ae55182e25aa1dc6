import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { OutboundFailureError, outboundError } from './index.js';
import { answerOf, client, closeAll, failureOf, open, resolver, server } from './testing/clients.js';
import { listen } from './testing/loopback.js';

afterEach(closeAll);

describe('what is sent and what comes back', () => {
  it('sends method, path, query, headers and body as they are', async () => {
    const target = await server((_request, response) =>
      response.writeHead(201, { 'X-Answer': 'yes', 'Set-Cookie': ['a=1', 'b=2'] }).end('thanks'),
    );
    const url = `${target.url}/a%20b/?q=%C3%BC&empty=&x=1+2`;
    const answer = await answerOf(client(), {
      method: 'POST',
      url,
      headers: { 'Content-Type': 'text/plain', 'X-Vendor': 'v' },
      body: 'grüße',
    });
    expect(answer).toMatchObject({
      status: 201,
      body: 'thanks',
      truncated: false,
      url,
      headers: { 'x-answer': 'yes', 'set-cookie': 'a=1, b=2' },
    });
    expect(answer.durationMs).toBeGreaterThanOrEqual(0);
    expect(target.arrived).toMatchObject([
      {
        method: 'POST',
        url: '/a%20b/?q=%C3%BC&empty=&x=1+2',
        body: 'grüße',
        headers: { 'content-type': 'text/plain', 'x-vendor': 'v', 'user-agent': 'recgate', 'content-length': '7' },
      },
    ]);
  });

  it('turns credentials of the URL into Basic authorization and keeps them out of the answer', async () => {
    const target = await server((_request, response) => response.end());
    const url = target.url.replace('//', '//b%40b:p%3Ass@');
    const answer = await answerOf(client(), { method: 'GET', url });
    expect(target.arrived[0]?.headers.authorization).toBe(`Basic ${Buffer.from('b@b:p:ss').toString('base64')}`);
    expect(JSON.stringify(answer)).not.toContain('p%3Ass');
    await answerOf(client(), { method: 'GET', url: target.url, userinfo: 'ann:pw' });
    await answerOf(client(), { method: 'GET', url, headers: { Authorization: 'Bearer t' } });
    expect(target.arrived.slice(1).map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from('ann:pw').toString('base64')}`,
      'Bearer t',
    ]);
  });

  it('streams a body with its length, or in chunks without', async () => {
    const target = await server((_request, response) => response.end());
    const blocks = Array.from({ length: 40 }, (_each, index) => Buffer.alloc(10_000, index));
    for (const length of [{ contentLength: 400_000 }, {}])
      await answerOf(client(), { method: 'PUT', url: target.url, body: () => Readable.from(blocks), ...length });
    expect(target.arrived.map(({ headers }) => [headers['content-length'], headers['transfer-encoding']])).toEqual([
      ['400000', undefined],
      [undefined, 'chunked'],
    ]);
    expect(target.arrived.map(({ body }) => body.length)).toEqual([
      target.arrived[1]?.body.length,
      target.arrived[0]?.body.length,
    ]);
  });

  it('takes an answer that comes before the upload is over', async () => {
    const early = createServer((_request, response) => response.writeHead(413).end('too large'));
    const target = await listen(early);
    open.push(() => target.close());
    const endless = (): Readable =>
      Readable.from(
        (function* () {
          for (let index = 0; index < 400; index += 1) yield Buffer.alloc(65_536);
        })(),
      );
    const answer = await answerOf(client(), {
      method: 'PUT',
      url: target.url,
      body: endless,
      contentLength: 400 * 65_536,
    });
    expect(answer).toMatchObject({ status: 413, body: 'too large' });
  });

  it('blames a body that cannot be read on its source', async () => {
    const target = await server((_request, response) => response.end());
    const broken = (): Readable =>
      Readable.from(
        (async function* () {
          yield Buffer.from('a');
          throw Object.assign(new Error('disk'), { code: 'EIO' });
        })(),
      );
    expect((await failureOf(client(), { method: 'PUT', url: target.url, body: broken })).kind).toBe('source');
  });

  it('hands large answers over as a stream', async () => {
    const target = await server((_request, response) => response.end(Buffer.alloc(300_000, 1)));
    const stream = await client().open({ method: 'GET', url: target.url });
    let length = 0;
    for await (const chunk of stream.body as AsyncIterable<Buffer>) length += chunk.length;
    expect([stream.status, length]).toEqual([200, 300_000]);
    const refused = client({}).open({ method: 'GET', url: target.url });
    await expect(refused).rejects.toBeInstanceOf(OutboundFailureError);
  });
});

describe('where requests may go', () => {
  it('asks only https and public addresses unless it is told otherwise', async () => {
    const target = await server((_request, response) => response.end());
    expect(await failureOf(client({}), { method: 'GET', url: target.url })).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('only https'),
    });
    expect((await failureOf(client({ allowHttp: true }), { method: 'GET', url: target.url })).kind).toBe('refused');
    expect((await failureOf(client({ allowPrivateNetworks: true }), { method: 'GET', url: target.url })).kind).toBe(
      'refused',
    );
    expect(target.connections()).toBe(0);
  });

  it.each([
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '017700000001',
    '１２７.0.0.1',
    '127.1',
    '[::ffff:127.0.0.1]',
    '[::1]',
    '[::]',
    '0.0.0.0',
    'localhost',
    '169.254.169.254',
    '[::7f00:1]',
  ])('never reaches loopback under the name %s', async (host) => {
    const target = await server((_request, response) => response.end());
    expect(
      (await failureOf(client({ allowHttp: true }), { method: 'GET', url: `http://${host}:${target.port}/` })).kind,
    ).toBe('refused');
    expect(target.connections()).toBe(0);
  });

  it.each([
    '',
    'nonsense',
    '/relative',
    'ftp://example.net/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'gopher://example.net/',
    'http://',
    'unix:/run/x.sock',
  ])('refuses %p', async (url) => {
    expect((await failureOf(client(), { method: 'GET', url })).kind).toBe('refused');
  });

  it('refuses a name that resolves to an inner address, and tells nothing of the address', async () => {
    const target = await server((_request, response) => response.end());
    const { lookup } = resolver({ 'inner.example.net': ['127.0.0.1'] });
    const failure = await failureOf(client({ allowHttp: true, lookup }), {
      method: 'GET',
      url: `http://u:canary@inner.example.net:${target.port}/secret-path`,
    });
    expect(failure).toEqual({ kind: 'refused', message: 'inner.example.net has no address the gateway may talk to' });
    expect(outboundError(failure).code).toBe('outbound.refused');
    expect(target.connections()).toBe(0);
  });

  it('is not led inside by a name whose answer changes from one question to the next', async () => {
    const target = await server((_request, response) => response.end());
    const { lookup, asked } = resolver({ 'rebind.example.net': ['198.51.100.1', '127.0.0.1', '::1'] });
    const sender = client({
      allowHttp: true,
      allowPrivateNetworks: ['198.51.100.0/24'],
      lookup,
      lookupTtlMs: 0,
      limits: { connectMs: 200, totalMs: 400 },
    });
    for (let round = 0; round < 4; round += 1) {
      const failure = await failureOf(sender, { method: 'GET', url: `http://rebind.example.net:${target.port}/` });
      expect(['refused', 'connect', 'timeout']).toContain(failure.kind);
    }
    expect(asked()).toBeGreaterThanOrEqual(2);
    expect(target.connections()).toBe(0);
  });

  it('reaches a name that resolves to an opened network, and only that', async () => {
    const target = await server((_request, response) => response.end('in'));
    const { lookup } = resolver({ 'app.example.net': ['127.0.0.1'] });
    const url = `http://app.example.net:${target.port}/`;
    expect(
      (
        await answerOf(client({ allowHttp: true, allowPrivateNetworks: ['127.0.0.0/8'], lookup }), {
          method: 'GET',
          url,
        })
      ).body,
    ).toBe('in');
    expect(target.arrived[0]?.headers.host).toBe(`app.example.net:${target.port}`);
    expect(
      (
        await failureOf(client({ allowHttp: true, allowPrivateNetworks: ['10.0.0.0/8'], lookup }), {
          method: 'GET',
          url,
        })
      ).kind,
    ).toBe('refused');
  });

  it('does not let a header steer the connection', async () => {
    const target = await server((_request, response) => response.end());
    await answerOf(client(), {
      method: 'POST',
      url: target.url,
      headers: { Host: 'evil.example.net', 'Content-Length': '5', 'Transfer-Encoding': 'chunked' },
      body: 'ab',
    });
    expect(target.arrived).toMatchObject([
      { body: 'ab', headers: { host: `127.0.0.1:${target.port}`, 'content-length': '2' } },
    ]);
    expect(
      (await failureOf(client(), { method: 'GET', url: target.url, headers: { 'X-A': 'b\r\nX-C: d' } })).kind,
    ).toBe('protocol');
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { answerOf, client, closeAll, failureOf, resolver, server, startOn127002 } from './testing/clients.js';

afterEach(closeAll);

describe('redirects', () => {
  it('are answers unless they are asked for', async () => {
    const target = await server((_request, response) => response.writeHead(302, { Location: '/inside' }).end('moved'));
    expect(await answerOf(client(), { method: 'POST', url: target.url, body: 'x' })).toMatchObject({
      status: 302,
      body: 'moved',
    });
    expect(target.arrived).toHaveLength(1);
  });

  it('are followed up to the number allowed', async () => {
    const target = await server((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('arrived');
      else response.writeHead(307, { Location: `/${left - 1}` }).end();
    });
    const post = { method: 'POST', body: 'kept', redirects: 3 } as const;
    expect(await answerOf(client(), { ...post, url: `${target.url}/3` })).toMatchObject({
      body: 'arrived',
      url: `${target.url}/0`,
    });
    expect(target.arrived.map(({ method, body }) => `${method} ${body}`)).toEqual(Array(4).fill('POST kept'));
    expect((await failureOf(client(), { ...post, url: `${target.url}/4` })).kind).toBe('redirects');
  });

  it('are checked at every hop', async () => {
    const inner = await server((_request, response) => response.end('secret'));
    for (const location of [
      `http://127.0.0.1:${inner.port}/`,
      'file:///etc/passwd',
      `http://inner.example.net:${inner.port}/`,
      `http://0x7f.1:${inner.port}`,
    ]) {
      const outer = await server((_request, response) => response.writeHead(302, { Location: location }).end());
      const { lookup } = resolver({ 'outer.example.net': ['127.0.0.2'], 'inner.example.net': ['127.0.0.1'] });
      const relay = await startOn127002(outer.port);
      const sender = client({ allowHttp: true, allowPrivateNetworks: ['127.0.0.2/32'], lookup });
      const failure = await failureOf(sender, {
        method: 'GET',
        url: `http://outer.example.net:${relay}/`,
        redirects: 3,
      });
      expect(failure.kind).toBe('refused');
      expect(outer.arrived).toHaveLength(1);
    }
    expect(inner.connections()).toBe(0);
  });

  it('do not carry credentials to another origin, nor a body behind a 303', async () => {
    const second = await server((_request, response) => response.end('second'));
    const first = await server((_request, response) =>
      response.writeHead(303, { Location: `${second.url}/there` }).end(),
    );
    const headers = { 'X-Keep': 'k', Cookie: 'c=1', 'Content-Type': 'text/plain' };
    await answerOf(client(), { method: 'POST', url: first.url, body: 'x', headers, userinfo: 'u:p', redirects: 1 });
    expect(first.arrived[0]?.headers).toMatchObject({ cookie: 'c=1', authorization: expect.any(String) });
    expect(second.arrived).toMatchObject([{ method: 'GET', body: '', headers: { 'x-keep': 'k' } }]);
    for (const name of ['authorization', 'cookie', 'content-type'])
      expect(second.arrived[0]?.headers).not.toHaveProperty(name);
  });
});

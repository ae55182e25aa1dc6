import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOutbound, type Outbound } from './outbound.js';

let server: Server;
let url: string;
let outbound: Outbound;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url?.startsWith('/gone') === true) return void request.socket.destroy();
    response.statusCode = 500;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  outbound = createOutbound({ allowHttp: true, allowPrivateNetworks: true, timeoutMs: 5000, maxBodyBytes: 1000 });
});

afterAll(async () => {
  await outbound.close();
  await new Promise((resolve) => server.close(resolve));
});

describe('an application that does not answer', () => {
  const fetched = (path: string) =>
    outbound.flow.fetch({ method: 'GET', url: `${url}${path}?token=tok123`, headers: {}, body: null, userinfo: null }, {});

  it('is named without the query of its address, which holds tokens and numbers', async () => {
    await expect(fetched('/page')).rejects.toMatchObject({ code: 'outbound.failed', message: `${url}/page answered 500` });
    const gone: unknown = await fetched('/gone').catch((thrown: unknown) => thrown);
    expect(String(gone)).toContain(`${url}/gone: `);
    expect(String(gone)).not.toContain('tok123');
  });
});

import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AddressGuard } from './address-guard.js';
import { guardedConnector } from './guarded-connector.js';
import { GuardedHttpClient } from './index.js';
import { closeAll, open, resolver } from './testing/clients.js';
import { selfSigned } from './testing/self-signed.js';

afterEach(closeAll);

describe('guardedConnector', () => {
  it('checks the address that was really connected and sends it nothing', async () => {
    const received: string[] = [];
    const tcp = createTcpServer((socket) =>
      socket.on('error', () => undefined).on('data', (chunk) => received.push(String(chunk))),
    );
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const ended = new Promise<void>((resolve) =>
      tcp.once('connection', (socket: Socket) => socket.once('close', () => resolve())),
    );
    const { port } = tcp.address() as AddressInfo;
    let asked = 0;
    // Allows what the resolver says and refuses the same address once it is connected.
    const guard: AddressGuard = { allows: () => (asked += 1) === 1 };
    const { lookup } = resolver({ 'turns.example.net': ['127.0.0.1'] });
    const connect = guardedConnector(guard, { connectMs: 1000, lookup });
    const outcome = await new Promise((resolve) => {
      connect({ hostname: 'turns.example.net', protocol: 'http:', port: String(port) }, (error, socket) =>
        resolve(error ?? socket),
      );
    });
    expect(outcome).toMatchObject({ failure: { kind: 'refused' } });
    await ended;
    expect([asked, received]).toEqual([2, []]);
    await new Promise((resolve) => tcp.close(resolve));
  });
});

describe('https', () => {
  async function startTls(dnsName: string): Promise<{ port: number; cert: string }> {
    const { key, cert } = selfSigned(dnsName);
    const tls = createTlsServer({ key, cert }, (request, response) => response.end(`hello ${request.headers.host}`));
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    open.push(
      () =>
        new Promise((resolve) => {
          tls.close(() => resolve());
          tls.closeAllConnections();
        }),
    );
    return { port: (tls.address() as AddressInfo).port, cert };
  }

  function tlsClient(trustedCertificates?: string): GuardedHttpClient {
    const { lookup } = resolver({ 'app.example.net': ['127.0.0.1'], 'other.example.net': ['127.0.0.1', '127.0.0.1'] });
    const trust = trustedCertificates === undefined ? {} : { trustedCertificates };
    const made = new GuardedHttpClient({ allowPrivateNetworks: true, lookup, ...trust });
    open.push(() => made.close());
    return made;
  }

  it('is spoken with a server whose certificate is trusted', async () => {
    const { port, cert } = await startTls('app.example.net');
    const result = await tlsClient(cert).send({ method: 'GET', url: `https://app.example.net:${port}/` });
    expect(result).toMatchObject({ kind: 'answer', status: 200, body: `hello app.example.net:${port}` });
  });

  it('is refused when nobody vouches for the certificate, or when it is for another name', async () => {
    const { port, cert } = await startTls('app.example.net');
    const unknown = await tlsClient().send({ method: 'GET', url: `https://app.example.net:${port}/` });
    expect(unknown).toMatchObject({ kind: 'failure', failure: { kind: 'tls' } });
    const another = await tlsClient(cert).send({ method: 'GET', url: `https://other.example.net:${port}/` });
    expect(another).toMatchObject({ kind: 'failure', failure: { kind: 'tls' } });
  });
});

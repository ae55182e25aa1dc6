import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { readUpload } from './flexml-upload.js';

describe('an upload that breaks off before anybody reads it', () => {
  let server: Server;
  let outcome: Promise<unknown>;
  let isTaken: Promise<void>;

  beforeEach(async () => {
    const taken = Promise.withResolvers<void>();
    isTaken = taken.promise;
    const settled = Promise.withResolvers<unknown>();
    outcome = settled.promise;
    server = createServer((incoming) => {
      readUpload(incoming as Request, async (_fields, { bytes }) => {
        taken.resolve();
        await new Promise((resolve) => incoming.once('close', () => setImmediate(resolve)));
        for await (const chunk of bytes) void chunk;
        return { finish: async () => 'whole', undo: async () => undefined };
      }).then(settled.resolve, settled.resolve);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    server.close();
    await once(server, 'close');
  });

  it.each([
    ['bytes alone', 'audio/x-wav', 'RIFF'],
    ['multipart', 'multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data; name="data"; filename="a.wav"\r\n\r\nRIFF'],
  ])('is told to the reader: %s', async (_what, contentType, start) => {
    const { port } = server.address() as AddressInfo;
    const upload = request({ port, method: 'POST', headers: { 'content-type': contentType, 'content-length': 1000 } });
    upload.on('error', () => undefined);
    upload.write(start);
    await isTaken;
    upload.destroy();
    expect(await outcome).toMatchObject({ code: 'request.invalid', message: 'The upload broke off' });
  });
});

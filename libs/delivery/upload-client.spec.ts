import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RecgateError } from '#libs/recording-model';
import type { Upload } from '#libs/recording-model';
import { GuardedHttpClient, createUploadClient } from './index.js';
import { client, closeAll, server } from './testing/clients.js';
import { startServer } from './testing/loopback.js';

afterEach(closeAll);

function upload(url: string, more: Partial<Upload> = {}): Upload {
  return {
    method: 'PUT',
    url,
    headers: { 'content-type': 'audio/mpeg' },
    contentLength: 6,
    open: () => Readable.from([Buffer.from('abc'), Buffer.from('def')]),
    userinfo: null,
    signal: new AbortController().signal,
    ...more,
  };
}

async function refusalOf(sending: Promise<unknown>): Promise<string> {
  return sending.then(
    () => 'sent',
    (thrown: unknown) => (thrown instanceof RecgateError ? thrown.code : String(thrown)),
  );
}

describe('createUploadClient', () => {
  it('sends the stream with its length and no header of its own', async () => {
    const target = await server((_request, response) => response.writeHead(302, { Location: '/else' }).end('moved'));
    const answer = await createUploadClient(client()).send(upload(`${target.url}/kzr/a.mp3?x=`));
    expect(answer).toMatchObject({ status: 302, body: 'moved', headers: { location: '/else' } });
    expect(target.arrived).toMatchObject([{ method: 'PUT', url: '/kzr/a.mp3?x=', body: 'abcdef' }]);
    const names = ['connection', 'content-length', 'content-type', 'host'];
    expect(Object.keys(target.arrived[0]?.headers ?? {}).sort()).toEqual(names);
  });

  it('sends an empty file with length 0, and credentials', async () => {
    const target = await server((_request, response) => response.end());
    const empty = upload(target.url, { contentLength: 0, open: () => Readable.from([]), userinfo: 'u:p' });
    await createUploadClient(client()).send(empty);
    expect(target.arrived[0]?.headers).toMatchObject({ 'content-length': '0', authorization: 'Basic dTpw' });
  });

  it('throws what kept it from an answer', async () => {
    const dead = await startServer(() => undefined);
    await dead.close();
    expect(await refusalOf(createUploadClient(client()).send(upload(dead.url)))).toBe('outbound.failed');
    const guarded = createUploadClient(new GuardedHttpClient());
    expect(await refusalOf(guarded.send(upload(dead.url)))).toBe('outbound.refused');
  });
});

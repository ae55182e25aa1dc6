import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RecgateError, type HttpUploadDestination, type ObjectTarget, type StorageReceipt } from '#libs/recording-model';
import { describeObjectStoreContract, renditionContent, seededBytes } from '#libs/testing';
import { encodeKey } from '../shared/object-key.js';
import { deadUrl } from '../testing/http-server.js';
import { startUploadServer, type UploadServer } from '../testing/upload-server.js';
import { HttpUploadStore } from './http-upload.store.js';

const targetOf = (url: string, change: Partial<HttpUploadDestination> = {}): ObjectTarget => ({
  destination: { kind: 'http-upload', url, method: 'PUT', userinfo: null, ...change },
  name: url,
  contentType: 'audio/x-wav',
});

describeObjectStoreContract(
  'HTTP upload at a plain server',
  async () => {
    const server = await startUploadServer({ userinfo: 'recorder:s3cret-pass' });
    const dead = await deadUrl();
    const to = (base: string, name: string): ObjectTarget =>
      targetOf(name === '' ? '' : `${base}/${encodeKey(name)}`, { userinfo: { secret: 'userinfo' } });
    return {
      store: new HttpUploadStore(),
      secrets: { userinfo: 'recorder:s3cret-pass' },
      wrongSecrets: { userinfo: 'recorder:not-the-pass' },
      target: (name) => to(server.url, name),
      deadTarget: (name) => to(dead, name),
      stored: async (name) => {
        const upload = server.object(`/${encodeKey(name)}`);
        return upload ? { body: upload.body, contentType: upload.headers['content-type'] ?? null } : null;
      },
      leftovers: async () => 0,
      close: server.close,
    };
  },
  { credentials: true, containers: false, network: true, checksums: false, leftovers: false, removes: false },
);

describe('HTTP upload as Kazoo does it (contract §2.2)', () => {
  const bytes = seededBytes(100_000);
  let server: UploadServer;
  beforeEach(async () => {
    server = await startUploadServer();
  });
  afterEach(() => server.close());

  const put = (target: ObjectTarget): Promise<StorageReceipt> =>
    new HttpUploadStore().put({
      target,
      secrets: {},
      content: renditionContent(bytes),
      metadata: { recording: 'rec-1' },
      signal: new AbortController().signal,
      onUploadStarted: async () => undefined,
    });

  it('sends the bytes raw with content-type, content-length and nothing else of its own', async () => {
    const receipt = await put(
      targetOf(`${server.url}/kzr/call_recording_1%402.mp3?from=1001%40acme&owner_id=`, { method: 'POST' }),
    );
    const [upload] = server.received;
    expect(upload).toMatchObject({ method: 'POST', url: '/kzr/call_recording_1%402.mp3?from=1001%40acme&owner_id=' });
    expect(upload?.body.equals(bytes)).toBe(true);
    const names = upload?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(names?.sort()).toEqual(['connection', 'content-length', 'content-type', 'host']);
    expect(upload?.headers).toMatchObject({ 'content-type': 'audio/x-wav', 'content-length': '100000' });
    expect(receipt).toMatchObject({ verifiedBy: 'status', sizeBytes: 100_000 });
  });

  it.each([200, 201, 202, 204])('takes %i for a success', async (status) => {
    server.answers.set('/a.wav', [{ status }]);
    await expect(put(targetOf(`${server.url}/a.wav`))).resolves.toMatchObject({ verifiedBy: 'status' });
  });

  it.each([301, 302])('sends verb and body again where %i points', async (status) => {
    server.answers.set('/a.wav', [{ status, headers: { location: '/b.wav?x=1' } }]);
    await put(targetOf(`${server.url}/a.wav`));
    expect(server.received.map(({ method, url, body }) => [method, url, body.length])).toEqual([
      ['PUT', '/a.wav', 100_000],
      ['PUT', '/b.wav?x=1', 100_000],
    ]);
  });

  it('names the upload when a guarded connection breaks off', async () => {
    const client = { send: () => Promise.reject(new RecgateError('outbound.failed', 'UND_ERR_SOCKET: other side closed')) };
    const target = targetOf('http://recorder:pass@192.0.2.1/kzr/file.mp3?token=t');
    const request = { target, secrets: {}, content: renditionContent(bytes), metadata: {} };
    const uploaded = new HttpUploadStore({ client }).put({
      ...request,
      signal: new AbortController().signal,
      onUploadStarted: async () => undefined,
    });
    await expect(uploaded).rejects.toMatchObject({
      code: 'destination.unreachable',
      message: 'Upload to http://192.0.2.1/kzr/file.mp3: UND_ERR_SOCKET: other side closed',
    });
  });

  it('follows ten redirects and not eleven', async () => {
    for (let hop = 0; hop < 11; hop += 1) {
      server.answers.set(`/${hop}`, [{ status: 302, headers: { location: `${server.url}/${hop + 1}` } }]);
    }
    await expect(put(targetOf(`${server.url}/1`))).resolves.toMatchObject({ verifiedBy: 'status' });
    await expect(put(targetOf(`${server.url}/0`))).rejects.toMatchObject({ code: 'destination.rejected' });
  });

  it('notices a loop', async () => {
    server.answers.set('/a', [{ status: 302, headers: { location: '/b' } }]);
    server.answers.set('/b', [{ status: 302, headers: { location: '/a' } }]);
    await expect(put(targetOf(`${server.url}/a`))).rejects.toMatchObject({
      code: 'destination.rejected',
      message: expect.stringContaining('loop'),
    });
  });

  it.each([
    [303, 'destination.rejected'],
    [307, 'destination.rejected'],
    [308, 'destination.rejected'],
    [400, 'destination.rejected'],
    [401, 'destination.denied'],
    [403, 'destination.denied'],
    [404, 'destination.missing'],
    [413, 'destination.rejected'],
    [429, 'destination.unreachable'],
    [500, 'destination.unreachable'],
    [503, 'destination.unreachable'],
    [507, 'destination.full'],
  ])('reports %i as %s with the words of the server', async (status, code) => {
    server.answers.set('/a', [{ status, body: 'because I say so', headers: { location: '/b' } }]);
    await expect(put(targetOf(`${server.url}/a`))).rejects.toMatchObject({
      code,
      message: expect.stringContaining('because I say so'),
    });
    expect(server.received).toHaveLength(1);
  });

  it('gives the credentials of the URL to its own origin only', async () => {
    const other = await startUploadServer();
    const at = server.url.replace('http://', 'http://user:p%40ss@');
    server.answers.set('/a', [{ status: 301, headers: { location: '/b' } }]);
    server.answers.set('/b', [{ status: 301, headers: { location: `${other.url}/c` } }]);
    const receipt = await put(targetOf(`${at}/a`));
    const basic = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([basic, basic]);
    expect(other.received.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(receipt.location).toBe(`${server.url}/a`);
    await other.close();
  });

  it.each([
    'ftp://host/a',
    'file:///etc/passwd',
    '//host/a',
    'http://',
    'not a url',
    'http://host/%2e%2e/a',
    'http://host/a%00',
    'http://h/%',
  ])('refuses %s', async (url) => {
    await expect(put(targetOf(url))).rejects.toMatchObject({ code: 'destination.rejected' });
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dirname } from 'node:path';
import type { LookupFunction } from 'node:net';
import type { FtpUploadDestination, ObjectTarget, PutRequest, StorageReceipt } from '#libs/recording-model';
import { describeObjectStoreContract, renditionContent, seededBytes } from '#libs/testing';
import { encodeKey } from '../shared/object-key.js';
import { isPart, startFtpServer, type FtpServer } from '../testing/ftp-server.js';
import { startFtpsFake, type FtpsFake } from '../testing/ftps-fake.js';
import { deadUrl } from '../testing/http-server.js';
import { FtpUploadStore } from './ftp-upload.store.js';

const LOGIN = { user: 'recorder', password: 's3cret-pass' };
const SECRETS = { userinfo: 'recorder:s3cret-pass' };

const targetOf = (name: string, change: Partial<FtpUploadDestination> = {}): ObjectTarget => ({
  destination: { kind: 'ftp-upload', url: dirname(name), userinfo: { secret: 'userinfo' }, ...change },
  name,
  contentType: 'audio/mpeg',
});

describeObjectStoreContract(
  'FTP upload at pyftpdlib',
  async () => {
    const server = await startFtpServer(LOGIN);
    for (const path of ['calls/2026/11', 'Gespräch mit Zoë']) server.makeDirectory(path);
    const dead = (await deadUrl()).replace('http:', 'ftp:');
    const base = `ftp://127.0.0.1:${server.port}`;
    const leftovers = (): number => server.files().filter(isPart).length;
    return {
      store: new FtpUploadStore(),
      secrets: SECRETS,
      wrongSecrets: { userinfo: 'recorder:not-the-pass' },
      target: (name) => targetOf(`${base}/${encodeKey(name)}`),
      missingTarget: (name) => targetOf(`${base}/nowhere/${name}`),
      deadTarget: (name) => targetOf(`${dead}/${name}`),
      stored: async (name) => {
        const body = server.read(name);
        return body === null ? null : { body, contentType: null };
      },
      leftovers: async () => leftovers(),
      refuseReads: (on) => {
        server.onlyWrites(on);
        // Whoever may only write may not tidy up either.
        if (!on) for (const path of server.files().filter(isPart)) server.discard(path);
      },
      beginUpload: async (name) => {
        server.write('.0123456789abcdef.part', seededBytes(100));
        return { target: targetOf(`${base}/${name}`), uploadId: '.0123456789abcdef.part' };
      },
      close: server.close,
    };
  },
  { credentials: true, containers: true, network: true, checksums: false, leftovers: true, removes: true },
);

function requestOf(target: ObjectTarget, bytes: Buffer): PutRequest {
  return {
    target,
    secrets: SECRETS,
    content: renditionContent(bytes),
    metadata: {},
    signal: new AbortController().signal,
    onUploadStarted: async () => undefined,
  };
}

describe('FTP upload as Kazoo does it (contract §2.2)', () => {
  const bytes = seededBytes(100_000);
  let server: FtpServer;
  beforeAll(async () => {
    server = await startFtpServer({ ...LOGIN, anonymous: true });
    server.makeDirectory('in');
  });
  afterAll(() => server.close());

  const put = (path: string, change: Partial<FtpUploadDestination> = {}, store = new FtpUploadStore()): Promise<StorageReceipt> =>
    store.put(requestOf(targetOf(`ftp://localhost:${server.port}${path}`, change), bytes));

  it('enters the directory, sends the bytes binary and renames the file when it is whole', async () => {
    const receipt = await put('/in/call_recording_1%402.mp3');
    expect(receipt.location).toBe(`ftp://localhost:${server.port}/in/call_recording_1%402.mp3`);
    expect(server.read('in/call_recording_1@2.mp3')?.equals(bytes)).toBe(true);
    const commands = server.commands();
    expect(commands).toEqual(expect.arrayContaining(['TYPE I', 'CWD /in', 'RNTO call_recording_1@2.mp3']));
    expect(commands.findIndex((line) => line.startsWith('STOR '))).toBeLessThan(commands.indexOf('RNTO call_recording_1@2.mp3'));
    expect(server.files().filter(isPart)).toEqual([]);
  });

  it('logs in as anonymous without credentials, and writes to the name where renaming is not permitted', async () => {
    await put('/in/open.mp3', { userinfo: null });
    expect(server.commands()).toContain('USER anonymous');
    expect(server.read('in/open.mp3')?.equals(bytes)).toBe(true);
  });

  it('sends no password in the clear where plain ftp is not allowed', async () => {
    const before = server.commands().length;
    await expect(put('/in/x.mp3', {}, new FtpUploadStore({ allowPlain: false }))).rejects.toMatchObject({ code: 'outbound.refused' });
    expect(server.commands()).toHaveLength(before);
  });

  it('asks the given resolver, for literal addresses too, and connects nowhere else', async () => {
    const asked: string[] = [];
    const lookup: LookupFunction = (hostname, _options, callback) => {
      asked.push(hostname);
      callback(Object.assign(new Error(`${hostname} is not one to talk to`), { code: 'EREFUSED' }), []);
    };
    const store = new FtpUploadStore({ lookup });
    const target = targetOf(`ftp://127.0.0.1:${server.port}/in/x.mp3`);
    await expect(put('/in/x.mp3', {}, store)).rejects.toMatchObject({ code: 'destination.unreachable' });
    await expect(store.put(requestOf(target, bytes))).rejects.toMatchObject({ code: 'destination.unreachable' });
    expect(asked).toEqual(expect.arrayContaining(['localhost', '127.0.0.1']));
  });

  it.each(['x.mp3', 'http://localhost/x.mp3', 'ftp://localhost/', 'ftp://localhost/a.mp3?x=1', 'ftp://localhost/%zz'])(
    'refuses the address %s',
    async (name) => {
      await expect(new FtpUploadStore().put(requestOf(targetOf(name), bytes))).rejects.toMatchObject({ code: 'destination.rejected' });
    },
  );

  it('refuses credentials that hold a command of their own', async () => {
    const request = { ...requestOf(targetOf(`ftp://localhost:${server.port}/in/x.mp3`), bytes), secrets: { userinfo: 'a\r\nDELE x:b' } };
    await expect(new FtpUploadStore().put(request)).rejects.toMatchObject({ code: 'destination.rejected' });
  });
});

describe('FTP upload over TLS', () => {
  const bytes = seededBytes(300_000);
  let server: FtpsFake;
  beforeAll(async () => {
    server = await startFtpsFake(LOGIN);
  });
  afterAll(() => server.close());

  const put = (host: string, trustedCertificates?: string): Promise<StorageReceipt> =>
    new FtpUploadStore({ allowPlain: false, ...(trustedCertificates !== undefined && { trustedCertificates }) }).put(
      requestOf(targetOf(`ftps://${host}:${server.port}/in/safe.mp3`), bytes),
    );

  it('asks for TLS before it logs in, on both connections', async () => {
    await put('localhost', server.certificate);
    expect(server.files.get('/in/safe.mp3')?.equals(bytes)).toBe(true);
    expect([...server.files.keys()]).toEqual(['/in/safe.mp3']);
    const { commands } = server;
    expect(commands.indexOf('AUTH TLS')).toBeLessThan(commands.indexOf('USER recorder'));
    expect(commands).toContain('PROT P');
  });

  it('notices that the server holds fewer bytes than were sent', async () => {
    server.losesBytes = true;
    await expect(put('localhost', server.certificate)).rejects.toMatchObject({ code: 'destination.checksum', retry: true });
    server.losesBytes = false;
    expect([...server.files.keys()].filter(isPart)).toEqual([]);
  });

  it.each([
    ['a certificate nobody vouches for', 'localhost', false],
    ['a certificate of another host', '127.0.0.1', true],
  ])('does not log in at a server with %s', async (_what, host, isTrusted) => {
    const before = server.commands.length;
    const failure = put(host, isTrusted ? server.certificate : undefined);
    await expect(failure).rejects.toMatchObject({ code: 'destination.unreachable' });
    expect(server.commands.slice(before).filter((line) => line.startsWith('USER'))).toEqual([]);
  });
});

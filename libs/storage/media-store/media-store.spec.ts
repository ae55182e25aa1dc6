import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import type { ObjectTarget, StorageReceipt } from '#libs/recording-model';
import { describeObjectStoreContract, renditionContent, seededBytes } from '#libs/testing';
import { mediaLocation, mediaNamespace, mediaPaths, parseMediaLocation } from './media-file.js';
import { MediaStore } from './media-store.js';

const targetOf = (name: string, container: string | null = null): ObjectTarget => ({
  destination: { kind: 'media-store', container, file: null },
  name,
  contentType: 'audio/wav',
});

const NAMESPACE = mediaNamespace('tenant-1', 'app-1');

describeObjectStoreContract(
  'Media store on disk',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'recgate-media-'));
    const store = new MediaStore({ root });
    return {
      store,
      secrets: {},
      target: (name) => targetOf(name),
      stored: async (name) => {
        if ((await store.stat({ namespace: NAMESPACE, name })) === null) return null;
        const { info, stream } = await store.openFile({ namespace: NAMESPACE, name });
        return { body: await buffer(stream), contentType: info.contentType };
      },
      leftovers: async () => (await readdir(join(root, '.tmp'))).length,
      close: () => rm(root, { recursive: true }),
    };
  },
  { credentials: false, containers: false, network: false, checksums: true, leftovers: false, removes: true },
);

describe('Media store', () => {
  let root: string;
  let store: MediaStore;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'recgate-media-'));
    store = new MediaStore({ root });
  });
  afterAll(() => rm(root, { recursive: true }));

  const put = (
    name: string,
    bytes: Buffer,
    application = 'app-1',
    container: string | null = null,
  ): Promise<StorageReceipt> =>
    store.put({
      target: targetOf(name, container),
      secrets: {},
      content: renditionContent(bytes),
      metadata: { tenant: 'tenant-1', application },
      signal: new AbortController().signal,
      onUploadStarted: async () => undefined,
    });
  const dataFiles = async (): Promise<string[]> =>
    (await readdir(root, { recursive: true })).filter((file) => /-[0-9a-f]{16}(\.\w+)?$/.test(file));

  it('serves whole files and ranges', async () => {
    const bytes = seededBytes(10_000);
    await put('f/8d53344a.wav', bytes, 'app-1', 'container-1');
    const address = { namespace: NAMESPACE, name: 'f/8d53344a.wav' };
    expect(await store.stat(address)).toMatchObject({
      sizeBytes: 10_000,
      contentType: 'audio/wav',
      container: 'container-1',
    });
    const ranges = [
      [{ start: 0, end: 0 }, bytes.subarray(0, 1)],
      [{ start: 100, end: 199 }, bytes.subarray(100, 200)],
      [{ start: 9_990, end: 99_999 }, bytes.subarray(9_990)],
      [{ start: 9_999 }, bytes.subarray(9_999)],
    ] as const;
    for (const [range, expected] of ranges) {
      const { stream } = await store.openFile(address, range);
      expect((await buffer(stream)).equals(expected)).toBe(true);
    }
    for (const range of [
      { start: 10_000 },
      { start: -1, end: 5 },
      { start: 5, end: 4 },
      { start: 0.5, end: 4 },
      { start: NaN },
    ]) {
      await expect(store.openFile(address, range)).rejects.toMatchObject({ code: 'range.not_satisfiable' });
    }
    await expect(store.openFile({ ...address, name: 'f/none' })).rejects.toMatchObject({ code: 'request.not_found' });
  });

  it('keeps applications apart', async () => {
    await put('f/shared.wav', Buffer.from('one'), 'app-1');
    await put('f/shared.wav', Buffer.from('two'), 'App/../2');
    const other = { namespace: mediaNamespace('tenant-1', 'App/../2'), name: 'f/shared.wav' };
    const { stream } = await store.openFile(other);
    expect((await buffer(stream)).toString()).toBe('two');
  });

  it('lists by prefix and deletes', async () => {
    const day = '/rest_api/recordings/2026/11/21/';
    await put(`${day}b.wav`, Buffer.from('b'), 'aculab');
    await put(`${day}a.wav`, Buffer.from('a'), 'aculab');
    await put('/rest_api/recordings/2026/11/22/c.wav', Buffer.from('c'), 'aculab');
    const namespace = mediaNamespace('tenant-1', 'aculab');
    expect((await store.list(namespace, day)).map(({ name }) => name)).toEqual([`${day}a.wav`, `${day}b.wav`]);
    expect(await store.list(namespace)).toHaveLength(3);
    expect(await store.list(mediaNamespace('nobody', 'nothing'))).toEqual([]);
    expect(await store.delete({ namespace, name: `${day}a.wav` })).toBe(true);
    expect(await store.delete({ namespace, name: `${day}a.wav` })).toBe(false);
    expect(await store.list(namespace, day)).toHaveLength(1);
  });

  it('lets a reader finish while the file is overwritten, and keeps one data file', async () => {
    const first = seededBytes(400_000, 1);
    const before = (await dataFiles()).length;
    await put('f/read.wav', first);
    const { stream } = await store.openFile({ namespace: NAMESPACE, name: 'f/read.wav' });
    await put('f/read.wav', seededBytes(400_000, 2));
    expect((await buffer(stream)).equals(first)).toBe(true);
    expect((await dataFiles()).length).toBe(before + 1);
  });

  it('does not take names that differ in case for one', async () => {
    await put('f/Case.wav', Buffer.from('upper'));
    await put('f/case.wav', Buffer.from('lower'));
    const { stream } = await store.openFile({ namespace: NAMESPACE, name: 'f/Case.wav' });
    expect((await buffer(stream)).toString()).toBe('upper');
  });

  it('sweeps what a dead process left', async () => {
    await writeFile(join(root, '.tmp', 'left.tmp'), 'half');
    expect(await store.sweep()).toBe(0);
    expect(await store.sweep(0)).toBe(1);
  });

  it('wants to know whose file it is', async () => {
    const anonymous = store.put({
      target: targetOf('f/x.wav'),
      secrets: {},
      content: renditionContent(Buffer.from('x')),
      metadata: {},
      signal: new AbortController().signal,
      onUploadStarted: async () => undefined,
    });
    await expect(anonymous).rejects.toMatchObject({ code: 'gateway.internal' });
  });

  it('reports a root that is no directory', async () => {
    const file = join(root, 'plain-file');
    await writeFile(file, '');
    const broken = new MediaStore({ root: join(file, 'below') });
    const attempt = broken.put({
      target: targetOf('f/x.wav'),
      secrets: {},
      content: renditionContent(Buffer.from('x')),
      metadata: { tenant: 't', application: 'a' },
      signal: new AbortController().signal,
      onUploadStarted: async () => undefined,
    });
    await expect(attempt).rejects.toMatchObject({ code: 'destination.rejected' });
    expect((await readFile(file)).length).toBe(0);
  });

  it('never leaves its root and gives the location back, for any name', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('..', '../..', '/', '\u0000', 'h-x', 'A', 'a'.repeat(5000)),
    );
    fc.assert(
      fc.property(text, text, text, (tenant, application, name) => {
        fc.pre([tenant, application, name].every((part) => part !== '' && part.isWellFormed()));
        const address = { namespace: mediaNamespace(tenant, application), name };
        const { sidecar } = mediaPaths(address);
        expect(resolve('/root', sidecar)).toBe(`/root/${sidecar}`);
        expect(sidecar).toMatch(
          /^[a-z0-9][a-z0-9_-]{0,62}\/[a-z0-9][a-z0-9_-]{0,62}\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{64}\.meta\.json$/,
        );
        expect(parseMediaLocation(mediaLocation(address))).toEqual(address);
      }),
    );
  });
});

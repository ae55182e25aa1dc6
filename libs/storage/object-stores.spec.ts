import { describe, expect, it } from '@jest/globals';
import type { Destination } from '#libs/recording-model';
import { renditionContent } from '#libs/testing';
import { createObjectStores, MediaStore } from './index.js';

const stores = createObjectStores({ mediaStore: new MediaStore({ root: '/nonexistent' }) });

const put = (kind: Destination['kind'], destination: Destination): Promise<unknown> =>
  stores[kind].put({
    target: { destination, name: 'x.wav', contentType: 'audio/wav' },
    secrets: {},
    content: renditionContent(Buffer.from('x')),
    metadata: {},
    signal: new AbortController().signal,
    onUploadStarted: async () => undefined,
  });

describe('createObjectStores', () => {
  it('has a driver of the right kind for each destination', () => {
    for (const [kind, store] of Object.entries(stores)) expect(store.kind).toBe(kind);
  });

  it('refuses what has no destination, with the reason', async () => {
    await expect(put('none', { kind: 'none', reason: 'store_recordings is off' })).rejects.toMatchObject({
      code: 'destination.incomplete',
      blame: 'request',
      message: expect.stringContaining('store_recordings is off'),
    });
  });

  it.each(['s3', 'gcs', 'azure-blob', 'http-upload', 'media-store'] as const)(
    '%s refuses a target of another kind',
    async (kind) => {
      await expect(put(kind, { kind: 'none', reason: '' })).rejects.toMatchObject({ code: 'gateway.internal' });
    },
  );
});

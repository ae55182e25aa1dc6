import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { StorageReceipt } from '#libs/recording-model';
import { renditionContent, seededBytes } from '#libs/testing';
import { S3Store } from './s3.store.js';

/** A peer that is not ours. It checks neither secret nor checksum and cannot abort, so the contract runs elsewhere. */
describe('S3 at s3rver', () => {
  const SECRETS = { key: 'S3RVER', secret: 'S3RVER' };
  let directory: string;
  let server: S3rver;
  let endpoint: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'recgate-s3rver-'));
    server = new S3rver({
      address: '127.0.0.1',
      port: 0,
      silent: true,
      directory,
      configureBuckets: [{ name: 'calls' }],
    });
    const { port } = await server.run();
    endpoint = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });

  const put = (name: string, bytes: Buffer, bucket = 'calls'): Promise<StorageReceipt> =>
    new S3Store().put({
      target: {
        destination: {
          kind: 's3',
          bucket,
          key: null,
          region: null,
          endpoint,
          addressing: null,
          accessKeyId: { secret: 'key' },
          secretAccessKey: { secret: 'secret' },
        },
        name,
        contentType: 'audio/mpeg',
      },
      secrets: SECRETS,
      content: renditionContent(bytes),
      metadata: { recording: 'rec-1' },
      signal: new AbortController().signal,
      onUploadStarted: async () => undefined,
    });

  const read = async (
    name: string,
  ): Promise<{ body: Buffer; type: string | undefined; metadata: Record<string, string> }> => {
    const credentials = { accessKeyId: SECRETS.key, secretAccessKey: SECRETS.secret };
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    const answer = await client.send(new GetObjectCommand({ Bucket: 'calls', Key: name }));
    const body = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    client.destroy();
    return { body, type: answer.ContentType, metadata: answer.Metadata ?? {} };
  };

  it.each([
    ['empty.mp3', 0],
    ['a folder/small ü.mp3', 1000],
    ['large.mp3', 12 * 1024 * 1024],
  ])('stores %s byte for byte, with type and metadata', async (name, size) => {
    const bytes = seededBytes(size);
    const receipt = await put(name, bytes);
    expect(receipt).toMatchObject({ verifiedBy: 'etag-md5', location: `s3://calls/${name}`, sizeBytes: size });
    const held = await read(name);
    expect(held.body.equals(bytes)).toBe(true);
    expect(held).toMatchObject({ type: 'audio/mpeg', metadata: { recording: 'rec-1' } });
  });

  it('reports a missing bucket', async () => {
    await expect(put('x.mp3', seededBytes(10), 'not-there')).rejects.toMatchObject({ code: 'destination.missing' });
  });
});

import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import type { PutRequest, S3Destination, StorageReceipt } from '#libs/recording-model';
import { renditionContent, seededBytes } from '#libs/testing';
import { DEFAULT_S3_TUNING, type S3Connection } from '../shared/s3-connection.js';
import { S3Writer, type S3WriteResult } from '../shared/s3-writer.js';
import { startStrictS3, type StrictS3 } from '../testing/strict-s3.js';
import { S3Store, type S3StoreOptions } from './s3.store.js';

const MIB = 1024 * 1024;
const KEYS = { accessKeyId: 'AKIDEXAMPLE0000000', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const small = seededBytes(1000);
const large = seededBytes(12 * MIB);

let server: StrictS3;
beforeEach(async () => {
  server = await startStrictS3({ ...KEYS, buckets: ['calls'], region: 'eu-central-1' });
});
afterEach(() => server.close());

const put = (
  bytes: Buffer,
  change: Partial<S3Destination> = {},
  options: S3StoreOptions = {},
  request: Partial<PutRequest> = {},
): Promise<StorageReceipt> =>
  new S3Store(options).put({
    target: {
      destination: {
        kind: 's3',
        bucket: 'calls',
        key: null,
        region: 'eu-central-1',
        endpoint: server.url,
        addressing: null,
        accessKeyId: { secret: 'key' },
        secretAccessKey: { secret: 'secret' },
        ...change,
      },
      name: 'folder/my call.wav',
      contentType: 'audio/wav',
    },
    secrets: { key: KEYS.accessKeyId, secret: KEYS.secretAccessKey },
    content: renditionContent(bytes),
    metadata: { recording: 'rec-1', note: 'naïve ✓' },
    signal: new AbortController().signal,
    onUploadStarted: async () => undefined,
    ...request,
  });

describe('S3 on the wire', () => {
  it('writes a small file with one PutObject and a large one in parts', async () => {
    await put(small);
    expect(server.requests).toEqual(['PUT /calls/folder/my%20call.wav?x-id=PutObject']);
    await put(large);
    const [begin, ...rest] = server.requests.slice(1);
    expect(begin).toMatch(/^POST .*\?uploads/);
    expect(rest.slice(0, 3).every((line) => /^PUT .*partNumber=[123]&/.test(line))).toBe(true);
    expect(rest[3]).toMatch(/^POST .*uploadId=/);
    expect(rest).toHaveLength(4);
  });

  it('keeps type and metadata beside the object, and tells where it lies', async () => {
    const receipt = await put(small);
    expect(receipt).toMatchObject({
      location: 's3://calls/folder/my call.wav',
      url: `${server.url}/calls/folder/my%20call.wav`,
    });
    expect(server.objects()[0]).toMatchObject({
      contentType: 'audio/wav',
      metadata: { recording: 'rec-1', note: 'na%C3%AFve %E2%9C%93' },
    });
  });

  it('has the upload noted before the first part, and gives it up when that fails', async () => {
    const before: number[] = [];
    await put(large, {}, {}, { onUploadStarted: async () => void before.push(server.requests.length) });
    expect(before).toEqual([1]);
    const failing = async (): Promise<void> => Promise.reject(new Error('ledger away'));
    await expect(put(large, {}, {}, { onUploadStarted: failing })).rejects.toMatchObject({ code: 'gateway.internal' });
    expect(server.openUploads()).toEqual([]);
  });

  it.each(['POST', 'PUT'])('leaves no upload when it is stopped while a %s is under way', async (method) => {
    const stop = new AbortController();
    server.onRequest = (line) => line.startsWith(method) && stop.abort();
    await expect(put(large, {}, {}, { signal: stop.signal })).rejects.toMatchObject({ code: 'gateway.unavailable' });
    expect(server.requests.at(-1)).toMatch(/^DELETE .*uploadId=/);
    expect(server.openUploads()).toEqual([]);
    expect(server.objects()).toEqual([]);
  });

  it('trusts a store whose keys make ETags opaque, as it took the MD5 it was sent', async () => {
    server.faults.opaqueEtags = true;
    for (const bytes of [small, large]) expect(await put(bytes)).toMatchObject({ verifiedBy: 'content-md5' });
  });

  it('asks for bucket.host when the addressing is virtual', async () => {
    const lookup: LookupFunction = (_host, options, callback) =>
      options.all === true ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);
    const endpoint = server.url.replace('127.0.0.1', 's3.example.test');
    const receipt = await put(small, { endpoint, addressing: 'virtual' }, { tuning: { lookup } });
    expect(server.requests).toEqual(['PUT /folder/my%20call.wav?x-id=PutObject']);
    expect(server.object('calls', 'folder/my call.wav')?.equals(small)).toBe(true);
    expect(receipt.url).toBe(`${endpoint.replace('s3.', 'calls.s3.')}/folder/my%20call.wav`);
  });

  it('goes to the region the store names when the document named none or a wrong one', async () => {
    for (const region of [null, 'us-west-2']) {
      await put(large, { region });
      expect(server.openUploads()).toEqual([]);
    }
    expect(server.object('calls', 'folder/my call.wav')?.equals(large)).toBe(true);
  });

  it('goes to the default endpoint when the document names none', async () => {
    await put(small, { endpoint: null }, { defaultEndpoint: server.url });
    expect(server.objects()).toHaveLength(1);
  });

  it('tries again what the store was too busy for', async () => {
    server.faults.failNext = 2;
    await put(large);
    expect(server.object('calls', 'folder/my call.wav')?.equals(large)).toBe(true);
    server.faults.failNext = 3;
    await expect(put(small)).rejects.toMatchObject({
      code: 'destination.unreachable',
      message: expect.stringContaining('SlowDown'),
    });
  });

  it('reports a connection that is cut as unreachable', async () => {
    server.faults.cutNext = 3;
    await expect(put(small)).rejects.toMatchObject({ code: 'destination.unreachable' });
  });

  it.each([
    [507, 'XMinioStorageFull', 'destination.full'],
    [403, 'QuotaExceeded', 'destination.full'],
    [400, 'InvalidRequest', 'destination.rejected'],
    [403, 'RequestTimeTooSkewed', 'destination.denied'],
  ])('reports %i %s as %s, without leaving an upload', async (status, code, expected) => {
    const echo = `no: ${KEYS.secretAccessKey} of ${KEYS.accessKeyId}`;
    server.faults.refuseWrites = { status, code, message: echo };
    for (const bytes of [small, large]) {
      await expect(put(bytes)).rejects.toMatchObject({
        code: expected,
        message: expect.stringMatching(new RegExp(`: no: \\*\\*\\* of \\*\\*\\* \\(${code}, ${status}\\)$`)),
      });
    }
    expect(server.openUploads()).toEqual([]);
  });
});

describe('S3 with the checksums of AWS', () => {
  const write = (bytes: Buffer, key: string): Promise<S3WriteResult> => {
    const connection: S3Connection = {
      ...KEYS,
      endpoint: server.url,
      region: 'eu-central-1',
      addressing: 'path',
      integrity: 'crc32c',
    };
    return new S3Writer('S3', connection, DEFAULT_S3_TUNING).put({
      bucket: 'calls',
      key,
      content: renditionContent(bytes),
      contentType: 'audio/wav',
      metadata: {},
      secrets: {},
      signal: new AbortController().signal,
      onUploadStarted: async () => undefined,
    });
  };

  it.each([
    ['small', small],
    ['large', large],
  ])('has the CRC-32C of the whole %s object confirmed', async (key, bytes) => {
    expect(await write(bytes, key)).toMatchObject({ verifiedBy: 'checksum-crc32c' });
    expect(server.object('calls', key)?.equals(bytes)).toBe(true);
    server.faults.wrongEtags = true;
    await expect(write(bytes, key)).rejects.toMatchObject({ code: 'destination.checksum' });
    expect(server.openUploads()).toEqual([]);
  });
});

describe('The strict S3 server', () => {
  const quiet = (): void => undefined;
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const client = (): S3Client =>
    new S3Client({
      endpoint: server.url,
      region: 'eu-central-1',
      forcePathStyle: true,
      credentials: KEYS,
      maxAttempts: 1,
      logger,
    });

  it('refuses the trailer that a streamed PutObject sends by default', async () => {
    const command = new PutObjectCommand({
      Bucket: 'calls',
      Key: 'x',
      Body: Readable.from([small]),
      ContentLength: small.length,
    });
    await expect(client().send(command)).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
    expect(server.objects()).toEqual([]);
  });

  it('refuses a wrong Content-MD5', async () => {
    const command = new PutObjectCommand({
      Bucket: 'calls',
      Key: 'x',
      Body: small,
      ContentMD5: Buffer.alloc(16).toString('base64'),
      ChecksumCRC32C: 'AAAAAA==',
    });
    await expect(client().send(command)).rejects.toMatchObject({ name: 'BadDigest' });
  });

  it('refuses a request without a signature', async () => {
    const answer = await fetch(`${server.url}/calls/x`, { method: 'PUT', body: 'x' });
    expect(answer.status).toBe(403);
  });
});

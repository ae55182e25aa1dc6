import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { deadUrl, startStrictS3, type StrictS3 } from '#libs/storage/testing';
import { startTestRedis, type TestRedis } from '#libs/testing';
import { Gateway, s3Destination, S3_KEYS, S3_SECRETS, toneWav, until, uploaded, type Json } from './support/index.js';

const WAV = toneWav(1);

describe('a store', () => {
  let redis: TestRedis;
  let gateway: Gateway;
  let s3: StrictS3;
  let app: string;

  beforeAll(async () => {
    redis = await startTestRedis();
    s3 = await startStrictS3({ ...S3_KEYS, buckets: ['calls'] });
    gateway = await Gateway.up({ redisUrl: redis.url });
    app = await gateway.application('sinch', { applicationKey: 'k' });
  });

  afterAll(async () => {
    await gateway.remove();
    await s3.close();
    await redis.stop();
  });

  const start = (url: string, secrets: object = S3_SECRETS) => uploaded(gateway, app, WAV, { destination: s3Destination(url) }, secrets);

  /** Never available without a receipt, at whatever moment somebody looks. */
  const end = async (id: string): Promise<Json> => {
    const shown = await gateway.untilState(id, 'available', 'failed');
    expect([String(shown['state']), shown['receipt'] === null]).toEqual([String(shown['state']), String(shown['state']) !== 'available']);
    return shown;
  };

  it('that cannot be reached is waited for', async () => {
    const url = await deadUrl();
    const id = await start(url);
    await gateway.untilState(id, 'storing');
    await delay(1500);
    expect(await gateway.get('GET', `/v1/recordings/${id}`)).toMatchObject({ state: 'storing', receipt: null });
    const late = await startStrictS3({ ...S3_KEYS, buckets: ['calls'], port: Number(new URL(url).port) });
    expect(await end(id)).toMatchObject({ state: 'available', receipt: { sizeBytes: WAV.length } });
    expect(late.objects()).toHaveLength(1);
    await late.close();
  }, 60_000);

  it('that answers 503 or cuts connections is tried again', async () => {
    s3.faults.failNext = 4;
    s3.faults.cutNext = 3;
    expect(await end(await start(s3.url))).toMatchObject({ state: 'available' });
  }, 60_000);

  const refusals: readonly [string, string, object, StrictS3['faults']['refuseWrites']][] = [
    ['that refuses the credentials', 'destination.denied', { ...S3_SECRETS, key: 'wrong-secret' }, null],
    ['that is full', 'destination.full', S3_SECRETS, { status: 507, code: 'InsufficientStorage', message: 'No room' }],
  ];

  it.each(refusals)('%s fails the recording, whose audio is kept', async (_name, code, secrets, refuseWrites) => {
    s3.faults.refuseWrites = refuseWrites;
    const id = await start(s3.url, secrets);
    const failed = await end(id);
    s3.faults.refuseWrites = null;
    expect(failed).toMatchObject({ state: 'failed', failure: { code, stage: 'store', blame: 'destination' }, receipt: null });
    await until('housekeeping has been', () => delay(2500).then(() => true));
    expect(existsSync(join(gateway.dataDirectory, 'spool', id))).toBe(true);
  }, 60_000);
});

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStrictS3, type StrictS3 } from '#libs/storage/testing';
import { BreakableRedis, deliveredAll, Gateway, NOTIFIED, s3Destination, S3_KEYS, S3_SECRETS, SINCH_SECRET, startReceiver, startWorkerProcess, toneWav, until, uploaded, type Receiver } from './support/index.js';

const RECORDINGS = 50;

describe('a worker that is killed while it encodes and stores', () => {
  let redis: BreakableRedis;
  let receiver: Receiver;
  let s3: StrictS3;
  let gateway: Gateway;

  beforeAll(async () => {
    redis = await BreakableRedis.start();
    receiver = await startReceiver();
    s3 = await startStrictS3({ ...S3_KEYS, buckets: ['calls'] });
    gateway = await Gateway.up({ redisUrl: redis.url, worker: { stages: ['housekeeping'] } });
  });

  afterAll(async () => {
    await gateway.remove();
    await s3.close();
    await receiver.close();
    await redis.remove();
  });

  const untilStored = (count: number) => until(`${count} files are stored`, () => Promise.resolve(s3.objects().length >= count ? true : null));

  it('loses no recording, stores each under one name with the same bytes, tells in order and leaves no file', async () => {
    const app = await gateway.application('sinch', { callbackUrl: receiver.url, applicationKey: 'k', applicationSecret: SINCH_SECRET });
    const spec = { ...NOTIFIED, format: { container: 'mp3' }, destination: s3Destination(s3.url) };
    const ids = await Promise.all(Array.from({ length: RECORDINGS }, (_, index) => uploaded(gateway, app, toneWav(15, 300 + 10 * index), spec, S3_SECRETS)));
    const worker = { stages: ['capture', 'encode', 'store', 'deliver'] };
    for (const stored of [3, 12]) {
      const doomed = startWorkerProcess(gateway, redis.url, worker);
      await untilStored(stored);
      await doomed.kill();
    }
    const last = startWorkerProcess(gateway, redis.url, worker);
    try {
      // On a busy machine all of them take longer than anybody waits for one.
      for (let stored = 20; stored <= RECORDINGS; stored += 10) await untilStored(stored);
      for (const id of ids) {
        const shown = await gateway.untilState(id, 'available', 'failed', 'absent');
        expect(shown).toMatchObject({ state: 'available', failure: null });
        await deliveredAll(gateway, id, 2);
        const order = new Map(receiver.callbacks.filter((each) => each.id.startsWith(`${id}.`)).map((each) => [each.id, /recording_\w+/.exec(each.body)?.[0]]));
        expect([...order.values()]).toEqual(['recording_finished', 'recording_available']);
      }
      const stored = new Set(s3.objects().map(({ body }) => createHash('sha256').update(body).digest('hex')));
      const promised = await Promise.all(ids.map(async (id) => String((await gateway.get('GET', `/v1/recordings/${id}`))['receipt']?.['sha256'])));
      expect(s3.objects()).toHaveLength(RECORDINGS);
      expect([...stored].sort()).toEqual([...promised].sort());
      expect(s3.openUploads()).toEqual([]);
      for (const directory of ['renditions', 'spool', 'uploads']) {
        await until(`${directory} is empty`, () => Promise.resolve(readdirSync(join(gateway.dataDirectory, directory)).length === 0 ? true : null));
      }
    } finally {
      await last.stop();
    }
  }, 240_000);
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startTestRedis, type TestRedis } from '#libs/testing';
import { createBullWorkQueue } from './bull-work-queue.js';
import { createRedisConnections, type RedisConnections } from './redis-connections.js';

/** Longer than a command of a producer waits for its answer. */
const FREEZE_MS = 1500;

let redis: TestRedis;
let connections: RedisConnections;

beforeAll(async () => {
  redis = await startTestRedis();
  connections = createRedisConnections(redis.url);
});

afterAll(async () => {
  process.kill(redis.pid, 'SIGCONT');
  await connections.close();
  await redis.stop();
});

it('takes jobs although Redis did not answer while the queues began', async () => {
  const connection = connections.open('commands');
  await connections.ready(5000);
  process.kill(redis.pid, 'SIGSTOP');
  const work = createBullWorkQueue(connection, 'test');
  const tooEarly = work.enqueueStage('encode', 'r1', 1).then(() => 'added', () => 'refused');
  await delay(FREEZE_MS);
  process.kill(redis.pid, 'SIGCONT');
  expect(await tooEarly).toBe('refused');

  await work.enqueueStage('encode', 'r2', 1);
  await work.enqueueDelivery('r2', 'app', '1-0', 0);
  const looking = new Redis(redis.url);
  expect(await looking.lrange('{test:queues}:encode:wait', 0, -1)).toContain('rec_r2-encode');
  expect(await looking.lrange('{test:queues}:deliver:wait', 0, -1)).toEqual(['dlv_r2-app-1-0']);
  await looking.quit();
  await work.close();
});

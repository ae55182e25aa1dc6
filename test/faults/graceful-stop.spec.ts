import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { BreakableRedis, Gateway, hear, recordedCall, type LiveCall } from './support/index.js';

/** More than `stopSeconds` of the configuration and the margins of all parts. */
const MOST_STOPPING_MS = 35_000;
const EDGE_FRAMES = 40;

describe('a gateway that is asked to stop', () => {
  let redis: BreakableRedis;
  let gateway: Gateway;

  beforeAll(async () => {
    redis = await BreakableRedis.start();
  });

  afterAll(async () => {
    await gateway.remove();
    await redis.remove();
  }, 60_000);

  const stop = async (): Promise<number | null> => {
    const late = delay(MOST_STOPPING_MS, 'late' as const, { ref: false });
    const code = await Promise.race([gateway.process.stop(), late]);
    if (code === 'late') throw new Error(`It does not stop: ${gateway.process.text}`);
    return code;
  };

  it.each([
    ['finishes and keeps what is being recorded', true],
    ['does so without a Redis, for the next start', false],
  ])('%s', async (_name, withRedis) => {
    gateway = await Gateway.up({ redisUrl: redis.url });
    const { dataDirectory } = gateway;
    const app = await gateway.application('flexml');
    const calls: LiveCall[] = [];
    for (let index = 0; index < 3; index += 1) calls.push(await recordedCall(gateway, app));
    const events = new AbortController();
    await fetch(`${gateway.url}/v1/events`, { headers: { authorization: 'Bearer faults-key-0123456789' }, signal: events.signal }).catch(() => null);
    await delay(2000);
    if (!withRedis) await redis.kill();
    const sent = calls.map(({ phone }) => phone.sent);
    expect(await stop()).toBe(0);
    events.abort();
    if (!withRedis) await redis.startAgain();
    gateway = await Gateway.up({ redisUrl: redis.url, dataDirectory });
    for (const [index, { recordingId, phone }] of calls.entries()) {
      expect(await gateway.untilState(recordingId, 'available', 'failed', 'absent')).toMatchObject({ state: 'available' });
      const heard = hear((await gateway.ask('GET', `/v1/recordings/${recordingId}/audio`)).bytes);
      expect((sent[index] ?? 0) - heard.last + heard.missing.length).toBeLessThan(EDGE_FRAMES + phone.sentLate);
    }
    for (const { phone } of calls) phone.close();
    await gateway.remove();
  }, 90_000);
});

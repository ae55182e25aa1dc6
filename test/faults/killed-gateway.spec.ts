import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '#libs/testing';
import { deliveredAll, Gateway, hear, NOTIFIED, recordedCall, SINCH_SECRET, startReceiver, until, type LiveCall, type Receiver } from './support/index.js';

/** One second and one segment of the spool, in frames of 20 ms. */
const MOST_LOST_FRAMES = (1000 + 500) / 20;
/** Reordering is repaired up to here; what is younger has not reached the recording yet. */
const PLAYOUT_FRAMES = 300 / 20;

describe('a gateway that is killed in the middle of live calls', () => {
  let redis: TestRedis;
  let receiver: Receiver;
  let gateway: Gateway;

  beforeAll(async () => {
    redis = await startTestRedis({ appendOnly: true });
    receiver = await startReceiver();
  });

  afterAll(async () => {
    await gateway.remove();
    await receiver.close();
    await redis.stop();
  });

  it('keeps every accepted recording, but for the last moment, and tells of each once and in order', async () => {
    gateway = await Gateway.up({ redisUrl: redis.url });
    const { dataDirectory } = gateway;
    const app = await gateway.application('sinch', { callbackUrl: receiver.url, applicationKey: 'k', applicationSecret: SINCH_SECRET });
    const calls: LiveCall[] = [];
    for (let index = 0; index < 6; index += 1) calls.push(await recordedCall(gateway, app, NOTIFIED));
    await delay(4000);
    const sent = calls.map(({ phone }) => phone.sent);
    await gateway.process.kill();
    for (const { phone } of calls) phone.close();

    gateway = await Gateway.up({ redisUrl: redis.url, dataDirectory });
    for (const [index, { recordingId, callRef }] of calls.entries()) {
      const shown = await gateway.untilState(recordingId, 'available', 'failed', 'absent');
      expect(shown).toMatchObject({ state: 'available', capture: { reason: 'interrupted' } });
      const heard = hear((await gateway.ask('GET', `/v1/recordings/${recordingId}/audio`)).bytes);
      const lost = (sent[index] ?? 0) - heard.last + heard.missing.length;
      expect(lost).toBeLessThanOrEqual(MOST_LOST_FRAMES + PLAYOUT_FRAMES);
      expect(await gateway.get('GET', `/v1/calls/${callRef}`)).toMatchObject({ state: 'ended' });
      await deliveredAll(gateway, recordingId, 2);
      const told = receiver.callbacks.filter(({ id }) => id.startsWith(`${recordingId}.`));
      expect(told.map(({ body }) => /recording_\w+/.exec(body)?.[0])).toEqual(['recording_finished', 'recording_available']);
      expect(new Set(told.map(({ id }) => id)).size).toBe(2);
    }
    await until('the spool is empty', () => Promise.resolve(readdirSync(join(dataDirectory, 'spool')).length === 0 ? true : null));
    await until('no rendition is left', () => Promise.resolve(readdirSync(join(dataDirectory, 'renditions')).length === 0 ? true : null));
  }, 90_000);
});

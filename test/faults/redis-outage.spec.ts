import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { BreakableRedis, deliveredAll, EXACT, Gateway, hear, NOTIFIED, recordedCall, SINCH_SECRET, startReceiver, until, type Json, type LiveCall, type Receiver } from './support/index.js';

const OUTAGE_MS = 5000;
/** What the first packets wait for and what the end cuts off, in frames of 20 ms. */
const EDGE_FRAMES = 40;

describe('Redis', () => {
  let redis: BreakableRedis;
  let receiver: Receiver;
  let gateway: Gateway;
  let app: string;

  beforeAll(async () => {
    redis = await BreakableRedis.start();
    receiver = await startReceiver();
    gateway = await Gateway.up({ redisUrl: redis.url, media: { timeoutSeconds: 2 } });
    app = await gateway.application('sinch', { callbackUrl: receiver.url, applicationKey: 'k', applicationSecret: SINCH_SECRET });
  });

  afterAll(async () => {
    redis.thaw();
    await gateway.remove();
    await receiver.close();
    await redis.remove();
  });

  const outages: readonly [string, () => void | Promise<void>, () => void | Promise<void>][] = [
    ['is frozen', () => redis.freeze(), () => redis.thaw()],
    ['is killed and comes back with its append-only file', () => redis.kill(), () => redis.startAgain()],
  ];

  it.each(outages)('%s: calls go on, starts are refused, and everything arrives afterwards', async (_name, begin, end) => {
    const going: LiveCall = await recordedCall(gateway, app, NOTIFIED);
    const ending: LiveCall = await recordedCall(gateway, app, NOTIFIED);
    await delay(1000);
    await begin();
    ending.phone.close(); // Its silence ends the call while nobody can be told.
    const refused = await gateway.ask('POST', '/v1/recordings', { callRef: going.callRef, spec: EXACT });
    expect([refused.status, refused.type]).toEqual([503, expect.stringContaining('application/problem+json')]);
    expect(refused.json()).toMatchObject({ code: 'gateway.unavailable', status: 503 });
    const ready = await gateway.ask('GET', '/ready');
    expect([ready.status, ready.json()['faults']]).toEqual([503, ['Redis does not answer']]);
    expect((await gateway.ask('GET', '/health')).status).toBe(200);
    await delay(OUTAGE_MS);
    await end();
    await until('the gateway is ready', async () => ((await gateway.ask('GET', '/ready')).status === 200 ? true : null));
    const during = going.phone.sent;
    await delay(500);
    await gateway.get('POST', `/v1/calls/${going.callRef}/events`, { type: 'hangup', party: 'caller' });
    going.phone.close();

    for (const { recordingId } of [going, ending]) {
      expect(await gateway.untilState(recordingId, 'available', 'failed', 'absent')).toMatchObject({ state: 'available' });
      await deliveredAll(gateway, recordingId, 2);
      const told = new Map(receiver.callbacks.filter(({ id }) => id.startsWith(`${recordingId}.`)).map(({ id, body }) => [id, /recording_\w+/.exec(body)?.[0]]));
      expect([...told.values()]).toEqual(['recording_finished', 'recording_available']);
    }
    const heard = hear((await gateway.ask('GET', `/v1/recordings/${going.recordingId}/audio`)).bytes);
    expect(heard.last).toBeGreaterThanOrEqual(during - 1);
    expect(heard.missing.length).toBeLessThan(EDGE_FRAMES + going.phone.sentLate);
    const recordings = (await gateway.get('GET', `/v1/recordings?callRef=${going.callRef}`))['items'] as unknown as Json[];
    expect(recordings.map(({ id }) => String(id))).toEqual([going.recordingId]);
    const events = (await gateway.get('GET', `/v1/recordings/${going.recordingId}/events`))['items'] as unknown as Json[];
    expect(events.map(({ name }) => String(name))).toEqual(['recording.started', 'recording.finished', 'recording.available']);
  }, 90_000);

  it('that may evict keys makes the gateway not ready, by name', async () => {
    const isReady = async () => ((await gateway.ask('GET', '/ready')).status === 200 ? true : null);
    await until('the gateway is ready', isReady);
    await redis.ask((client) => client.config('SET', 'maxmemory-policy', 'allkeys-lru'));
    const ready = await gateway.ask('GET', '/ready');
    await redis.ask((client) => client.config('SET', 'maxmemory-policy', 'noeviction'));
    expect([ready.status, ready.bytes.toString()]).toEqual([503, expect.stringContaining('allkeys-lru')]);
    await until('the gateway is ready again', isReady);
  });
});

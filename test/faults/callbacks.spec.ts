import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deadUrl } from '#libs/storage/testing';
import { startTestRedis, type TestRedis } from '#libs/testing';
import { deliveredAll, Gateway, NOTIFIED, SINCH_SECRET, startReceiver, toneWav, until, uploaded, type Json, type Receiver } from './support/index.js';

const WAV = toneWav(0.5);

describe('callbacks', () => {
  let redis: TestRedis;
  let gateway: Gateway;
  let healthy: Receiver;
  let slow: Receiver;

  beforeAll(async () => {
    redis = await startTestRedis();
    healthy = await startReceiver();
    slow = await startReceiver();
    gateway = await Gateway.up({ redisUrl: redis.url, worker: { deliverConcurrency: 8 } });
  });

  afterAll(async () => {
    await gateway.remove();
    await Promise.all([healthy.close(), slow.close()]);
    await redis.stop();
  });

  const told = (callbackUrl: string) => gateway.application('sinch', { callbackUrl, applicationKey: 'k', applicationSecret: SINCH_SECRET });
  const many = (app: string, count: number) => Promise.all(Array.from({ length: count }, () => uploaded(gateway, app, WAV, NOTIFIED)));
  const deliveries = async (id: string) => (await gateway.get('GET', `/v1/recordings/${id}/deliveries`))['items'] as unknown as Json[];

  it('to healthy endpoints go on while others are dead or never answer', async () => {
    slow.answer = () => null;
    const hanging = await many(await told(slow.url), 12);
    const dead = await many(await told(await deadUrl()), 12);
    await until('the slow endpoint is asked', () => Promise.resolve(slow.callbacks.length > 0 ? true : null));
    const fine = await many(await told(healthy.url), 12);
    for (const id of fine) await deliveredAll(gateway, id, 2);
    for (const id of [...hanging, ...dead]) {
      expect(await gateway.untilState(id, 'available')).toMatchObject({ state: 'available' });
      expect((await deliveries(id)).map(({ status }) => String(status))).not.toContain('delivered');
    }
    slow.answer = () => 200;
  }, 90_000);

  it('keep their order when the first of them fails, list every attempt, and can be sent again', async () => {
    let refusals = 1;
    healthy.answer = (_path, body) => (body.includes('recording_finished') && refusals-- > 0 ? 500 : 200);
    const id = await uploaded(gateway, await told(healthy.url), WAV, NOTIFIED);
    const [finished, available] = await deliveredAll(gateway, id, 2);
    const seen = () => healthy.callbacks.filter((each) => each.id.startsWith(`${id}.`));
    expect(seen().map(({ body, status }) => [/recording_\w+/.exec(body)?.[0], status])).toEqual([
      ['recording_finished', 500],
      ['recording_finished', 200],
      ['recording_available', 200],
    ]);
    expect(new Set(seen().map((each) => each.id)).size).toBe(2);
    expect((finished?.['attempts'] as unknown as Json[]).map(({ status }) => Number(status))).toEqual([500, 200]);
    expect(available?.['attempts']).toHaveLength(1);
    expect((await gateway.ask('POST', `/v1/deliveries/${encodeURIComponent(String(finished?.['id']))}/replay`)).status).toBe(202);
    await until('it was sent again', () => Promise.resolve(seen().length === 4 ? true : null));
    expect(seen()[3]).toMatchObject({ id: String(finished?.['id']), status: 200 });
  }, 60_000);
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '#libs/testing';
import { EXACT, Gateway, hear, newDataDirectory, openCall, recordedCall, type Json } from './support/index.js';

const ROOM_KIB = 1024;
/** Left free beside the filler: some seconds of one call. */
const FREE_KIB = 100;

const dataDirectory = newDataDirectory();
const spool = join(dataDirectory, 'spool');
mkdirSync(spool);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOM_KIB}k`, 'tmpfs', spool]).status === 0;

/** Only root can make a small disk; for others the system refuses files beyond a size, with the same effect on a write. */
const LIMIT_BYTES = 40_000;

describe('a full disk of the spool', () => {
  let redis: TestRedis;
  let gateway: Gateway;

  beforeAll(async () => {
    redis = await startTestRedis();
    gateway = await Gateway.up({ redisUrl: redis.url, dataDirectory });
  });

  afterAll(async () => {
    await gateway.process.kill();
    spawnSync('umount', ['-l', spool]);
    rmSync(dataDirectory, { recursive: true, force: true });
    await redis.stop();
  });

  const filler = join(spool, 'filler');
  const limit = (bytes: string) => spawnSync('prlimit', ['--pid', String(gateway.process.pid), `--fsize=${bytes}`]);
  const fill = () => (mounted ? writeFileSync(filler, Buffer.alloc((ROOM_KIB - FREE_KIB) * 1024)) : limit(`${LIMIT_BYTES}:unlimited`));
  const empty = () => (mounted ? rmSync(filler) : limit('unlimited'));

  it('keeps what was recorded until then, says that it broke off, and harms nothing else', async () => {
    const app = await gateway.application('flexml');
    const whole = await recordedCall(gateway, app);
    await delay(1000);
    await gateway.get('POST', `/v1/recordings/${whole.recordingId}/stop`);
    await gateway.untilState(whole.recordingId, 'available');
    const bystander = await openCall(gateway, app);

    fill();
    const unlucky = await recordedCall(gateway, app);
    const broken = await gateway.untilState(unlucky.recordingId, 'failed', 'available');
    expect(broken).toMatchObject({ state: 'available', capture: { reason: 'interrupted' } });
    expect(hear((await gateway.ask('GET', `/v1/recordings/${unlucky.recordingId}/audio`)).bytes).last).toBeGreaterThan(40);
    expect(await gateway.get('GET', `/v1/calls/${unlucky.callRef}`)).toMatchObject({ state: 'answered' });
    empty();

    const started = await gateway.get('POST', '/v1/recordings', { callRef: bystander.callRef, spec: EXACT });
    const id = String((started['recordings'] as unknown as Json[])[0]?.['id']);
    await gateway.untilState(id, 'capturing');
    await delay(1000);
    await gateway.get('POST', `/v1/calls/${bystander.callRef}/events`, { type: 'hangup' });
    expect(await gateway.untilState(id, 'available', 'failed')).toMatchObject({ state: 'available' });
    expect(hear((await gateway.ask('GET', `/v1/recordings/${id}/audio`)).bytes).last).toBeGreaterThan(40);
    expect(hear((await gateway.ask('GET', `/v1/recordings/${whole.recordingId}/audio`)).bytes).last).toBeGreaterThan(40);
    for (const { phone } of [whole, bystander, unlucky]) phone.close();
  }, 90_000);
});

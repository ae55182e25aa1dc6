import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#libs/recording-model';
import { CALLER_HZ, channelOf, writeWav } from './testing/audio.js';
import { SimulateRunner, temporaryDirectory, type Run } from './testing/run.js';

const directory = temporaryDirectory();
const runner = new SimulateRunner(directory);
const audio = writeWav(join(directory, 'tone.wav'), channelOf({ hz: CALLER_HZ, s: 6 }));
const CALL = JSON.stringify({ callId: 'call', from: '1001', to: '2000', direction: 'inbound', vendor: {} });
const ON = { enabled: true, format: 'wav' };

const node = (module: string, data: JsonObject, next?: JsonObject): JsonObject => ({ module, data, children: next === undefined ? {} : { _: next } });
const record = (data: JsonObject, next?: JsonObject) => node('record_call', { format: 'wav', ...data }, next);
const pause = (duration: number, next?: JsonObject) => node('sleep', { duration }, next);

const simulate = (document: JsonObject, settings: Readonly<Record<string, JsonObject>>, more: object = {}): Promise<Run> => {
  const pairs = Object.entries(settings).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return runner.run('kazoo', JSON.stringify(document), { audio, call: CALL, set: ['storeRecordings=true', ...pairs], ...more });
};

/** Origin and length of each recording, ms. */
const recorded = ({ of }: Run): unknown[] =>
  of('result').map(({ recording, durationMs }) => {
    const labels = of('spec').find((each) => each.recording === recording)?.spec?.['labels'];
    return [(labels as { origin?: string } | undefined)?.origin, durationMs];
  });

describe('simulate: call_recording of a Kazoo account', () => {
  const account = { callRecording: { account: { inbound: { onnet: ON } } } };

  it('records the whole call beside its callflow, whose stops mean its own, and ends with it', async () => {
    const flow = pause(1, record({ label: 'own' }, pause(1, record({ action: 'stop' }, pause(1)))));
    const run = await simulate(flow, account);
    expect(run.exitCode).toBe(0);
    expect(recorded(run)).toEqual(expect.arrayContaining([['inbound from onnet to account', 3000], ['callflow : own', 1000]]));
    expect(run.of('result')).toHaveLength(2);
  });

  it('a call goes on for the recordings of its callflow, not for this one', async () => {
    const run = await simulate(record({ label: 'own', time_limit: 5 }), account);
    expect(recorded(run)).toEqual(expect.arrayContaining([['callflow : own', 5000], ['inbound from onnet to account', 5000]]));
    const alone = await simulate(pause(2), account);
    expect(recorded(alone)).toEqual([['inbound from onnet to account', 2000]]);
  });

  it('a stop without a recording of its callflow means the newest of the call (contract §1.4)', async () => {
    const run = await simulate(pause(1, record({ action: 'stop' }, pause(1))), account);
    expect(recorded(run)).toEqual([['inbound from onnet to account', 1000]]);
  });

  it('a device that is called is recorded from its answer on', async () => {
    const settings = { deviceCallRecording: { desk: { inbound: { any: ON } } } };
    const run = await simulate(node('device', { id: 'desk' }), settings, { bridgeAt: '1', hangupAt: '4' });
    expect(recorded(run)).toEqual([['inbound from onnet to endpoint', 3000]]);
  });
});

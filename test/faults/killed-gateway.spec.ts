import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '#libs/testing';
import { startVendorApp, type Route, type VendorApp } from '../journeys/support/vendor-app.js';
import { deliveredAll, Gateway, hear, NOTIFIED, NumberingPhone, recordedCall, SINCH_SECRET, startReceiver, textOf, until, type Json, type LiveCall, type Receiver } from './support/index.js';

/** One second and one segment of the spool, in frames of 20 ms. */
const MOST_LOST_FRAMES = (1000 + 500) / 20;
/** Reordering is repaired up to here; what is younger has not reached the recording yet. */
const PLAYOUT_FRAMES = 300 / 20;

/** The action has credentials of its own, which a process that comes later must still know. */
const flexml = (base: string): string =>
  `<Response><Say>Hello</Say><Record maxLength="600" timeout="60" finishOnKey="none" action="${base.replace('//', '//bob:action-pw@')}/recorded"/></Response>`;
const RECORDING = { destinationUrl: 'sdrive://x/', format: 'wav', notificationEvents: true };
const STARTED = { name: 'startRecording', options: RECORDING };
const PARKED = { instructions: [{ name: 'setCookie', key: 'order', value: '4711' }, STARTED, { name: 'say', text: 'Hello', locale: 'en-US' }], action: { name: 'park', maxDuration: 600 } };
const CONFERENCE = { action: { name: 'connectConf', conferenceId: 'standup', record: true, recordingOptions: RECORDING } };

/** A call whose flow the gateway runs. */
interface FlowCall {
  readonly applicationId: string;
  readonly callRef: string;
  readonly phone: NumberingPhone;
  /** Packets sent by the time of the kill. */
  sent: number;
}

const ice = (svaml: object): Route => ({ text }) => (text.includes('"ice"') ? JSON.stringify(svaml) : '');

describe('a gateway that is killed in the middle of live calls', () => {
  let redis: TestRedis;
  let receiver: Receiver;
  let gateway: Gateway;
  let app: VendorApp;
  const calls: LiveCall[] = [];
  const sent: number[] = [];
  const flows: Record<'flexml' | 'parked' | 'conference', FlowCall | null> = { flexml: null, parked: null, conference: null };

  const begin = async (vendor: string, settings: Readonly<Record<string, string>>): Promise<FlowCall> => {
    const applicationId = await gateway.application(vendor, settings);
    const call = { from: '+15165550138', to: '+15165550137' };
    const legs = { caller: { transport: 'rtp', codec: 'PCMU' } };
    const opened = await gateway.createCall({ applicationId, call, legs, fetchDocument: true });
    return { applicationId, callRef: textOf(opened['callRef']), phone: new NumberingPhone(textOf(opened['media']?.['caller']?.['address'])), sent: 0 };
  };
  const recordingOf = async ({ applicationId }: FlowCall): Promise<Json | null> => {
    const { items } = await gateway.get('GET', '/v1/recordings?limit=100');
    return (items as unknown as Json[]).find((each) => textOf(each['applicationId']) === applicationId) ?? null;
  };
  const flowOf = (name: keyof typeof flows): FlowCall => {
    const flow = flows[name];
    if (flow === null) throw new Error(`${name} was not begun`);
    return flow;
  };
  /** The recording of the flow, which holds all but the last moment of what was said since it began. */
  const kept = async (flow: FlowCall): Promise<Json> => {
    const found = await recordingOf(flow);
    const shown = await gateway.untilState(textOf(found?.['id']), 'available', 'failed', 'absent');
    expect(shown).toMatchObject({ state: 'available', capture: { reason: 'interrupted' } });
    const capture = shown['capture'] as unknown as { readonly mediaEndMs: number };
    expect(capture.mediaEndMs / 20).toBeGreaterThan(flow.sent - MOST_LOST_FRAMES - PLAYOUT_FRAMES);
    const audio = await gateway.ask('GET', `/v1/recordings/${textOf(shown['id'])}/audio`);
    expect([audio.status, audio.bytes.length > 16_000]).toEqual([200, true]);
    return shown;
  };
  const told = (path: string, holds: string) => app.at(path).filter(({ text }) => text.includes(holds));
  const toldBy = (path: string, holds: string) => until(`${path} is told "${holds}"`, () => Promise.resolve(told(path, holds).length > 0 ? told(path, holds) : null));

  beforeAll(async () => {
    redis = await startTestRedis({ appendOnly: true });
    receiver = await startReceiver();
    app = await startVendorApp({ '/flexml': ({ headers }) => flexml(`http://${headers['host'] ?? ''}`), '/parked': ice(PARKED), '/conference': ice(CONFERENCE) });
    gateway = await Gateway.up({ redisUrl: redis.url });
    const { dataDirectory } = gateway;
    const sinch = { applicationKey: 'k', applicationSecret: SINCH_SECRET };
    const plain = await gateway.application('sinch', { callbackUrl: receiver.url, ...sinch });
    for (let index = 0; index < 6; index += 1) calls.push(await recordedCall(gateway, plain, NOTIFIED));
    flows.flexml = await begin('flexml', { documentUrl: `${app.url}/flexml`, statusCallbackUrl: `${app.url}/status` });
    flows.parked = await begin('sinch', { ...sinch, applicationKey: 'k-parked', callbackUrl: `${app.url}/parked` });
    flows.conference = await begin('sinch', { ...sinch, applicationKey: 'k-conference', callbackUrl: `${app.url}/conference` });
    const running = Object.values(flows).flatMap((flow) => flow ?? []);
    for (const flow of running) {
      await until(`the flow of ${flow.callRef} records`, async () => (textOf((await recordingOf(flow))?.['state']) === 'capturing' ? true : null));
    }
    await delay(3500);
    sent.push(...calls.map(({ phone }) => phone.sent));
    for (const flow of running) flow.sent = flow.phone.sent;
    await gateway.process.kill();
    for (const { phone } of [...calls, ...running]) phone.close();
    gateway = await Gateway.up({ redisUrl: redis.url, dataDirectory });
  }, 60_000);

  afterAll(async () => {
    await gateway.remove();
    await app.close();
    await receiver.close();
    await redis.stop();
  });

  it('keeps every accepted recording, but for the last moment, and tells of each once and in order', async () => {
    for (const [index, { recordingId, callRef, phone }] of calls.entries()) {
      const shown = await gateway.untilState(recordingId, 'available', 'failed', 'absent');
      expect(shown).toMatchObject({ state: 'available', capture: { reason: 'interrupted' } });
      const heard = hear((await gateway.ask('GET', `/v1/recordings/${recordingId}/audio`)).bytes);
      const lost = (sent[index] ?? 0) - heard.last + heard.missing.length;
      expect(lost).toBeLessThanOrEqual(MOST_LOST_FRAMES + PLAYOUT_FRAMES + phone.sentLate);
      expect(await gateway.get('GET', `/v1/calls/${callRef}`)).toMatchObject({ state: 'ended', endReason: 'nodeLost' });
      await deliveredAll(gateway, recordingId, 2);
      const callbacks = receiver.callbacks.filter(({ id }) => id.startsWith(`${recordingId}.`));
      expect(callbacks.map(({ body }) => /recording_\w+/.exec(body)?.[0])).toEqual(['recording_finished', 'recording_available']);
      expect(new Set(callbacks.map(({ id }) => id)).size).toBe(2);
    }
  }, 60_000);

  it('stores what a FlexML flow was recording, asks its action and tells the status callback, as after a hang-up', async () => {
    const flow = flowOf('flexml');
    const { id } = await kept(flow);
    const [asked] = await toldBy('/recorded', 'RecordingUrl');
    expect(asked?.headers['authorization']).toBe(`Basic ${Buffer.from('bob:action-pw').toString('base64')}`);
    expect(JSON.parse(asked?.text ?? '')).toMatchObject({ RecordingDuration: expect.anything(), CallStatus: 'completed' });
    await toldBy('/status', 'completed');
    expect([told('/recorded', ''), told('/status', '')].map(({ length }) => length)).toEqual([1, 1]);
    expect(textOf(id)).not.toBe('');
  }, 60_000);

  it('stores what a parked Sinch call was recording and tells its end, cookies included', async () => {
    await kept(flowOf('parked'));
    const [dice] = await toldBy('/parked', '"dice"');
    expect(dice?.text).toContain('4711');
    for (const event of ['recording_finished', 'recording_available']) await toldBy('/parked', event);
    expect(told('/parked', '"dice"')).toHaveLength(1);
  }, 60_000);

  it('stores the recording of a conference, which belongs to a call that the ledger does not list', async () => {
    const { callRef } = await kept(flowOf('conference'));
    expect(textOf(callRef)).toMatch(/^conf_/);
    for (const event of ['recording_finished', 'recording_available', '"dice"']) await toldBy('/conference', event);
  }, 60_000);

  it('leaves nothing on its disk but what is kept', async () => {
    const { dataDirectory } = gateway;
    await until('the spool is empty', () => Promise.resolve(readdirSync(join(dataDirectory, 'spool')).length === 0 ? true : null));
    await until('no rendition is left', () => Promise.resolve(readdirSync(join(dataDirectory, 'renditions')).length === 0 ? true : null));
  }, 60_000);
});

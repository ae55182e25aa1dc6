import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import type { RecordingEventName, RecordingState } from '#libs/recording-model';
import { sampleRecordingRecord } from '#libs/testing';
import { EventReader } from './testing/event-reader.js';
import { ALPHA_KEY, BETA_KEY, GatewayUnderTest } from './testing/gateway-under-test.js';

let gateway: GatewayUnderTest;
let application: string;
const open: EventReader[] = [];

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  application = await gateway.application('flexml');
});

afterEach(() => {
  for (const reader of open.splice(0)) reader.close();
});

afterAll(() => gateway.stop());

async function listen(query = '', options: { key?: string; after?: string } = {}): Promise<EventReader> {
  const reader = await EventReader.open(`${gateway.url}/v1/events${query}`, options.key ?? ALPHA_KEY, options.after);
  open.push(reader);
  return reader;
}

async function accept(id: string, change: object = {}): Promise<void> {
  await gateway.runtime.ports.ledger.recordings.accept(sampleRecordingRecord({ id, tenantId: 'alpha', ...change }));
}

/** Moves a recording and so makes an event. */
async function happen(id: string, to: RecordingState, name: RecordingEventName, mediaTimeMs = 0): Promise<void> {
  const at = new Date();
  await gateway.runtime.ports.ledger.recordings.transition(id, () => ({
    to,
    at,
    events: [{ name, at: at.toISOString(), mediaTimeMs }],
  }));
}

describe('the event stream', () => {
  it('gives each event of the tenant as it happens', async () => {
    await accept('e1');
    const reader = await listen();
    expect([reader.status, reader.contentType]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await happen('e1', 'capturing', 'recording.started', 120);
    await happen('e1', 'captured', 'recording.finished', 5020);
    expect(await reader.next()).toMatchObject({
      id: 'evt_e1_1',
      event: 'recording.started',
      data: { recordingId: 'e1', sequence: 1, mediaTimeMs: 120 },
    });
    expect(await reader.next()).toMatchObject({
      id: 'evt_e1_2',
      event: 'recording.finished',
      data: { mediaTimeMs: 5020 },
    });
  });

  it('keeps tenants apart', async () => {
    await accept('mine');
    await accept('theirs', { tenantId: 'beta' });
    const [alpha, beta] = [await listen(), await listen('', { key: BETA_KEY })];
    await happen('theirs', 'capturing', 'recording.started');
    await happen('mine', 'capturing', 'recording.started');
    expect((await alpha.next()).data['recordingId']).toBe('mine');
    expect((await beta.next()).data['recordingId']).toBe('theirs');
  });

  it('gives only what a filter asks for', async () => {
    await accept('f1', { callRef: 'call-f1', applicationId: application });
    await accept('f2', { callRef: 'call-f2' });
    await gateway.runtime.ports.ledger.calls.save({
      callRef: 'call-f1',
      tenantId: 'alpha',
      applicationId: application,
      vendor: 'flexml',
      nodeId: 'n',
      identity: sampleRecordingRecord().call,
      state: 'answered',
      createdAt: new Date().toISOString(),
      answeredAt: null,
      endedAt: null,
      endedBy: null,
      media: {},
      warnings: [],
    });
    const readers = [
      await listen('?recordingId=f1'),
      await listen('?callRef=call-f1'),
      await listen(`?applicationId=${application}`),
    ];
    await happen('f2', 'capturing', 'recording.started');
    await happen('f1', 'capturing', 'recording.started');
    await happen('f2', 'captured', 'recording.finished');
    await happen('f1', 'captured', 'recording.finished');
    for (const reader of readers) {
      expect([(await reader.next()).id, (await reader.next()).id]).toEqual(['evt_f1_1', 'evt_f1_2']);
    }
  });

  it('goes on after the last event a client has seen', async () => {
    await accept('r1');
    await happen('r1', 'capturing', 'recording.started');
    await happen('r1', 'captured', 'recording.finished');
    await happen('r1', 'encoding', 'transcription.failed');
    const reader = await listen('?recordingId=r1', { after: 'evt_r1_1' });
    await happen('r1', 'storing', 'transcription.timeout');
    const ids = [await reader.next(), await reader.next(), await reader.next()].map(({ id }) => id);
    expect(ids).toEqual(['evt_r1_2', 'evt_r1_3', 'evt_r1_4']);
  });

  it('loses and repeats nothing while a client comes back and events go on', async () => {
    await accept('busy');
    await happen('busy', 'capturing', 'recording.started');
    const writing = (async () => {
      for (let index = 0; index < 60; index += 1) await happen('busy', 'capturing', 'recording.started', index);
    })();
    const seen: string[] = [];
    while (seen.length < 61) {
      const reader = await listen('?recordingId=busy', { after: seen.at(-1) ?? 'evt_busy_0' });
      for (let index = 0; index < 10 && seen.length < 61; index += 1) seen.push((await reader.next()).id);
      reader.close();
    }
    await writing;
    expect(seen).toEqual(Array.from({ length: 61 }, (_, index) => `evt_busy_${index + 1}`));
  });

  it('of a failure shows no file names of the gateway', async () => {
    await accept('bad');
    const reader = await listen('?recordingId=bad');
    const failure = { code: 'gateway.internal', stage: 'encode', blame: 'gateway', message: 'ENOENT /srv/x' } as const;
    const at = new Date();
    await gateway.runtime.ports.ledger.recordings.transition('bad', () => ({
      to: 'failed',
      at,
      patch: { failure },
      events: [{ name: 'recording.failed', at: at.toISOString(), mediaTimeMs: 0, failure }],
    }));
    expect(JSON.stringify(await reader.next())).not.toContain('/srv');
    expect((await gateway.ask('GET', '/v1/recordings/bad/events')).text).not.toContain('/srv');
  });

  it.each([
    ['?recordingId=nowhere', undefined, 404, 'request.not_found'],
    ['?callRef=nowhere', undefined, 404, 'request.not_found'],
    ['?applicationId=nowhere', undefined, 404, 'request.not_found'],
    ['?recordingId=e1', 'evt_other_1', 400, 'field.invalid'],
    ['?recordingId=e1', 'nonsense', 400, 'field.invalid'],
    ['?recordingId=e1&callRef=call-f1', undefined, 400, 'field.invalid'],
    ['?color=blue', undefined, 400, 'field.invalid'],
  ])('%s with last event %s is answered with a problem', async (query, after, status, code) => {
    const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': after };
    const answer = await gateway.ask('GET', `/v1/events${query}`, { headers });
    expect([answer.status, answer.json()['code']]).toEqual([status, code]);
  });

  it('of another tenant’s recording does not exist', async () => {
    const theirs = await gateway.ask('GET', '/v1/events?recordingId=e1', { key: BETA_KEY });
    const never = await gateway.ask('GET', '/v1/events?recordingId=e0', { key: BETA_KEY });
    expect([theirs.status, theirs.text.replace('e1', 'e0')]).toEqual([404, never.text]);
  });

  it('shares one subscription among the clients of a tenant, and lets go of it with the last one', async () => {
    const admin = new Redis(gateway.redis.url);
    const channel = 'recgate:events:alpha';
    const subscribers = async () => Number((await admin.pubsub('NUMSUB', channel))[1]);
    const readers = [await listen(), await listen(), await listen()];
    expect(await subscribers()).toBe(1);
    for (const reader of readers) reader.close();
    while ((await subscribers()) > 0) await delay(10);
    const again = await listen();
    await accept('after');
    await happen('after', 'capturing', 'recording.started');
    expect((await again.next()).id).toBe('evt_after_1');
    admin.disconnect();
  });

  it('ends when the gateway stops', async () => {
    const other = await GatewayUnderTest.start();
    const reader = await EventReader.open(`${other.url}/v1/events`, ALPHA_KEY);
    await other.stop();
    await reader.untilEnd();
    expect(reader.ended).toBe(true);
  });
});

describe('without Redis', () => {
  it('the gateway says so and comes back by itself', async () => {
    const other = await GatewayUnderTest.start();
    process.kill(other.redis.pid, 'SIGSTOP');
    const answer = await other.ask('GET', '/v1/applications');
    expect([answer.status, answer.json()['code']]).toEqual([503, 'gateway.unavailable']);
    expect((await other.ask('GET', '/ready')).json()['faults']).toEqual(['Redis does not answer']);
    expect((await other.ask('GET', '/health')).status).toBe(200);
    process.kill(other.redis.pid, 'SIGCONT');
    let status = 0;
    while (status !== 200) ({ status } = await other.ask('GET', '/v1/applications'));
    await other.stop();
  });
});

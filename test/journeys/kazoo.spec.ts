import { expect } from '@jest/globals';
import { startUploadServer, type ReceivedUpload } from '../../libs/storage/testing/index.js';
import type { RecordingDto } from '../../apps/gateway/api-v1/recordings/recording.dto.js';
import { startKazooApp } from '../../examples/kazoo-app/index.js';
import {
  CALLEE_PART,
  CALLER_PART,
  decodeMp3,
  decodeWav,
  expectExactLength,
  expectTones,
  Journeys,
  sequence,
  silence,
  talk,
  tone,
  tonesIn,
  TONES_HZ,
  until,
  type JourneyCall,
  type LiveGateway,
  type VendorApp,
  kazooSupportSpec,
} from './support/index.js';

const journeys = new Journeys();

const ACCOUNT = '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5';
const CALL = {
  callId: '7f3a2c1e@192.0.2.10',
  from: '1001@acme.sip.example.com',
  to: '2000@acme.sip.example.com',
  vendor: {
    caller_id_name: 'Jane Doe',
    caller_id_number: '+14155550111',
    owner_id: '6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11',
    interaction_id: '63931234567-9c1d2e3f',
    cdr_id: '202611-7f3a2c1e@192.0.2.10',
  },
};
const USER = { module: 'user', data: { id: '6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11' }, children: {} };

/** Seconds between the year 0 and 1970 (contract, preamble). */
const GREGORIAN_OFFSET_S = 62_167_219_200;

/** A callflow node, as a Pivot application returns it. */
function node(module: string, data: object, next: object = USER): object {
  return { module, data, children: { _: next } };
}

interface Placed {
  readonly call: JourneyCall;
  readonly app: VendorApp;
}

/** Places a call whose flow is `flow`, with a webhook for everything that becomes of recordings. */
async function callWith(
  gateway: LiveGateway,
  flow: object,
  plan: { readonly settings?: Readonly<Record<string, string>>; readonly answered?: boolean } = {},
): Promise<Placed> {
  const app = await gateway.app({ '/callflow': { body: JSON.stringify(flow), contentType: 'application/json' } });
  const call = await gateway.place({
    vendor: 'kazoo',
    settings: {
      accountId: ACCOUNT,
      callflowUrl: `${app.url}/callflow`,
      webhooks: JSON.stringify([
        {
          name: 'recordings',
          hook: 'object',
          uri: `${app.url}/hook`,
          format: 'json',
          custom_data: { type: 'call_recording', action: 'all', tenant: 'blue' },
        },
      ]),
      ...plan.settings,
    },
    call: CALL,
    answered: plan.answered ?? true,
  });
  return { call, app };
}

/** `object` webhook (contract §3.1): pretty-printed, custom data merged over it. */
function hookBody(recording: RecordingDto, action: string, more: object = { tenant: 'blue' }): string {
  return JSON.stringify(
    { id: recording.names['recordingId'], account_id: ACCOUNT, action, type: 'call_recording', ...more },
    null,
    2,
  );
}

/** The upload URL of contract §2.2, twelve parameters in order. */
function uploadTarget(recording: RecordingDto, extension: string): string {
  const durationMs = recording.rendition?.durationMs ?? -1;
  // 4.3 counts back from the end in whole seconds (contract §2.4).
  const start =
    Math.floor(Date.parse(recording.capture?.endedAt ?? '') / 1000) +
    GREGORIAN_OFFSET_S -
    Math.floor(durationMs / 1000);
  return (
    `/kzr/call_recording_7f3a2c1e%40192.0.2.10.${extension}?from=1001%40acme.sip.example.com&to=2000%40acme.sip.example.com` +
    '&caller_id_name=Jane%20Doe&caller_id_number=%2B14155550111&call_id=7f3a2c1e%40192.0.2.10' +
    '&cdr_id=202611-7f3a2c1e%40192.0.2.10&interaction_id=63931234567-9c1d2e3f&owner_id=6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11' +
    `&account_id=${ACCOUNT}&start=${start}&duration_ms=${durationMs}&recording_id=${recording.names['recordingId'] ?? ''}`
  );
}

/** Left is the caller, right the callee. */
function expectSides(audio: { readonly channels: readonly Int16Array[]; readonly sampleRate: number }): void {
  expectTones(audio.channels[0], CALLER_PART, audio.sampleRate);
  expectTones(audio.channels[1], CALLEE_PART, audio.sampleRate);
}

journeys.it('the sample application gets its MP3 by PUT between doc_created and doc_edited', async (gateway) => {
  const app = await gateway.with(startKazooApp({ port: 0 }));
  const hook = {
    name: 'recordings',
    hook: 'object',
    uri: `${app.url}/hook`,
    format: 'json',
    custom_data: { type: 'call_recording', action: 'all' },
  };
  const settings = { accountId: ACCOUNT, callflowUrl: `${app.url}/callflow`, webhooks: JSON.stringify([hook]) };
  const call = await gateway.place({ vendor: 'kazoo', settings, call: CALL });
  await call.capturing();
  await talk(call);
  await call.hangup('caller');
  const recording = await call.available();
  await call.ended();
  await until('both webhooks', () => app.received.filter(({ url }) => url === '/hook').length === 2);
  const target = uploadTarget(recording, 'mp3');
  expect(app.received.slice(1).map(({ method, url, body }) => [method, url, url === target ? '' : body])).toEqual([
    ['POST', '/hook', hookBody(recording, 'doc_created', {})],
    ['PUT', target, ''],
    ['POST', '/hook', hookBody(recording, 'doc_edited', {})],
  ]);
  const upload = app.received.find(({ method }) => method === 'PUT');
  expect([upload?.headers['content-type'], upload?.headers['content-length']]).toEqual([
    'audio/mpeg',
    String(recording.rendition?.sizeBytes),
  ]);
  const audio = await decodeMp3(app.files.get(recording.names['recordingId'] ?? '') ?? Buffer.alloc(0));
  expectExactLength(recording, audio);
  expect(audio.sampleRate).toBe(16_000);
  expectSides(audio);
  expect(recording.capture).toMatchObject({ reason: 'hangup', hangupBy: 'caller', channels: 2, sampleRate: 16_000 });
  expect(recording.spec).toEqual(kazooSupportSpec(app.url));
});

journeys.it(
  'a WAV goes out by POST, with credentials of the URL as Basic, until the server takes it',
  async (gateway) => {
    const server = await gateway.with(startUploadServer({ userinfo: 'kz:s3cret' }));
    const { call, app } = await callWith(
      gateway,
      node('record_call', {
        action: 'start',
        format: 'wav',
        method: 'post',
        time_limit: 2,
        url: `${server.url.replace('//', '//kz:s3cret@')}/kzr/`,
      }),
    );
    server.answers.set('/kzr/call_recording_7f3a2c1e%40192.0.2.10.wav', [{ status: 503 }, { status: 201 }]);
    await call.capturing();
    call.caller.say(tone(600, 400));
    call.callee.say(tone(1400, 400));
    const recording = await call.available();
    await call.hangup();
    await call.ended();
    await until('both webhooks', () => app.at('/hook').length === 2);
    const target = uploadTarget(recording, 'wav');
    expect(server.received.map(({ method, url, headers }) => [method, url, headers['content-type']])).toEqual(
      Array(2).fill(['POST', target, 'audio/x-wav']),
    );
    const audio = decodeWav(lastOf(server.received)?.body ?? Buffer.alloc(0));
    expect(audio.samples).toBe(2 * 16_000);
    expectExactLength(recording, audio);
    expectTones(audio.channels[0], [{ hz: 600, at: 0, ms: 400 }], 16_000);
    expectTones(audio.channels[1], [{ hz: 1400, at: 0, ms: 400 }], 16_000);
    expect(recording.capture?.reason).toBe('maxDuration');
    expect(app.at('/hook').map(({ text }) => text)).toEqual([
      hookBody(recording, 'doc_created'),
      hookBody(recording, 'doc_edited'),
    ]);
  },
);

function lastOf(list: readonly ReceivedUpload[]): ReceivedUpload | undefined {
  return list.at(-1);
}

journeys.it('two starts on a call: stop ends the latest first', async (gateway) => {
  const { call } = await callWith(
    gateway,
    node('record_call', { action: 'start', label: 'first' }, node('record_call', { action: 'start', label: 'second' })),
    { settings: { storeRecordings: 'true' } },
  );
  const labelled = async (label: string) =>
    (await call.recordings()).find(({ spec }) => spec.labels['label'] === label);
  await until(
    'both run',
    async () => (await call.recordings()).filter(({ state }) => state === 'capturing').length === 2,
  );
  await talk(call);
  const stop = { document: JSON.stringify({ module: 'record_call', data: { action: 'stop' } }), role: 'metaflow' };
  await gateway.api.instruct(call.callRef, stop, { 'idempotency-key': 'stop-1' });
  await until('the second is there', async () => (await labelled('second'))?.state === 'available');
  expect((await labelled('first'))?.state).toBe('capturing');
  await talk(call);
  await gateway.api.instruct(call.callRef, stop, { 'idempotency-key': 'stop-2' });
  await until('the first is there', async () => (await labelled('first'))?.state === 'available');
  await call.hangup('callee');
  await call.ended();
  const first = await labelled('first');
  const second = await labelled('second');
  for (const recording of [first, second]) expect(recording?.capture?.reason).toBe('stopCommand');
  const whole = await decodeMp3(await gateway.api.audio(first?.id ?? ''));
  expect(tonesIn(whole.channels[0] ?? new Int16Array(), [600, 800, 1400], 16_000).map(({ hz }) => hz)).toEqual([
    600, 800, 600, 800,
  ]);
  expectSides(await decodeMp3(await gateway.api.audio(second?.id ?? '')));
});

journeys.it('record_on_answer and record_on_bridge wait for their events', async (gateway) => {
  const flow = node(
    'record_call',
    { action: 'start', record_on_answer: true, label: 'answer', format: 'wav' },
    node('record_call', { action: 'start', record_on_bridge: true, label: 'bridge', format: 'wav' }),
  );
  const { call } = await callWith(gateway, flow, { answered: false, settings: { storeRecordings: 'true' } });
  const labelled = async (label: string) =>
    (await call.recordings()).find(({ spec }) => spec.labels['label'] === label);
  await until(
    'both are armed',
    async () => (await call.recordings()).filter(({ state }) => state === 'armed').length === 2,
  );
  call.caller.say(sequence(tone(400, 300), silence(300)));
  await call.said();
  await call.event({ type: 'answered' });
  await until('answer records', async () => (await labelled('answer'))?.state === 'capturing');
  expect((await labelled('bridge'))?.state).toBe('armed');
  call.caller.say(sequence(tone(1200, 300), silence(300)));
  await call.said();
  await call.event({ type: 'bridged' });
  await until('bridge records', async () => (await labelled('bridge'))?.state === 'capturing');
  await talk(call);
  await call.hangup('callee');
  await call.ended();
  for (const number of [0, 1]) await call.available(number);
  const [answer, bridge] = await Promise.all(
    ['answer', 'bridge'].map(async (label) => decodeWav(await gateway.api.audio((await labelled(label))?.id ?? ''))),
  );
  expect(tonesIn(answer?.channels[0] ?? new Int16Array(), [400, 600, 800, 1200], 16_000).map(({ hz }) => hz)).toEqual([
    1200, 600, 800,
  ]);
  if (bridge !== undefined) expectSides(bridge);
});

journeys.it('hung up before the bridge: no recording, no file, nobody is told', async (gateway) => {
  const { call, app } = await callWith(
    gateway,
    node('record_call', { action: 'start', record_on_bridge: true, url: 'http://127.0.0.1:9/' }),
  );
  await call.reaches(0, 'armed');
  call.caller.say(tone(600, 300));
  await call.said();
  await call.hangup('caller');
  const recording = await call.reaches(0, 'absent');
  await call.ended();
  expect([recording.capture?.capturedSamples ?? 0, recording.rendition, recording.receipt]).toEqual([0, null, null]);
  expect(app.received.map(({ path }) => path)).toEqual(['/callflow']);
});

journeys.it('shorter than record_min_sec: discarded; the document was made and no file follows', async (gateway) => {
  const server = await gateway.with(startUploadServer());
  const { call, app } = await callWith(
    gateway,
    node('record_call', { action: 'start', record_min_sec: 60, url: `${server.url}/kzr` }),
  );
  await call.capturing();
  await talk(call);
  await call.hangup('caller');
  const recording = await call.reaches(0, 'discarded');
  await call.ended();
  await until('the webhook', () => app.at('/hook').length > 0);
  expect(app.at('/hook').map(({ text }) => text)).toEqual([hookBody(recording, 'doc_created')]);
  expect(server.received).toEqual([]);
});

journeys.it('a transfer: one recording follows it, the other ends with it', async (gateway) => {
  const flow = node(
    'record_call',
    { action: 'start', label: 'follows', format: 'wav' },
    node('record_call', { action: 'start', label: 'stays', format: 'wav', should_follow_transfer: false }),
  );
  const { call } = await callWith(gateway, flow, { settings: { storeRecordings: 'true' } });
  await until(
    'both run',
    async () => (await call.recordings()).filter(({ state }) => state === 'capturing').length === 2,
  );
  const labelled = async (label: string) =>
    (await call.recordings()).find(({ spec }) => spec.labels['label'] === label);
  await talk(call);
  await call.event({ type: 'transfer', party: 'callee' });
  await until('one ends', async () => (await labelled('stays'))?.state === 'available');
  expect((await labelled('follows'))?.state).toBe('capturing');
  await talk(call);
  await call.hangup('callee');
  await call.ended();
  await until('the other ends', async () => (await labelled('follows'))?.state === 'available');
  const [follows, stays] = [await labelled('follows'), await labelled('stays')];
  expect([follows?.capture?.reason, stays?.capture?.reason]).toEqual(['hangup', 'transfer']);
  expectSides(decodeWav(await gateway.api.audio(stays?.id ?? '')));
  const whole = decodeWav(await gateway.api.audio(follows?.id ?? ''));
  expect(tonesIn(whole.channels[1] ?? new Int16Array(), [1400], 16_000)).toHaveLength(2);
});

journeys.it('mask and unmask by metaflow: one file, the stretch between is silent', async (gateway) => {
  const { call } = await callWith(gateway, node('record_call', { action: 'start', format: 'wav' }), {
    settings: { storeRecordings: 'true' },
  });
  const steer = (action: string) =>
    gateway.api.instruct(call.callRef, {
      document: JSON.stringify({ module: 'record_call', data: { action } }),
      role: 'metaflow',
    });
  const say = (hz: number) => {
    call.caller.say(sequence(silence(300), tone(hz, 300), silence(300)));
    return call.said();
  };
  await call.capturing();
  await say(600);
  await steer('mask');
  await say(1200);
  await steer('unmask');
  await say(800);
  await call.hangup('caller');
  await call.ended();
  const recording = await call.available();
  const audio = decodeWav(await gateway.api.audio(recording.id));
  expectExactLength(recording, audio);
  const heard = tonesIn(audio.channels[0] ?? new Int16Array(), TONES_HZ, 16_000);
  expect(heard.map(({ hz }) => hz)).toEqual([600, 800]);
  // The masked stretch is in the file, as silence: 0.9 s twice lie between the two beginnings.
  expect((heard[1]?.fromMs ?? 0) - (heard[0]?.fromMs ?? 0)).toBeGreaterThanOrEqual(1700);
});

/** Contract §1.1: the stored callflow, as it is saved through Crossbar. */
journeys.it('a stored callflow gets the defaults of its schema', async (gateway) => {
  const server = await gateway.with(startUploadServer());
  const call = await gateway.place({
    vendor: 'kazoo',
    settings: { accountId: ACCOUNT, urlBlacklist: '' },
    call: CALL,
    fetchDocument: false,
  });
  const saved = {
    data: {
      name: 'support line',
      numbers: ['+14155550100'],
      patterns: [],
      flow: node(
        'record_call',
        { action: 'start', format: 'mp3', time_limit: 1200, url: `${server.url}/kzr` },
        node(
          'user',
          { id: '6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11' },
          { module: 'record_call', data: { action: 'stop' }, children: {} },
        ),
      ),
    },
  };
  const reply = await gateway.api.instruct(call.callRef, { document: JSON.stringify(saved), role: 'saved' });
  await call.capturing();
  await talk(call);
  await call.hangup('caller');
  const recording = await call.available();
  await call.ended();
  expect(reply.accounting.find(({ path }) => path.endsWith('/should_follow_transfer'))).toMatchObject({
    outcome: 'defaulted',
    value: true,
  });
  expect(recording.spec).toMatchObject({
    maxDurationMs: 1_200_000,
    followTransfer: true,
    minDurationMs: 0,
    labels: { origin: 'callflow : support line' },
  });
  expect(server.received.map(({ method, url }) => [method, url])).toEqual([['PUT', uploadTarget(recording, 'mp3')]]);
  expectSides(await decodeMp3(server.received[0]?.body ?? Buffer.alloc(0)));
});

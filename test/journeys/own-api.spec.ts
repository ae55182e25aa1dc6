import { expect } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  composeWav,
  CALLEE_PART,
  CALLER_PART,
  decodeWav,
  EventStreamReader,
  expectExactLength,
  expectTones,
  Journeys,
  sequence,
  silence,
  SPOKEN_DIALECTS,
  StreamPhone,
  talk,
  tone,
  tonesIn,
  until,
  type JourneyCall,
  type LiveGateway,
} from './support/index.js';

const journeys = new Journeys();

const CALL = { from: '+15165550138', to: '+15165550137' };
const STEREO = { channels: 2, sampleRate: 8000, mode: 'background' };

/** A call without a flow of its own: everything comes over the API. */
function plainCall(gateway: LiveGateway): Promise<JourneyCall> {
  return gateway.place({ vendor: 'flexml', settings: { storageUrl: gateway.url }, fetchDocument: false });
}

async function audioOf(gateway: LiveGateway, id: string) {
  const recording = await gateway.api.recording(id);
  const audio = decodeWav(await gateway.api.audio(id));
  expectExactLength(recording, audio);
  return { recording, audio };
}

/** Says one tone with rests on both sides, so that commands fall between the tones. */
function say(call: JourneyCall, hz: number): Promise<void> {
  call.caller.say(sequence(silence(300), tone(hz, 300), silence(300)));
  return call.said();
}

journeys.it('pause and resume leave the stretch between out; mask and unmask make it silent', async (gateway) => {
  const call = await plainCall(gateway);
  const { recordings } = await gateway.api.start({ callRef: call.callRef, spec: STEREO });
  const { id } = await call.capturing();
  expect(recordings.map((each) => each.id)).toEqual([id]);
  await say(call, 600);
  await call.control(id, 'pause');
  await call.reaches(0, 'paused');
  await say(call, 1200);
  await call.control(id, 'resume');
  await call.capturing();
  await say(call, 800);
  await call.control(id, 'mask');
  await say(call, 1800);
  await call.control(id, 'unmask');
  await say(call, 400);
  await call.control(id, 'stop');
  await call.available();
  await call.hangup();
  const { recording, audio } = await audioOf(gateway, id);
  expect(tonesIn(audio.channels[0] ?? new Int16Array(), [400, 600, 800, 1200, 1800]).map(({ hz }) => hz)).toEqual([
    600, 800, 400,
  ]);
  const { capture } = recording;
  const passedMs = (capture?.mediaEndMs ?? 0) - (capture?.mediaStartMs ?? 0);
  const recordedMs = (audio.samples * 1000) / 8000;
  // What was said while it was paused is missing, what was said while it was masked is not.
  expect(passedMs - recordedMs).toBeGreaterThanOrEqual(900);
  expect(recordedMs).toBeGreaterThanOrEqual(4 * 900 - 300);
  expect(capture?.reason).toBe('stopCommand');
  expect(recording.history.map(({ state }) => state)).toEqual([
    'accepted',
    'armed',
    'capturing',
    'paused',
    'capturing',
    'captured',
    'encoding',
    'storing',
    'available',
  ]);
  await call.ended();
});

journeys.it('the same start twice makes one recording: by Idempotency-Key and by document', async (gateway) => {
  const call = await plainCall(gateway);
  const body = { callRef: call.callRef, spec: STEREO };
  const headers = { 'idempotency-key': 'start-7' };
  const answers = await Promise.all([1, 2, 3].map(() => gateway.api.ask('POST', '/v1/recordings', body, headers)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 201]);
  const started = answers.map(({ text }) => (JSON.parse(text) as { recordings: { id: string }[] }).recordings[0]?.id);
  expect(new Set(started).size).toBe(1);
  const document = '<Response><Record recordSession="true" trim="do-not-trim"/><Pause length="60"/></Response>';
  const replies = [
    await gateway.api.instruct(call.callRef, { document }),
    await gateway.api.instruct(call.callRef, { document }),
  ];
  expect(replies.map(({ repeated }) => repeated)).toEqual([false, true]);
  await call.capturing(1);
  await talk(call);
  await call.hangup('callee');
  await call.ended();
  expect(await call.recordings()).toHaveLength(2);
  for (const number of [0, 1]) await call.available(number);
  const { audio } = await audioOf(gateway, started[0] ?? '');
  expectTones(audio.channels[0], CALLER_PART);
  expectTones(audio.channels[1], CALLEE_PART);
});

journeys.it('one Idempotency-Key on two calls at the same moment starts one and refuses the other', async (gateway) => {
  const calls = await Promise.all([plainCall(gateway), plainCall(gateway)]);
  const starts = await Promise.all(
    calls.map(({ callRef }) =>
      gateway.api.ask('POST', '/v1/recordings', { callRef, spec: STEREO }, { 'idempotency-key': 'one-for-two' }),
    ),
  );
  expect(starts.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  expect((await Promise.all(calls.map((call) => call.recordings()))).flat()).toHaveLength(1);
  for (const call of calls) {
    await call.hangup();
    await call.ended();
  }
});

journeys.it('server-sent events show each event once and in order', async (gateway) => {
  const call = await plainCall(gateway);
  const stream = await EventStreamReader.open(gateway.api, `callRef=${call.callRef}`);
  const { recordings } = await gateway.api.start({ callRef: call.callRef, spec: STEREO });
  const id = recordings[0]?.id ?? '';
  await call.capturing();
  await talk(call);
  await call.hangup('caller');
  await call.available();
  await until('the last event', () => stream.events.at(-1)?.name === 'recording.available');
  stream.close();
  expect(stream.events.map(({ name, sequence, recordingId }) => [name, sequence, recordingId])).toEqual([
    ['recording.started', 1, id],
    ['recording.finished', 2, id],
    ['recording.available', 3, id],
  ]);
  expect(stream.events).toEqual(await gateway.api.events(id));
  expect(stream.ids).toEqual(stream.events.map((event) => event.id));
  await call.ended();
});

const FILE_TONES = sequence(silence(200), tone(600, 400), silence(300), tone(800, 300), silence(300));
const FILE_EXPECTED = [
  { hz: 600, at: 200, ms: 400 },
  { hz: 800, at: 900, ms: 300 },
];

journeys.it('a finished file is recorded from its URL and told in the dialect of its application', async (gateway) => {
  const wav = composeWav([FILE_TONES], 8000);
  const app = await gateway.app({
    '/done': { status: 204 },
    '/audio/call.wav': { body: wav, contentType: 'audio/wav' },
  });
  const applicationId = await gateway.api.application('flexml', { storageUrl: gateway.url });
  const { recordings } = await gateway.api.start({
    applicationId,
    call: CALL,
    source: { kind: 'url', url: `${app.url}/audio/call.wav` },
    document: `<Response><Record trim="do-not-trim" timeout="5" callbackUrl="${app.url}/done"/></Response>`,
  });
  const id = recordings[0]?.id ?? '';
  await until('it is available', async () => (await gateway.api.recording(id)).state === 'available');
  const [told] = await until('the callback', () => app.at('/done').length === 1 && app.at('/done'));
  const { recording, audio } = await audioOf(gateway, id);
  expect(audio.samples).toBe(FILE_TONES.length);
  expect(audio.channels[0]).toEqual(FILE_TONES);
  expect(JSON.parse(told?.text ?? '{}')).toMatchObject({
    RecordingStatus: 'completed',
    RecordingSid: recording.names['fileSid'],
    RecordingDuration: 2,
    RecordingUrl: `${gateway.url}/f/${recording.names['fileSid'] ?? ''}`,
  });
});

journeys.it(
  'a finished file is recorded from an upload; the same Idempotency-Key is the same recording',
  async (gateway) => {
    const applicationId = await gateway.api.application('aculab', {});
    const body = { applicationId, call: CALL, source: { kind: 'upload' }, spec: { trim: 'both', channels: 1 } };
    const starts = [
      await gateway.api.start(body, { 'idempotency-key': 'upload-1' }),
      await gateway.api.start(body, { 'idempotency-key': 'upload-1' }),
    ];
    const [id = '', again] = starts.map(({ recordings }) => recordings[0]?.id);
    expect(again).toBe(id);
    const put = await gateway.api.ask('PUT', `/v1/recordings/${id}/source`, composeWav([FILE_TONES], 8000), {
      'content-type': 'audio/wav',
    });
    expect(put.status).toBe(202);
    await until('it is available', async () => (await gateway.api.recording(id)).state === 'available');
    const { audio } = await audioOf(gateway, id);
    expectTones(audio.channels[0], FILE_EXPECTED);
    expect(audio.samples).toBeLessThan(FILE_TONES.length);
    const whole = await gateway.api.audio(id);
    const range = await gateway.api.ask('GET', `/v1/recordings/${id}/audio`, undefined, { range: 'bytes=44-143' });
    expect([range.status, range.bytes.equals(whole.subarray(44, 144))]).toEqual([206, true]);
    expect((await gateway.api.recording(id)).rendition?.sha256).toBe(createHash('sha256').update(whole).digest('hex'));
  },
);

journeys.it('keys of the API stop a recording as keys of the phone do', async (gateway) => {
  const call = await plainCall(gateway);
  const document = '<Response><Record trim="do-not-trim" finishOnKey="5" timeout="30"/><Hangup/></Response>';
  await gateway.api.instruct(call.callRef, { document });
  await call.capturing();
  await talk(call);
  await call.event({ type: 'dtmf', key: '4', party: 'caller' });
  await call.event({ type: 'dtmf', key: '5', party: 'caller' });
  const recording = await call.available();
  await call.ended();
  expect(recording.capture).toMatchObject({ reason: 'stopKey', key: '5' });
});

for (const [name, dialect] of Object.entries(SPOKEN_DIALECTS)) {
  journeys.it(`WebSocket audio in the dialect ${name} ends up in a file, each leg on its side`, async (gateway) => {
    const applicationId = await gateway.api.application('sinch', {});
    const leg = { transport: 'websocket', dialect: name };
    const { callRef, media } = await gateway.api.createCall({
      applicationId,
      call: CALL,
      legs: { caller: leg, callee: leg },
      answered: true,
    });
    const [caller, callee] = await Promise.all(
      [media.caller, media.callee].map((each) => StreamPhone.open(each?.address ?? '', dialect)),
    );
    const { recordings } = await gateway.api.start({ callRef, spec: STEREO });
    const id = recordings[0]?.id ?? '';
    await until('it records', async () => (await gateway.api.recording(id)).state === 'capturing');
    const rate = dialect.sampleRate;
    await Promise.all([
      caller?.say(
        sequence(
          silence(300, rate),
          tone(600, 600, rate),
          silence(500, rate),
          tone(800, 300, rate),
          silence(300, rate),
        ),
      ),
      callee?.say(sequence(silence(300 + 800, rate), tone(1400, 200, rate), silence(700, rate))),
    ]);
    // Whoever ends a stream has hung up.
    caller?.close();
    await until('it is available', async () => (await gateway.api.recording(id)).state === 'available');
    callee?.close();
    const { recording, audio } = await audioOf(gateway, id);
    expectTones(audio.channels[0], CALLER_PART);
    expectTones(audio.channels[1], CALLEE_PART);
    expect(recording.capture).toMatchObject({ reason: 'hangup', hangupBy: 'caller' });
    await until('the call ends', async () => (await gateway.api.call(callRef)).state === 'ended');
  });
}

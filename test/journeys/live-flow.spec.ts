import { expect } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, type CallRecord, type JsonObject } from '#libs/recording-model';
import type { RecordingDto } from '../../apps/gateway/api-v1/recordings/recording.dto.js';
import {
  composeWav,
  cutByLatenessMs,
  decodeWav,
  expectExactLength,
  Journeys,
  RATE,
  RtpPhone,
  sequence,
  silence,
  SPOKEN_DIALECTS,
  StreamPhone,
  TELEPHONE_EVENT,
  tone,
  tonesIn,
  until,
  type LiveGateway,
  type Route,
  type VendorApp,
} from './support/index.js';

const journeys = new Journeys((config) => (config.speech.engine = 'none'));

const RTP_LEG = { transport: 'rtp', codec: 'PCMU', telephoneEventPayloadType: TELEPHONE_EVENT };
/** Half a second of 600 Hz. */
const GREETING = composeWav([tone(600, 500)], RATE);
const FREQUENCIES = [600, 800, 1200, 1400, 1800];

/** An application whose call is connected; the legs of the call have phones that send from the beginning. */
interface Connected {
  readonly app: VendorApp;
  readonly applicationId: string;
  readonly callRef: string;
  readonly caller: RtpPhone;
  readonly callee: RtpPhone;
}

type Documents = Readonly<Record<string, (app: () => string) => string>>;

/** A FlexML application that answers `/start` and whatever else is named; documents know its address. */
async function flexmlApp(gateway: LiveGateway, documents: Documents): Promise<VendorApp> {
  const known: { app?: VendorApp } = {};
  const routes: Record<string, Route> = { '/greeting.wav': { body: GREETING, contentType: 'audio/wav' } };
  for (const [path, document] of Object.entries(documents)) routes[path] = () => `<Response>${document(() => known.app?.url ?? '')}</Response>`;
  known.app = await gateway.app(routes);
  return known.app;
}

async function place(gateway: LiveGateway, applicationId: string, options: JsonObject = {}, parties = ['caller', 'callee']) {
  const { callRef, media } = await gateway.api.createCall({
    applicationId,
    call: { from: '+15165550138', to: '+15165550137' },
    legs: Object.fromEntries(parties.map((party) => [party, RTP_LEG])),
    fetchDocument: true,
    ...options,
  });
  const phone = (party: string) => gateway.phones.add(new RtpPhone(media[party]?.address ?? ''));
  return { callRef, phone };
}

async function flexmlCall(gateway: LiveGateway, documents: Documents, options: JsonObject = {}): Promise<Connected> {
  const app = await flexmlApp(gateway, documents);
  const settings = { documentUrl: `${app.url}/start`, storageUrl: gateway.url };
  const applicationId = await gateway.api.application('flexml', settings);
  const { callRef, phone } = await place(gateway, applicationId, options);
  return { app, applicationId, callRef, caller: phone('caller'), callee: phone('callee') };
}

const heardIn = (samples: Int16Array | undefined) => tonesIn(samples ?? new Int16Array(0), FREQUENCIES);
const lengthOf = (samples: Int16Array | undefined, hz: number): number =>
  heardIn(samples).filter((each) => each.hz === hz).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);

function ended(gateway: LiveGateway, callRef: string): Promise<CallRecord> {
  return until(`${callRef} has ended`, async () => {
    const call = await gateway.api.call(callRef);
    return call.state === 'ended' && call;
  });
}

function availableOf(gateway: LiveGateway, applicationId: string): Promise<RecordingDto> {
  return until('the recording can be had', async () => {
    const { items } = await gateway.api.get<{ items: RecordingDto[] }>('/v1/recordings?limit=100');
    const found = items.find((each) => each.applicationId === applicationId);
    if (found === undefined || !isTerminal(found.state)) return null;
    const recording = await gateway.api.recording(found.id);
    expect([recording.state, recording.failure]).toEqual(['available', null]);
    return recording;
  });
}

async function audioOf(gateway: LiveGateway, recording: RecordingDto) {
  const audio = decodeWav(await gateway.api.audio(recording.id));
  expectExactLength(recording, audio);
  return audio;
}

/** Says a tone now and then until the other end has heard it. */
async function untilHeard(speaker: RtpPhone, hz: number, listener: RtpPhone): Promise<void> {
  await until(`${hz} Hz is heard`, () => {
    if (speaker.quiet) speaker.say(sequence(tone(hz, 200), silence(100)));
    return lengthOf(listener.heard(), hz) >= 100;
  });
}

journeys.it('what an application plays is heard by the caller, as often as it says, and by nobody else', async (gateway) => {
  const { callRef, caller, callee, app } = await flexmlCall(gateway, {
    '/start': (url) => `<Play loop="2">${url()}/greeting.wav</Play><Play>${url()}/missing.wav</Play><Play>${url()}/greeting.wav</Play><Hangup/>`,
  });
  const call = await ended(gateway, callRef);
  expect(call.endReason).toBe('flow');
  expect(lengthOf(caller.heard(), 600)).toBeGreaterThanOrEqual(1400);
  expect(lengthOf(caller.heard(), 600)).toBeLessThanOrEqual(1600);
  expect(lengthOf(callee.heard(), 600)).toBe(0);
  // Fetched once for the whole call.
  expect(app.at('/greeting.wav')).toHaveLength(1);
  expect(call.warnings.filter((warning) => warning.includes('missing.wav'))).toHaveLength(1);
});

journeys.it('keys are collected while a prompt plays for ever; the first one cuts it off', async (gateway) => {
  const { app, callRef, caller } = await flexmlCall(gateway, {
    '/start': (url) => `<Gather numDigits="2" action="/got"><Play loop="0">${url()}/greeting.wav</Play></Gather>`,
    '/got': () => '<Pause length="1"/><Hangup/>',
  });
  await until('the prompt is heard', () => lengthOf(caller.heard(), 600) >= 700);
  caller.press('4');
  await until('the key is said', () => caller.quiet);
  await delay(400);
  const before = lengthOf(caller.heard(), 600);
  await delay(500);
  expect(lengthOf(caller.heard(), 600)).toBe(before);
  caller.press('2');
  const [got] = await until('the digits arrive', () => app.at('/got').length > 0 && app.at('/got'));
  expect(JSON.parse(got?.text ?? '')).toMatchObject({ Digits: '42' });
  await ended(gateway, callRef);
});

journeys.it('Dial connects the second leg: each hears the other, the recording has both, and the flow goes on when it leaves', async (gateway) => {
  const options = { relay: true, answerOnMedia: true, answered: false, beginWhen: 'answered', ringSeconds: 30 };
  const { app, applicationId, callRef, caller, callee } = await flexmlCall(
    gateway,
    {
      '/start': () => '<Record recordSession="true"/><Dial action="/dialled"><Number>+15165550199</Number></Dial>',
      '/dialled': (url) => `<Play>${url()}/greeting.wav</Play><Hangup/>`,
    },
    options,
  );
  await until('the legs are connected', async () => (await gateway.api.call(callRef)).state === 'bridged');
  await untilHeard(caller, 800, callee);
  await untilHeard(callee, 1400, caller);
  expect(lengthOf(callee.heard(), 1400)).toBe(0);
  await gateway.api.post(`/v1/calls/${callRef}/events`, { type: 'legEnded' });
  await until('the flow goes on', () => app.at('/dialled').length === 1);
  expect((await gateway.api.call(callRef)).state).toBe('answered');
  await until('the caller hears it', () => lengthOf(caller.heard(), 600) >= 400);
  await ended(gateway, callRef);
  expect(lengthOf(callee.heard(), 600)).toBe(0);
  const audio = await audioOf(gateway, await availableOf(gateway, applicationId));
  expect(lengthOf(audio.channels[0], 800)).toBeGreaterThanOrEqual(100);
  expect(lengthOf(audio.channels[0], 1400)).toBeGreaterThanOrEqual(100);
});

journeys.it('what was just recorded is played back and deleted at once', async (gateway) => {
  const record = { record: { barge_in_digits: '#', beep_on_start: false, next_page: { url: '/recorded' } } };
  const pages = { next: '' };
  const app = await gateway.app({
    '/first': () => JSON.stringify({ token: 't', actions: [record] }),
    '/recorded': ({ text }) => {
      pages.next = text;
      const { filename } = (JSON.parse(text) as { action_result: { result: { filename: string } } }).action_result.result;
      return JSON.stringify({
        token: 't',
        actions: [{ play: { play_list: [{ file_to_play: filename }] } }, { delete_file: { filename } }, { sleep: { seconds: 1 } }],
      });
    },
  });
  const settings = { firstPage: `${app.url}/first`, finalPage: `${app.url}/final` };
  const applicationId = await gateway.api.application('aculab', settings);
  const { callRef, phone } = await place(gateway, applicationId, {}, ['caller']);
  const caller = phone('caller');
  caller.say(sequence(silence(600), tone(1800, 600), silence(200)));
  caller.press('#');
  const call = await ended(gateway, callRef);
  expect(call.warnings).toEqual([]);
  expect(lengthOf(caller.heard(), 1800)).toBeGreaterThanOrEqual(400);
  const recording = await availableOf(gateway, applicationId);
  expect(recording.deletedAt).toEqual(expect.any(String));
});

journeys.it('nobody answers: the call ends after its time, and says so', async (gateway) => {
  const app = await flexmlApp(gateway, { '/start': () => '<Hangup/>' });
  const applicationId = await gateway.api.application('flexml', { documentUrl: `${app.url}/start` });
  const { callRef } = await place(gateway, applicationId, { answered: false, beginWhen: 'answered', ringSeconds: 1 });
  const call = await ended(gateway, callRef);
  expect([call.endReason, call.answeredAt, app.at('/start')]).toEqual(['noAnswer', null, []]);
});

journeys.it('a conference of three is recorded once, from its first participant to its last', async (gateway) => {
  const action = { name: 'connectConf', conferenceId: 'standup', record: true, recordingOptions: { destinationUrl: 'sdrive://x/', format: 'wav' } };
  const app = await gateway.app({
    '/sinch': ({ text }) => (text.includes('"ice"') ? JSON.stringify({ action }) : {}),
  });
  const settings = { applicationKey: 'f00dcafe-abba-c0de-1dea-dabb1ed4caf3', applicationSecret: 'ax8hTTQJF0OPXL32r1LHMA==', callbackUrl: `${app.url}/sinch` };
  const applicationId = await gateway.api.application('sinch', settings);
  const join = async () => {
    const { callRef, phone } = await place(gateway, applicationId, {}, ['caller']);
    const caller = phone('caller');
    await until('the call is in the conference', async () => (await gateway.api.call(callRef)).conference?.conferenceId === 'standup');
    return { callRef, phone: caller };
  };
  const anna = await join();
  const ben = await join();
  const cleo = await join();
  await untilHeard(anna.phone, 800, ben.phone);
  await untilHeard(ben.phone, 1200, cleo.phone);
  await untilHeard(cleo.phone, 1400, anna.phone);
  expect(lengthOf(anna.phone.heard(), 800)).toBe(0);
  for (const { callRef } of [anna, ben]) await gateway.api.post(`/v1/calls/${callRef}/events`, { type: 'hangup', party: 'caller' });
  await ended(gateway, ben.callRef);
  cleo.phone.say(tone(1800, 300));
  await until('it is said', () => cleo.phone.quiet);
  await delay(400);
  await gateway.api.post(`/v1/calls/${cleo.callRef}/events`, { type: 'hangup', party: 'caller' });
  const recording = await availableOf(gateway, applicationId);
  expect(recording.callRef).toMatch(/^conf_/);
  expect(recording.call.conferenceId).toBe('standup');
  const { items } = await gateway.api.get<{ items: RecordingDto[] }>('/v1/recordings?limit=100');
  expect(items.filter((each) => each.applicationId === applicationId)).toHaveLength(1);
  const audio = await audioOf(gateway, recording);
  for (const hz of [800, 1200, 1400, 1800]) expect([hz, lengthOf(audio.channels[0], hz) >= 100]).toEqual([hz, true]);
  expect((await gateway.api.call(cleo.callRef)).conference).toBeUndefined();
});

journeys.it("a stream that comes to an application's address is a call whose flow runs", async (gateway) => {
  const app = await flexmlApp(gateway, {
    '/start': () => '<Record recordSession="true"/><Pause length="2"/><Hangup/>',
  });
  const settings = { documentUrl: `${app.url}/start`, storageUrl: gateway.url };
  const applicationId = await gateway.api.application('flexml', settings);
  const { streamUrls } = await gateway.api.get<{ streamUrls: Record<string, string> }>(`/v1/applications/${applicationId}`);
  expect(Object.keys(streamUrls)).toEqual(['raw', 'sinch', 'json']);
  await expect(StreamPhone.open((streamUrls['raw'] ?? '').replace(/.(?=\/raw$)/, 'x'), SPOKEN_DIALECTS.raw)).rejects.toThrow('404');
  const phone = await StreamPhone.open(`${streamUrls['sinch'] ?? ''}?from=%2B15165550111&to=%2B15165550122`, SPOKEN_DIALECTS.sinch);
  await phone.say(sequence(silence(500), tone(1200, 500), silence(500)));
  const recording = await availableOf(gateway, applicationId);
  phone.close();
  // The platform's own name of the call comes with its first message.
  expect(recording.call).toMatchObject({ callId: 'c', from: '+15165550111', to: '+15165550122', direction: 'inbound' });
  expect(JSON.parse(app.at('/start')[0]?.text ?? '')).toMatchObject({ CallSid: 'c', From: '15165550111' });
  const audio = await audioOf(gateway, recording);
  expect(lengthOf(audio.channels[0], 1200)).toBeGreaterThanOrEqual(400);
});

journeys.it('background audio is heard by whoever is recorded, until the recording ends, and is not in the file', async (gateway) => {
  const { callRef, applicationId, caller, callee } = await flexmlCall(gateway, {
    '/start': (url) =>
      `<Record direction="in" finishOnKey="#" trim="do-not-trim" backgroundAudioUrl="${url()}/greeting.wav" backgroundAudioLoop="0"/><Pause length="1"/><Hangup/>`,
  });
  await until('it is heard more than once', () => lengthOf(caller.heard(), 600) >= 800);
  caller.say(tone(1400, 400));
  await until('the tone is said', () => caller.quiet);
  caller.press('#');
  const recording = await availableOf(gateway, applicationId);
  await ended(gateway, callRef);
  const { channels } = await audioOf(gateway, recording);
  const said = lengthOf(channels[0], 1400);
  expect([lengthOf(channels[0], 600), said > 350 - cutByLatenessMs(), said < 450]).toEqual([0, true, true]);
  expect(lengthOf(callee.heard(), 600)).toBe(0);
  const duringMs = recording.capture?.mediaEndMs ?? 0;
  expect(lengthOf(caller.heard(), 600)).toBeLessThanOrEqual(duringMs + 400);
});

import { expect } from '@jest/globals';
import { CarrierxApi, startGreetingApp, type CarrierxAccess } from '../../examples/flexml-app/index.js';
import {
  BEEP_HZ,
  decodeWav,
  expectTones,
  JourneyCall,
  Journeys,
  keyTone,
  silence,
  sequence,
  tone,
  tonesIn,
  until,
  composeWav,
  type LiveGateway,
  type RtpPhone,
  type VendorApp,
} from './support/index.js';

// Prompts take their time in silence, so that the tones of the calls are all that is heard.
const journeys = new Journeys((config) => (config.speech.engine = 'none'));

const wavOf = (samples: Int16Array): Buffer => composeWav([samples], 8000);

/** An account and its endpoint for each journey. */
async function account(
  gateway: LiveGateway,
  name: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly applicationId: string; readonly access: CarrierxAccess }> {
  const access = { baseUrl: `${gateway.url}/carrierx`, token: `token-${name}`, login: name, password: `pw-${name}` };
  const applicationId = await gateway.api.application('flexml', {
    login: access.login,
    password: access.password,
    accountToken: access.token,
    storageUrl: access.baseUrl,
    ...settings,
  });
  return { applicationId, access };
}

interface CoreAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function core(
  { baseUrl = '', token }: CarrierxAccess,
  method: string,
  path: string,
  body?: object | Uint8Array,
): Promise<CoreAnswer> {
  const isBytes = body instanceof Uint8Array;
  const type = isBytes ? 'application/octet-stream' : 'application/json';
  const response = await fetch(`${baseUrl}/core/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    ...(body === undefined ? {} : { body: isBytes ? Buffer.from(body) : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Waits until the phone has heard the tone for that long, after what it had heard before. */
async function hears(phone: RtpPhone, hz: number, ms: number, times = 1): Promise<void> {
  await until(`${hz} Hz is heard`, () => {
    const found = tonesIn(phone.heard(), [hz]).filter(({ fromMs, toMs }) => toMs - fromMs >= ms - 40);
    return found.length >= times;
  });
}

const beeps = (phone: RtpPhone, times = 1): Promise<void> => hears(phone, BEEP_HZ, 400, times);

const bodiesAt = (app: VendorApp, path: string) =>
  app.at(path).map(({ text }) => JSON.parse(text) as Record<string, unknown>);

journeys.it(
  '1 voicemail: callbackUrl and action hear of the recording; the action document says goodbye',
  async (gateway) => {
    const app = await gateway.app({
      '/voicemail': `<?xml version="1.0" encoding="UTF-8"?>
<Response>
    <Say>Leave a message.</Say>
    <Record direction="in" callbackUrl="/voicemail/saved/?email=owner@example.com" action="/voicemail/bye/?email=owner@example.com" method="post" finishOnKey="#"/>
</Response>`,
      '/voicemail/saved/': { status: 204 },
      '/voicemail/bye/': '<Response><Say>Goodbye.</Say><HangUp/></Response>',
      '/ended': { status: 201 },
    });
    const { applicationId } = await account(gateway, 'voicemail', {
      documentUrl: `${app.url}/voicemail`,
      documentMethod: 'GET',
      statusCallbackUrl: `${app.url}/ended`,
    });
    const call = await JourneyCall.place(gateway, { vendor: 'flexml', settings: {}, applicationId });
    await call.reaches(0, 'armed', 'capturing');
    call.caller.say(sequence(tone(600, 500), silence(200)));
    call.callee.say(tone(1400, 300));
    call.caller.press('#');
    await call.ended();
    await until('the end is told', () => app.at('/ended').length > 0);
    expect(app.received[0]).toMatchObject({ method: 'GET', path: '/voicemail' });
    await until('the callback', () => app.at('/voicemail/saved/').length > 0);
    const [saved] = bodiesAt(app, '/voicemail/saved/');
    expect(saved).toMatchObject({ RecordingStatus: 'completed', Direction: 'inbound', AccountSid: '' });
    expect(app.at('/voicemail/bye/')[0]?.url).toBe('/voicemail/bye/?email=owner@example.com');
    expect(bodiesAt(app, '/voicemail/bye/')).toEqual([saved]);
    const file = await fetch(String(saved?.['RecordingUrl']));
    expectTones(decodeWav(new Uint8Array(await file.arrayBuffer())).channels[0], [{ hz: 600, at: 0, ms: 500 }]);
    const [ended] = app.at('/ended');
    expect(ended?.text).toMatch(/^\{"AccountSid":"",.*"CallStatus":"completed",.*"CallDuration":\d+\}$/);
  },
);

journeys.it('2 re-record loop: the called party hears the recording, records again and keeps it', async (gateway) => {
  const { access, applicationId } = await account(gateway, 'greeting');
  const app = await gateway.with(
    startGreetingApp({ port: 0, access, user: 'alice', callingDid: '15165550137', prompt: wavOf(tone(400, 300)) }),
  );
  const callSid = await app.call('15165550138');
  const { items } = await gateway.api.get<{ items: { callRef: string; applicationId: string }[] }>('/v1/calls');
  const callRef = items.find((each) => each.applicationId === applicationId)?.callRef ?? '';
  expect(app.at('/greeting')).toEqual([]);
  const call = await JourneyCall.pickUp(gateway, callRef, ['callee']);
  await hears(call.callee, 400, 300);
  await beeps(call.callee);
  call.callee.say(sequence(tone(600, 500), silence(100)));
  call.callee.say(keyTone('#'));
  await hears(call.callee, 600, 500);
  call.callee.say(keyTone('3'));
  await beeps(call.callee, 2);
  call.callee.say(sequence(tone(800, 500), silence(100)));
  call.callee.say(keyTone('#'));
  await hears(call.callee, 800, 500);
  call.callee.say(keyTone('2'));
  await call.ended();
  await until('the end is told', () => app.kept.size > 0);
  const recorded = app.at('/recorded').map(({ body }) => body);
  const fileSid = String(recorded[0]?.['RecordingFileSid']);
  const link = `${access.baseUrl}/f/${fileSid}`;
  const same = {
    CallSid: callSid,
    Direction: 'outbound-api',
    RecordingUrl: link,
    RecordingFileSid: fileSid,
    RecordingSid: fileSid,
  };
  expect(recorded).toEqual([expect.objectContaining(same), expect.objectContaining(same)]);
  expect(app.at('/review').map(({ body }) => [body['Digits'], body['CallSid']])).toEqual([
    ['3', callSid],
    ['2', callSid],
  ]);
  expect([...app.kept]).toEqual([[fileSid, -1]]);
  expect(app.at('/ended')[0]?.body).toMatchObject({
    CallSid: callSid,
    CallStatus: 'completed',
    CallDuration: expect.any(Number),
  });
  const file = await fetch(link);
  expectTones(decodeWav(new Uint8Array(await file.arrayBuffer())).channels[0], [{ hz: 800, at: 0, ms: 500 }]);
});

journeys.it(
  '3 debug recording: Gather starts at once and its keys do not end the recording of the session',
  async (gateway) => {
    const app = await gateway.app({
      '/call': `<Response>
      <Record recordSession="true" trim="do-not-trim" stringKey1="campaign-12" stringKey2="call-345"/>
      <AMD minsilence="1000" action="/amd"/>
    </Response>`,
      '/amd': `<Response>
      <Gather action="/menu" method="POST" numDigits="2" timeout="20" finishOnKey="_"/>
      <Hangup/>
    </Response>`,
      '/menu': '<Response><Pause length="1"/><Hangup/></Response>',
    });
    const { access, applicationId } = await account(gateway, 'debug', { documentUrl: `${app.url}/call` });
    const call = await JourneyCall.place(gateway, { vendor: 'flexml', settings: {}, applicationId });
    await call.capturing();
    call.caller.say(tone(600, 300));
    call.caller.press('1');
    call.caller.press('5');
    call.caller.say(sequence(silence(200), tone(800, 300)));
    const recording = await call.available();
    await call.ended();
    expect(bodiesAt(app, '/amd')).toEqual([expect.objectContaining({ AMDStatus: 'NOTSURE' })]);
    expect(bodiesAt(app, '/menu')).toEqual([expect.objectContaining({ Digits: '15' })]);
    expect(recording.capture).toMatchObject({ reason: 'hangup' });
    const { body } = await core(
      access,
      'GET',
      `/storage/files?filter=${encodeURIComponent('string_key_2 eq call-345')}`,
    );
    expect(body).toMatchObject({
      count: 1,
      items: [{ string_key_1: 'campaign-12', file_sid: recording.names['fileSid'] }],
    });
    const found = tonesIn(decodeWav(await gateway.api.audio(recording.id)).channels[0] ?? new Int16Array(), [600, 800]);
    expect(found.map(({ hz }) => hz)).toEqual([600, 800]);
  },
);

journeys.it(
  '4 container provisioning: looked for by its key, made once, given more room when nearly full',
  async (gateway) => {
    const { access } = await account(gateway, 'provisioning');
    const filter = `/storage/containers?filter=${encodeURIComponent('string_key_1 eq alice')}`;
    expect((await core(access, 'GET', filter)).body).toMatchObject({ count: 0, items: [] });
    const api = new CarrierxApi(access);
    const sid = await api.containerOf('alice');
    expect(await api.containerOf('alice')).toBe(sid);
    const quota = { quota_files: 1, quota_bytes: 1_000_000 };
    expect((await core(access, 'PATCH', `/storage/containers/${sid}`, quota)).body).toMatchObject(quota);
    const upload = await core(access, 'POST', `/storage/files?container_sid=${sid}&name=a.wav`, wavOf(tone(400, 100)));
    expect(upload.status).toBe(201);
    expect((await core(access, 'GET', filter)).body).toMatchObject({
      count: 1,
      items: [{ available_files_percent: 0 }],
    });
    expect(await api.containerOf('alice')).toBe(sid);
    expect((await core(access, 'GET', `/storage/containers/${sid}`)).body).toMatchObject({
      quota_files: 2,
      quota_bytes: 2_000_000,
      available_files_percent: 50,
    });
  },
);

journeys.it('5 a full container: errorAction is asked, and what it returns is heard', async (gateway) => {
  const { access, applicationId } = await account(gateway, 'full');
  const { body: container } = await core(access, 'POST', '/storage/containers', { quota_files: 1 });
  const sid = String(container['container_sid']);
  await core(access, 'POST', `/storage/files?container_sid=${sid}&name=a.wav`, wavOf(tone(400, 100)));
  const app = await gateway.app({
    '/call': `<Response><Record containerSid="${sid}" action="/saved" errorAction="/full?x=1" errorMethod="POST"/><Hangup/></Response>`,
    '/full': '<Response><Play>/sorry.wav</Play><Say>Not kept.</Say><Hangup/></Response>',
    '/sorry.wav': { body: wavOf(tone(1800, 400)), contentType: 'audio/x-wav' },
  });
  await gateway.api.ask('PATCH', `/v1/applications/${applicationId}`, { settings: { documentUrl: `${app.url}/call` } });
  const call = await JourneyCall.place(gateway, { vendor: 'flexml', settings: {}, applicationId });
  await hears(call.caller, 1800, 400);
  await call.ended();
  const nothing = { RecordingDuration: 0, RecordingSid: '', RecordingFileSid: '', RecordingUrl: '' };
  expect(app.at('/full').map(({ method, url }) => [method, url])).toEqual([['POST', '/full?x=1']]);
  expect(bodiesAt(app, '/full')).toEqual([expect.objectContaining({ RecordingStatus: 'failed', ...nothing })]);
  expect(app.at('/saved')).toEqual([]);
});

journeys.it(
  '6 empty after trim: action is silent, the next verb runs, absent is told to who asked for it',
  async (gateway) => {
    const record = (more: string) => `<Record action="/saved" timeout="1" ${more}/>`;
    const app = await gateway.app({
      '/call': `<Response>${record('recordingStatusCallback="/asked" recordingStatusCallbackEvent="completed,failed,absent"')}
      ${record('recordingStatusCallback="/unasked"')}<Say>Nothing.</Say><Redirect>/next</Redirect></Response>`,
      '/next': '<Response><Hangup/></Response>',
      '/asked': { status: 200 },
    });
    const { applicationId } = await account(gateway, 'empty', { documentUrl: `${app.url}/call` });
    const call = await JourneyCall.place(gateway, { vendor: 'flexml', settings: {}, applicationId });
    await call.ended();
    await until('the status', () => app.at('/asked').length > 0);
    expect(bodiesAt(app, '/asked')).toEqual([expect.objectContaining({ RecordingStatus: 'absent', RecordingUrl: '' })]);
    expect(app.received.map(({ path }) => path).toSorted()).toEqual(['/asked', '/call', '/next']);
    expect((await call.recordings()).map(({ state }) => state)).toEqual(['absent', 'absent']);
  },
);

journeys.it(
  'a call to a DID begins with its document; one that cannot be read brings the error recording',
  async (gateway) => {
    const app = await gateway.app({
      '/did': '<Response><Record',
      '/error.wav': { body: wavOf(tone(2200, 400)), contentType: 'audio/x-wav' },
    });
    const { access, applicationId } = await account(gateway, 'broken', {
      documentUrl: `${app.url}/account`,
      statusCallbackUrl: `${app.url}/ended-account`,
      errorRecordingUrl: `${app.url}/error.wav`,
      callStatusWords: 'older',
    });
    const did = {
      phonenumber: '15165550137',
      url: `${app.url}/did`,
      method: 'GET',
      status_callback_url: `${app.url}/ended`,
    };
    const created = await fetch(`${access.baseUrl}/flexml/v1/dids`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${access.login}:${access.password}`).toString('base64')}` },
      body: JSON.stringify(did),
    });
    expect(created.status).toBe(200);
    const call = await JourneyCall.place(gateway, { vendor: 'flexml', settings: {}, applicationId });
    await hears(call.caller, 2200, 400);
    await call.ended();
    await until('the end is told', () => app.at('/ended').length > 0);
    expect(bodiesAt(app, '/ended')).toEqual([
      expect.objectContaining({ CallStatus: 'app-error', CallDuration: expect.any(Number), To: '15165550137' }),
    ]);
    expect(bodiesAt(app, '/ended')[0]).not.toHaveProperty('statusCallback');
    expect(app.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /did',
      'GET /error.wav',
      'POST /ended',
    ]);
    expect((await gateway.api.call(call.callRef)).endReason).toBe('applicationFailed');
  },
);

journeys.it(
  'calls that nobody takes, and calls that are cancelled, are told to the status callback that was written last',
  async (gateway) => {
    const app = await gateway.app({});
    const { access } = await account(gateway, 'unanswered');
    const api = new CarrierxApi(access);
    const fields = { calling_did: '15165550137', called_did: '15165550138', url: `${app.url}/never` };
    await api.call({ ...fields, timeout: 1, status_callback_url: `${app.url}/unanswered` });
    const sid = await api.call({
      ...fields,
      status_callback_url: `${app.url}/old`,
    });
    const changed = await fetch(`${access.baseUrl}/flexml/v1/calls/${sid}`, {
      method: 'PATCH',
      headers: { authorization: `Basic ${Buffer.from(`${access.login}:${access.password}`).toString('base64')}` },
      body: JSON.stringify({ status_callback_url: `${app.url}/cancelled`, status_callback_method: 'GET' }),
    });
    expect(changed.status).toBe(200);
    await api.cancel(sid);
    await until('both ends are told', () => app.at('/unanswered').length > 0 && app.at('/cancelled').length > 0);
    expect(bodiesAt(app, '/unanswered')).toEqual([
      expect.objectContaining({ CallStatus: 'noanswer', CallDuration: 0 }),
    ]);
    const query = new URL(app.at('/cancelled')[0]?.url ?? '', app.url).searchParams;
    expect([query.get('CallSid'), query.get('CallStatus')]).toEqual([sid, 'cancel']);
    expect([app.at('/never'), app.at('/old')]).toEqual([[], []]);
  },
);

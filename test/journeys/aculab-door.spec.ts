import { expect } from '@jest/globals';
import { createDecipheriv } from 'node:crypto';
import { startAculabApp, WebServices } from '../../examples/aculab-app/index.js';
import {
  BEEP_HZ,
  decodeWav,
  expectTones,
  JourneyCall,
  Journeys,
  sequence,
  silence,
  tone,
  tonesIn,
  until,
  type LiveGateway,
  type Route,
  type VendorApp,
} from './support/index.js';

// Prompts take their time in silence, so that the tones of the calls are all that is heard.
const journeys = new Journeys((config) => (config.speech.engine = 'none'));

const KEY = 'access-key-0123456789';
/** The silence at the end keeps the last tone whole, in the file and in the ear of who hears it. */
const WORDS = sequence(tone(600, 500), silence(200), tone(800, 300), silence(300));

/** A cloud user of its own for each journey. */
function userSettings(user: string): Readonly<Record<string, string>> {
  return { cloudUser: user, accessKey: KEY };
}

function pagesOf(url: string): Readonly<Record<string, string>> {
  return { firstPage: `${url}/first`, finalPage: `${url}/final`, errorPage: `${url}/error` };
}

function cloud(gateway: LiveGateway, user: string): WebServices {
  return new WebServices({ baseUrl: `${gateway.url}/aculab`, user, accessKey: KEY });
}

async function callWith(
  gateway: LiveGateway,
  user: string,
  instance: string,
  routes: Readonly<Record<string, Route>>,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly call: JourneyCall; readonly app: VendorApp }> {
  const app = await gateway.app(routes);
  const settings = { ...pagesOf(app.url), ...userSettings(user), ...more };
  const call = await gateway.place({ vendor: 'aculab', settings, call: { callId: `${instance}.1` }, answered: false });
  return { call, app };
}

const page = (...actions: readonly object[]): string => JSON.stringify({ token: 'ticket', actions });

interface PageBody {
  readonly application_instance_id: string;
  readonly token: string | null;
  readonly is_notification: boolean;
  readonly this_call?: Readonly<Record<string, unknown>>;
  readonly action_result?: {
    readonly action: string;
    readonly result: { readonly filename: string; readonly reason: string };
  };
}

function bodyAt(app: VendorApp, path: string): PageBody {
  return JSON.parse(app.at(path)[0]?.text ?? '{}') as PageBody;
}

/** Whether the party has heard both tones of `WORDS`. */
function heardWords(call: JourneyCall, party: 'caller' | 'callee' = 'caller'): boolean {
  const found = tonesIn(call[party].heard(), [600, 800]);
  return [600, 800].every((hz) => found.some((each) => each.hz === hz && each.toMs - each.fromMs >= 250));
}

journeys.it(
  'voicemail: the message is downloaded right after next_page, heard by its caller, and deleted on the final page',
  async (gateway) => {
    const user = '1-2-0/voicemail@example.com';
    const webServices = { baseUrl: `${gateway.url}/aculab`, user, accessKey: KEY };
    const app = await gateway.with(startAculabApp({ port: 0, webServices }));
    const settings = { ...pagesOf(app.url), ...userSettings(user) };
    const call = await gateway.place({ vendor: 'aculab', settings, answered: false });
    await until('the beep', () => tonesIn(call.caller.heard(), [BEEP_HZ])[0]?.toMs === 400);
    call.caller.say(WORDS);
    call.caller.press('#');
    await call.ended();
    await until('the final page', () => app.received.some(({ url }) => url === '/final'));
    expect(heardWords(call)).toBe(true);
    const [[filename, message] = ['', Buffer.alloc(0)]] = [...app.messages];
    expect(filename).toMatch(/^\/rest_api\/recordings\//);
    expectTones(decodeWav(message).channels[0], [
      { hz: 600, at: 0, ms: 500 },
      { hz: 800, at: 700, ms: 300 },
    ]);
    const final = JSON.parse(app.received.find(({ url }) => url === '/final')?.body ?? '{}') as PageBody;
    expect(final).toMatchObject({ token: filename, this_call: { call_state: 'idle', call_cause: 'completed' } });
    await until('the file is gone', async () => (await app.webServices?.fileGet(filename)) === null);
    expect((await call.recordings())[0]).toMatchObject({ state: 'available' });
    // Inbound calls are answered by the actions of the first page.
    const states = app.received
      .filter(({ url }) => url === '/first' || url === '/next')
      .map(({ body }) => (JSON.parse(body) as PageBody).this_call?.['call_state']);
    expect(states).toEqual(['inbound', 'answered']);
  },
);

journeys.it('the caller hangs up in the middle of a message: what next_page answers still counts', async (gateway) => {
  const [user, instance] = ['1-2-0/hangup@example.com', '5555555555555555.5'];
  const { call, app } = await callWith(gateway, user, instance, {
    '/first': page({ record: { next_page: { url: 'recorded' } } }),
    '/recorded': ({ text }) => {
      const filename = (JSON.parse(text) as PageBody).action_result?.result.filename ?? '';
      return JSON.stringify({ token: `taken ${filename}`, actions: [{ delete_file: { filename } }, { answer: {} }] });
    },
  });
  await call.reaches(0, 'armed', 'capturing');
  call.caller.say(WORDS);
  await call.capturing();
  await call.said();
  await call.hangup('caller');
  await call.ended();
  await until('the final page', () => app.at('/final').length > 0);
  const filename = bodyAt(app, '/recorded').action_result?.result.filename ?? '';
  expect(bodyAt(app, '/final')).toMatchObject({ token: `taken ${filename}`, this_call: { call_cause: 'hung_up' } });
  await until('the file is gone', async () => (await cloud(gateway, user).fileGet(filename)) === null);
  expect((await call.recordings())[0]).toMatchObject({ state: 'available' });
});

journeys.it('an interrupt in the middle of a record: the redirect page goes on, the file is kept', async (gateway) => {
  const [user, instance] = ['1-2-0/interrupt@example.com', '1111111111111111.1'];
  const { call, app } = await callWith(gateway, user, instance, {
    '/first': page({
      record: { id: 'msg-7', next_page: { url: 'recorded' }, recording_available_page: { url: 'available' } },
    }),
    '/available': { status: 204 },
    '/redirected': page({ hang_up: {} }),
  });
  await call.reaches(0, 'armed', 'capturing');
  call.caller.say(WORDS);
  await call.capturing();
  const services = cloud(gateway, user);
  const answer = await services.interrupt(`${instance}/2222222222222222.2`, `${app.url}/redirected?by=operator`);
  expect(answer).toEqual({
    [instance]: { result: 'interrupted', action: 'record' },
    '2222222222222222.2': { result: 'no such application' },
  });
  await call.ended();
  const recording = await call.available();
  await until('all pages', () => app.at('/available').length > 0 && app.at('/final').length > 0);
  expect(app.at('/recorded')).toEqual([]);
  expect(app.at('/redirected')[0]?.url).toBe('/redirected?by=operator');
  const redirected = bodyAt(app, '/redirected');
  expect(redirected.action_result).toMatchObject({
    action: 'record',
    result: { id: 'msg-7', filename: bodyAt(app, '/available').action_result?.result.filename, reason: 'aborted' },
  });
  expect(bodyAt(app, '/available')).toMatchObject({
    is_notification: true,
    token: 'ticket',
    action_result: { action: 'record', result: { id: 'msg-7', file_available: true, reason: 'aborted' } },
  });
  expect(bodyAt(app, '/available')).not.toHaveProperty('this_call');
  const filename = bodyAt(app, '/available').action_result?.result.filename ?? '';
  expect((await services.fileGet(filename))?.length).toBe(recording.rendition?.sizeBytes);
  expect(await services.interrupt(instance)).toEqual({ [instance]: { result: 'application already completed' } });
});

journeys.it(
  'an interrupt without a redirect page: the final page ends the run; the whole call was recorded',
  async (gateway) => {
    const [user, instance] = ['1-2-0/stop@example.com', '3333333333333333.3'];
    const sleeping = page({ sleep: { seconds: 60 } }, { play: { play_list: [{ text_to_say: 'never' }] } });
    const { call, app } = await callWith(gateway, user, instance, { '/first': sleeping }, { callRecording: 'true' });
    await call.reaches(0, 'capturing');
    call.caller.say(WORDS);
    await call.said();
    await until('the sleep is cut off', async () => {
      const answer = (await cloud(gateway, user).interrupt(instance)) as Record<string, { action?: string }>;
      return answer[instance]?.action === 'sleep';
    });
    await call.ended();
    await until('the final page', () => app.at('/final').length > 0);
    expect(app.received.map(({ path }) => path)).toEqual(['/first', '/final']);
    const { this_call: first } = bodyAt(app, '/first');
    const { this_call: info } = bodyAt(app, '/final');
    expect(first).not.toHaveProperty('call_recording_filename');
    const filename = String(info?.['call_recording_filename']);
    expect(filename).toMatch(/^\/rest_api\/recordings\/.+_3333333333333333\.3\d{6}\.wav$/);
    const audio = decodeWav((await cloud(gateway, user).fileGet(filename)) ?? Buffer.alloc(0));
    expect(tonesIn(audio.channels[0] ?? new Int16Array(), [600, 800]).map(({ hz }) => hz)).toEqual([600, 800]);
  },
);

journeys.it('a file that cannot be played: error page, then final page', async (gateway) => {
  const play = { play: { play_list: [{ file_to_play: 'prompts/none.wav' }] } };
  const { call, app } = await callWith(gateway, '1-2-0/play@example.com', '6666666666666666.6', {
    '/first': page({ sleep: { seconds: 0 } }, play, { sleep: { seconds: 60 } }),
  });
  await call.ended();
  await until('all pages', () => app.at('/final').length > 0);
  expect(app.received.map(({ path }) => path)).toEqual(['/first', '/error', '/final']);
  expect(bodyAt(app, '/error')).toMatchObject({
    error_result: {
      action: 'play',
      action_index: 1,
      result: expect.stringMatching(/^\/prompts\/none\.wav is not played: .+ \(line 1, column \d+\)$/),
    },
  });
});

journeys.it('nobody spoke: playing and deleting what was recorded does no harm', async (gateway) => {
  const { call, app } = await callWith(gateway, '1-2-0/mute@example.com', '7777777777777777.7', {
    '/first': page({ record: { milliseconds_max_initial_silence: 300, next_page: { url: 'recorded' } } }),
    '/recorded': ({ text }) => {
      const filename = (JSON.parse(text) as PageBody).action_result?.result.filename ?? '';
      return page({ play: { play_list: [{ file_to_play: filename }] } }, { delete_file: { filename } });
    },
  });
  await call.ended();
  await until('the final page', () => app.at('/final').length > 0);
  expect(app.received.map(({ path }) => path)).toEqual(['/first', '/recorded', '/final']);
});

journeys.it('an encrypted message: nothing of it is readable in the store, and it is played back', async (gateway) => {
  const [user, instance] = ['1-2-0/secret@example.com', '4444444444444444.4'];
  const cipher = {
    type: 'aescbc',
    key: '000102030405060708090a0b0c0d0e0f1011121314151617',
    vector: 'f0e0d0c0b0a090807060504030201000',
  };
  const { call, app } = await callWith(gateway, user, instance, {
    '/first': page({ record: { encryption_cipher: cipher, beep_on_start: true, next_page: { url: 'recorded' } } }),
    '/recorded': ({ text }) => {
      const filename = (JSON.parse(text) as PageBody).action_result?.result.filename ?? '';
      const play = { play_list: [{ file_to_play: filename, decryption_cipher: cipher }] };
      return page({ play }, { hang_up: {} });
    },
  });
  await until('the beep', () => tonesIn(call.caller.heard(), [BEEP_HZ])[0]?.toMs === 400);
  call.caller.say(WORDS);
  call.caller.press('#');
  await call.ended();
  expect(heardWords(call)).toBe(true);
  const stored = await cloud(gateway, user).fileGet(bodyAt(app, '/recorded').action_result?.result.filename ?? '');
  expect(stored?.includes('RIFF')).toBe(false);
  const decipher = createDecipheriv('aes-192-cbc', Buffer.from(cipher.key, 'hex'), Buffer.from(cipher.vector, 'hex'));
  const wav = Buffer.concat([decipher.update(stored ?? Buffer.alloc(0)), decipher.final()]);
  expectTones(decodeWav(wav).channels[0], [
    { hz: 600, at: 0, ms: 500 },
    { hz: 800, at: 700, ms: 300 },
  ]);
  expect(gateway.log.join('\n')).not.toContain(cipher.key);
});

journeys.it(
  'an outbound run: the first page is asked when the call is answered, and the called party is recorded',
  async (gateway) => {
    const user = '1-2-0/outbound@example.com';
    const app = await gateway.app({
      '/first': page({ record: { milliseconds_max_silence: 1000, next_page: { url: 'recorded' } } }),
      '/recorded': page(),
    });
    const service = { serviceName: 'reminders', servicePassword: 'password-of-the-service' };
    const applicationId = await gateway.api.application('aculab', {
      ...pagesOf(app.url),
      ...userSettings(user),
      ...service,
    });
    const authorization = `Basic ${Buffer.from(`${user}/reminders:${service.servicePassword}`).toString('base64')}`;
    const restCalls = {
      to: 'tel:441908000002',
      from: '441908000001',
      token: 'ticket-4711',
      outbound_parameters: 'visit=7',
    };
    const started = await fetch(
      `${gateway.url}/aculab/service_start?rest_calls=${encodeURIComponent(JSON.stringify(restCalls))}`,
      {
        headers: { authorization },
      },
    );
    const [reference = ''] = (await started.json()) as string[];
    const { items } = await gateway.api.get<{ items: { callRef: string; applicationId: string }[] }>('/v1/calls');
    const { callRef = '' } = items.find((each) => each.applicationId === applicationId) ?? {};
    expect(app.received).toEqual([]);
    const call = await JourneyCall.pickUp(gateway, callRef, ['callee']);
    await call.reaches(0, 'armed', 'capturing');
    call.callee.say(WORDS);
    await call.available();
    await call.ended();
    await until('the final page', () => app.at('/final').length > 0);
    expect(bodyAt(app, '/first')).toMatchObject({
      application_instance_id: reference,
      token: 'ticket-4711',
      this_call: {
        call_direction: 'out',
        call_from: '441908000001',
        call_to: 'tel:441908000002',
        call_state: 'answered',
        outbound_parameters: 'visit=7',
      },
    });
    expect(bodyAt(app, '/recorded').action_result).toMatchObject({
      result: { reason: 'silence', contains_sound: true },
    });
  },
);

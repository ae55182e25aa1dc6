import { createDecipheriv } from 'node:crypto';
import { expect } from '@jest/globals';
import type { RecordingDto } from '../../apps/gateway/api-v1/recordings/recording.dto.js';
import { startAculabApp } from '../../examples/aculab-app/index.js';
import {
  BEEP_HZ,
  CALLER_PART,
  decodeWav,
  expectExactLength,
  expectTones,
  Journeys,
  sequence,
  silence,
  talk,
  tone,
  tonesIn,
  until,
  type JourneyCall,
  type LiveGateway,
  type Received,
  type Route,
  type VendorApp,
  aculabMessageSpec,
} from './support/index.js';

// Prompts take their time in silence, so that the tones of the calls are all that is heard.
const journeys = new Journeys((config) => (config.speech.engine = 'none'));

const INSTANCE = '04f01fb92e8913a8.62100';
const CALL = { callId: `${INSTANCE}.1`, from: '441908000001', to: '441908000002' };

interface Placed {
  readonly call: JourneyCall;
  readonly app: VendorApp;
}

/** Places a call of an application whose first page answers with these actions. */
async function callWith(
  gateway: LiveGateway,
  actions: readonly object[],
  pages: Readonly<Record<string, Route>> = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<Placed> {
  const app = await gateway.app({
    '/first': JSON.stringify({ token: 'ticket-4711', actions }),
    '/available': { status: 204 },
    ...pages,
  });
  const call = await gateway.place({
    vendor: 'aculab',
    settings: {
      firstPage: `${app.url}/first`,
      finalPage: `${app.url}/final`,
      errorPage: `${app.url}/error`,
      applicationParameters: 'env=live',
      ...settings,
    },
    call: CALL,
  });
  return { call, app };
}

const page = (...actions: readonly object[]): string => JSON.stringify({ token: 'ticket-4711', actions });
const PAUSE_AND_END = page({ play: { play_list: [{ text_to_say: 'Thank you for this.' }] } }, { hang_up: {} });

interface Told {
  readonly token?: string | null;
  readonly state?: string;
  readonly cause?: string;
  readonly more?: object;
}

/** The instance info (contract §1.3) as the page got it; length and day of the call are taken from the request itself. */
function expectInstanceInfo(
  request: Received | undefined,
  { token = 'ticket-4711', state = 'answered', cause, more = {} }: Told,
): void {
  const got = JSON.parse(request?.text ?? '{}') as {
    log_filename: string;
    this_call: { seconds_call_duration: number };
  };
  expect(got.log_filename).toMatch(/^\/rest_logs\/\d{4}\/\d\d\/\d\d\/04f01fb92e8913a8\.62100\.txt$/);
  expect(got.this_call.seconds_call_duration).toBeGreaterThanOrEqual(0);
  expect(request?.text).toMatch(/"seconds_call_duration":\d+\.\d[,}]/);
  expect(got).toEqual({
    application_instance_id: INSTANCE,
    token,
    log_filename: got.log_filename,
    is_notification: false,
    this_call: {
      call_id: CALL.callId,
      call_direction: 'in',
      call_from: CALL.from,
      call_to: CALL.to,
      call_target: CALL.to,
      call_divert: '',
      seconds_call_duration: got.this_call.seconds_call_duration,
      call_state: state,
      ...(cause === undefined ? {} : { call_cause: cause, call_raw_cause: '200' }),
      application_parameters: 'env=live',
    },
    ...more,
  });
}

/** `action_result` of contract §5.3 as text: member order and the one decimal matter. */
function resultText(
  recording: RecordingDto,
  available: boolean,
  reason: string,
  facts: { readonly id?: string; readonly sound?: boolean; readonly key?: string } = {},
): string {
  const tenths = Math.floor(((recording.rendition?.samples ?? 0) * 10) / 8000 + 0.5);
  const { id = '', sound = true, key } = facts;
  return (
    `"action_result":{"action":"record","result":{"id":"${id}","filename":"${filenameOf(recording)}","file_available":${available},` +
    `"contains_sound":${sound},"seconds_duration":${Math.floor(tenths / 10)}.${tenths % 10},"reason":"${reason}"${key === undefined ? '' : `,"barge_in_digit":"${key}"`}}}}`
  );
}

/** Contract §5.4. */
function filenameOf({ startedAt, createdAt }: RecordingDto): string {
  const at = startedAt ?? createdAt;
  return `/rest_api/recordings/${at.slice(0, 10).replaceAll('-', '/')}/${at.slice(11, 19).replaceAll(':', '_')}_${INSTANCE}.wav`;
}

async function audioOf(call: JourneyCall, recording: RecordingDto) {
  const audio = decodeWav(await call.api.audio(recording.id));
  expectExactLength(recording, audio);
  return audio;
}

/** Contract §4: the whole file is one AES-CBC stream with PKCS#7 padding. */
function decrypted(bytes: Buffer, cipher: { readonly key: string; readonly vector: string }): Buffer {
  const decipher = createDecipheriv('aes-128-cbc', Buffer.from(cipher.key, 'hex'), Buffer.from(cipher.vector, 'hex'));
  return Buffer.concat([decipher.update(bytes), decipher.final()]);
}

journeys.it(
  'the sample application: play, beep, record until #, next page, play, hang up; the available page after',
  async (gateway) => {
    const app = await gateway.with(startAculabApp({ port: 0 }));
    const settings = {
      firstPage: `${app.url}/first`,
      finalPage: `${app.url}/final`,
      errorPage: `${app.url}/error`,
      applicationParameters: 'env=live',
    };
    const call = await gateway.place({ vendor: 'aculab', settings, call: CALL });
    await call.reaches(0, 'armed', 'capturing');
    await until('the beep', () => tonesIn(call.caller.heard(), [BEEP_HZ])[0]?.toMs === 400);
    call.caller.say(silence(300));
    call.callee.say(silence(300));
    await talk(call);
    call.caller.press('#');
    const recording = await call.available();
    await call.ended();
    await until('all pages', () => app.received.length >= 4);
    const at = (path: string) => app.received.find(({ url }) => url === path);
    expect(app.received.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual([
      'POST /available',
      'POST /final',
      'POST /first',
      'POST /next',
    ]);
    expect(app.received.slice(0, 2).map(({ url }) => url)).toEqual(['/first', '/next']);
    expect(at('/next')?.body).toContain(resultText(recording, false, 'bargein', { id: 'message-1', key: '#' }));
    expect(at('/available')?.body).toContain(resultText(recording, true, 'bargein', { id: 'message-1', key: '#' }));
    expect(recording.spec).toEqual(aculabMessageSpec(app.url));
    const audio = await audioOf(call, recording);
    const [first] = expectTones(audio.channels[0], CALLER_PART);
    // It begins at the first sound; a moment before it is kept.
    expect(first?.fromMs).toBeLessThanOrEqual(150);
    expect(tonesIn(call.callee.heard(), [BEEP_HZ])).toEqual([]);
  },
);

/** Contract §2, the full form. */
journeys.it('the full form: µ-law, its own id and keys; every request says what the contract says', async (gateway) => {
  const cipher = {
    type: 'aescbc',
    key: '00112233445566778899aabbccddeeff',
    vector: '0f0e0d0c0b0a09080706050403020100',
  };
  const { call, app } = await callWith(
    gateway,
    [
      {
        record: {
          id: 'msg-1',
          barge_in_digits: '*#1',
          seconds_max_duration: 120,
          milliseconds_max_silence: 5000,
          milliseconds_max_initial_silence: 8000,
          format: 'ulaw',
          beep_on_start: true,
          encryption_cipher: cipher,
          next_page: { url: 'recorded?a=1', method: 'POST' },
          recording_available_page: { url: '/available' },
        },
      },
    ],
    { '/recorded': PAUSE_AND_END },
  );
  await until('the beep', () => tonesIn(call.caller.heard(), [BEEP_HZ])[0]?.toMs === 400);
  await talk(call);
  call.caller.press('1');
  const recording = await call.available();
  await call.ended();
  await until('all pages', () => app.received.length >= 4);
  const [first] = app.at('/first');
  const [next] = app.at('/recorded');
  const [available] = app.at('/available');
  const [final] = app.at('/final');
  expect([next?.url, next?.headers['content-type']]).toEqual(['/recorded?a=1', 'application/json; charset=utf-8']);
  expectInstanceInfo(first, { token: null });
  expectInstanceInfo(next, {
    more: { action_result: (JSON.parse(next?.text ?? '{}') as { action_result: unknown }).action_result },
  });
  const facts = { id: 'msg-1', key: '1' };
  expect(next?.text.endsWith(resultText(recording, false, 'bargein', facts))).toBe(true);
  const { log_filename: log } = JSON.parse(next?.text ?? '{}') as { log_filename: string };
  expect(available?.text).toBe(
    `{"application_instance_id":"${INSTANCE}","token":"ticket-4711","log_filename":"${log}","is_notification":true,${resultText(recording, true, 'bargein', facts)}`,
  );
  expectInstanceInfo(final, { state: 'idle', cause: 'completed' });
  const stored = Buffer.from(await call.api.audio(recording.id));
  expect(stored.includes('RIFF')).toBe(false);
  const audio = decodeWav(decrypted(stored, cipher));
  expectExactLength(recording, audio);
  expectTones(audio.channels[0], CALLER_PART);
  expect(recording.spec).toMatchObject({
    format: { container: 'wav', codec: 'mulaw' },
    encryption: { cipher: 'aes-cbc', keyBits: 128 },
  });
});

journeys.it('silence after the words ends it', async (gateway) => {
  const { call, app } = await callWith(
    gateway,
    [{ record: { milliseconds_max_silence: 1000, next_page: { url: 'recorded' } } }],
    { '/recorded': PAUSE_AND_END },
  );
  await call.reaches(0, 'armed');
  call.caller.say(sequence(tone(600, 600), silence(300), tone(800, 300)));
  const recording = await call.available();
  await call.ended();
  expect(app.at('/recorded')[0]?.text.endsWith(resultText(recording, false, 'silence'))).toBe(true);
  const audio = await audioOf(call, recording);
  const heard = expectTones(audio.channels[0], [
    { hz: 600, at: 0, ms: 600 },
    { hz: 800, at: 900, ms: 300 },
  ]);
  // The silence that ended it stays in the file.
  const silentMs = (audio.samples * 1000) / 8000 - (heard[1]?.toMs ?? 0);
  expect(Math.abs(silentMs - 1000)).toBeLessThanOrEqual(100);
  expect(app.at('/available')).toEqual([]);
});

journeys.it('nobody speaks: the next page hears of a silent recording', async (gateway) => {
  const { call, app } = await callWith(
    gateway,
    [
      {
        record: {
          milliseconds_max_initial_silence: 1000,
          next_page: { url: 'recorded' },
          recording_available_page: { url: 'available' },
        },
      },
    ],
    { '/recorded': PAUSE_AND_END },
  );
  const recording = await call.reaches(0, 'absent');
  await call.ended();
  await until('all pages', () => app.received.length >= 3);
  expect(app.received.map(({ path }) => path)).toEqual(['/first', '/recorded', '/final']);
  expect(app.at('/recorded')[0]?.text.endsWith(resultText(recording, false, 'silence', { sound: false }))).toBe(true);
});

journeys.it(
  'the longest duration ends it after exactly as many samples, counted from the first sound',
  async (gateway) => {
    const { call, app } = await callWith(
      gateway,
      [{ record: { seconds_max_duration: 1, next_page: { url: 'recorded', method: 'GET' } } }],
      { '/recorded': PAUSE_AND_END },
    );
    await call.reaches(0, 'armed');
    call.caller.say(sequence(silence(500), tone(600, 2000)));
    const recording = await call.available();
    await call.ended();
    const audio = await audioOf(call, recording);
    expect(audio.samples).toBe(8000);
    const [request] = app.at('/recorded');
    expect(request?.method).toBe('GET');
    const info = new URL(request?.url ?? '', app.url).searchParams.get('instance_info') ?? '';
    expect(info.endsWith(resultText(recording, false, 'duration'))).toBe(true);
  },
);

journeys.it(
  'the far end hangs up: the next page is told, its actions have no effect, the final page follows',
  async (gateway) => {
    const { call, app } = await callWith(
      gateway,
      [{ record: { next_page: { url: 'recorded' }, milliseconds_max_silence: 20_000 } }],
      { '/recorded': page({ redirect: { next_page: { url: 'never' } } }) },
    );
    await call.reaches(0, 'armed');
    await talk(call);
    await call.hangup('caller');
    const recording = await call.available();
    await call.ended();
    await until('the final page', () => app.at('/final').length > 0);
    expect(app.received.map(({ path }) => path)).toEqual(['/first', '/recorded', '/final']);
    expect(app.at('/recorded')[0]?.text.endsWith(resultText(recording, false, 'hangup'))).toBe(true);
    expectInstanceInfo(app.at('/final')[0], { state: 'idle', cause: 'hung_up' });
    expectTones((await audioOf(call, recording)).channels[0], CALLER_PART);
  },
);

journeys.it('a stop command over the API: aborted', async (gateway) => {
  const { call, app } = await callWith(gateway, [{ record: { barge_in_digits: '', next_page: { url: 'recorded' } } }], {
    '/recorded': PAUSE_AND_END,
  });
  await call.reaches(0, 'armed');
  await talk(call);
  call.caller.press('#');
  await call.said();
  const { id } = await call.capturing();
  await call.control(id, 'stop');
  const recording = await call.available();
  await call.ended();
  expect(app.at('/recorded')[0]?.text.endsWith(resultText(recording, false, 'aborted'))).toBe(true);
});

journeys.it('a page that breaks the contract: error page, then final page', async (gateway) => {
  const { call, app } = await callWith(
    gateway,
    [{ record: { seconds_max_duration: 'long', next_page: { url: 'recorded' } } }],
    { '/error': JSON.stringify({ token: 'it went wrong' }), '/final': '{}' },
  );
  await until('the call ends', async () => (await gateway.api.call(call.callRef)).state === 'ended');
  await until('both pages', () => app.received.length >= 3);
  expect(app.received.map(({ path }) => path)).toEqual(['/first', '/error', '/final']);
  const { error_result: error } = JSON.parse(app.at('/error')[0]?.text ?? '{}') as {
    error_result: { action: string; result: string };
  };
  expect(error.action).toBe('record');
  expect(error.result).toContain('seconds_max_duration');
  // The token that the error page gives is the last one (contract §1.3).
  expect(JSON.parse(app.at('/final')[0]?.text ?? '{}')).toMatchObject({ token: 'it went wrong' });
  expect(await call.recordings()).toEqual([]);
  expect((await gateway.api.call(call.callRef)).warnings.join('\n')).not.toContain('final_page');
});

/** Contract §1.8. */
journeys.it('version 1: no next page, the following action runs; the result has three members', async (gateway) => {
  const quick = { seconds_max_duration: 1, milliseconds_max_silence: 20_000 };
  const { call, app } = await callWith(
    gateway,
    [{ record: quick }, { record: { ...quick, next_page: { url: 'recorded' } } }],
    { '/recorded': PAUSE_AND_END },
    { apiVersion: '1' },
  );
  await call.reaches(0, 'armed');
  call.caller.say(tone(600, 600));
  await call.available(0);
  await call.reaches(1, 'armed');
  call.caller.say(tone(600, 600));
  await call.ended();
  await until('the page', () => app.at('/recorded').length > 0);
  const [request] = app.at('/recorded');
  expect(JSON.parse(request?.text ?? '{}')).not.toHaveProperty('is_notification');
  expect(request?.text).toMatch(
    /"action_result":\{"action":"record","result":\{"filename":"\/rest_api\/recordings\/[^"]+\.wav","contains_sound":true,"seconds_duration":1\.0\}\}\}$/,
  );
});

import { expect } from '@jest/globals';
import { Crossbar, startKazooApp, type KazooApp } from '../../examples/kazoo-app/index.js';
import {
  decodeWav,
  expectExactLength,
  Journeys,
  sequence,
  silence,
  tone,
  tonesIn,
  TONES_HZ,
  until,
  type JourneyCall,
  type LiveGateway,
} from './support/index.js';

const journeys = new Journeys();

const ACCOUNT = '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5';
const LOGIN = { accountName: 'Acme, Inc.', user: 'Jane', password: 'correct horse' };
const USER = { module: 'user', data: { id: '6c2f1bd4e6d44b3f9d1f1b3f7d0a9c11' }, children: {} };

interface Account {
  readonly applicationId: string;
  readonly app: KazooApp;
  readonly crossbar: Crossbar;
}

/** An account at the gateway, the application that takes its files, and its client of the REST API. */
async function account(gateway: LiveGateway, accountId = ACCOUNT, login = LOGIN): Promise<Account> {
  const applicationId = await gateway.api.application('kazoo', {
    accountId,
    accountName: login.accountName,
    userName: login.user,
    userPassword: login.password,
    urlBlacklist: '',
  });
  const app = await gateway.with(startKazooApp({ port: 0 }));
  return { applicationId, app, crossbar: await Crossbar.logIn(login, `${gateway.url}/kazoo/v2`) };
}

/** Places a call at the number that a callflow was stored for. */
function callTo(
  gateway: LiveGateway,
  { applicationId }: Account,
  number: string,
  callId: string,
): Promise<JourneyCall> {
  return gateway.place({
    vendor: 'kazoo',
    settings: {},
    applicationId,
    call: { callId, from: '1001@acme.sip.example.com', to: `${number}@acme.sip.example.com` },
  });
}

async function say(call: JourneyCall, hz: number): Promise<void> {
  call.caller.say(sequence(silence(300), tone(hz, 300), silence(300)));
  await call.said();
}

/** The file that was uploaded for a recording. */
function uploaded(app: KazooApp, recordingId: string): Promise<Buffer> {
  return until('the upload', () => app.files.get(recordingId));
}

journeys.it('a stored callflow records the calls to its number; metaflows mask, unmask and stop', async (gateway) => {
  const customer = await account(gateway);
  const { crossbar, app } = customer;
  await crossbar.storeCallflow({
    name: 'support line',
    numbers: ['2000'],
    flow: {
      module: 'record_call',
      data: { action: 'start', format: 'wav', url: `${app.url}/kzr` },
      children: { _: USER },
    },
  });
  const callId = '7f3a2c1e@192.0.2.10';
  const call = await callTo(gateway, customer, '2000', callId);
  await call.capturing();
  expect((await crossbar.ask('GET', '/channels')).body.data).toEqual([
    expect.objectContaining({ uuid: callId, answered: true, destination: '2000' }),
  ]);
  await say(call, 600);
  const mask = await crossbar.steer(callId, { action: 'mask' });
  expect([mask.status, mask.body.data]).toEqual([202, 'metaflow sent']);
  await say(call, 1200);
  await crossbar.steer(callId, { action: 'unmask' });
  await say(call, 800);
  await crossbar.steer(callId, { action: 'stop' });
  const recording = await call.available();
  const file = await uploaded(app, recording.names['recordingId'] ?? '');
  expect(app.received.map(({ method, url }) => [method, url.split('?')[0]])).toEqual([
    ['PUT', '/kzr/call_recording_7f3a2c1e%40192.0.2.10.wav'],
  ]);
  const audio = decodeWav(file);
  expectExactLength(recording, audio);
  const heard = tonesIn(audio.channels[0] ?? new Int16Array(), TONES_HZ, 16_000);
  expect(heard.map(({ hz }) => hz)).toEqual([600, 800]);
  // The masked stretch is in the file, as silence: 0.9 s twice lie between the two beginnings.
  expect((heard[1]?.fromMs ?? 0) - (heard[0]?.fromMs ?? 0)).toBeGreaterThanOrEqual(1700);
  // The schema's defaults were filled in when the callflow was saved (contract §4.4).
  expect(recording.spec).toMatchObject({ maxDurationMs: 3_600_000, labels: { origin: 'callflow : support line' } });
  expect(recording.capture?.reason).toBe('stopCommand');
  expect((await call.recordings()).length).toBe(1);
  expect((await crossbar.hangUp(callId)).status).toBe(202);
  await call.ended();
  expect((await crossbar.ask('GET', '/channels')).body.data).toEqual([]);
  expect((await crossbar.steer(callId, { action: 'start' })).status).toBe(404);
});

journeys.it('a call to a pattern; a metaflow starts a second recording, and stop ends the latest', async (gateway) => {
  const applicationId = await gateway.api.application('kazoo', { apiKey: 'f0'.repeat(32), urlBlacklist: '' });
  const app = await gateway.with(startKazooApp({ port: 0 }));
  const token = await fetch(`${gateway.url}/kazoo/v2/api_auth`, {
    method: 'PUT',
    body: JSON.stringify({ data: { api_key: 'f0'.repeat(32) } }),
  });
  const { auth_token: authToken, data } = (await token.json()) as { auth_token: string; data: { account_id: string } };
  const below = `${gateway.url}/kazoo/v2/accounts/${data.account_id}`;
  const ask = (method: string, path: string, body: object) =>
    fetch(below + path, { method, body: JSON.stringify({ ...body, auth_token: authToken }) });
  const start = {
    module: 'record_call',
    data: { format: 'wav', url: `${app.url}/kzr`, label: 'flow' },
    children: { _: USER },
  };
  expect((await ask('PUT', '/callflows', { data: { patterns: ['^3[0-9]{3}$'], flow: start } })).status).toBe(201);
  const call = await gateway.place({
    vendor: 'kazoo',
    settings: {},
    applicationId,
    call: { callId: 'call-2@192.0.2.10', from: '1001', to: '3456' },
  });
  await call.capturing();
  const metaflow = (more: object) =>
    ask('PUT', '/channels/call-2@192.0.2.10', { action: 'metaflow', data: { module: 'record_call', data: more } });
  expect((await metaflow({ action: 'start', format: 'wav', url: `${app.url}/kzr/live`, origin: 'agent' })).status).toBe(
    202,
  );
  await call.capturing(1);
  await say(call, 600);
  await metaflow({ action: 'stop' });
  const second = await call.available(1);
  await say(call, 800);
  await call.hangup('caller');
  const first = await call.available(0);
  await call.ended();
  expect([first, second].map(({ spec, capture }) => [spec.labels['origin'], capture?.reason])).toEqual([
    ['callflow : flow', 'hangup'],
    ['agent', 'stopCommand'],
  ]);
  const whole = decodeWav(await uploaded(app, first.names['recordingId'] ?? ''));
  expect(tonesIn(whole.channels[0] ?? new Int16Array(), TONES_HZ, 16_000).map(({ hz }) => hz)).toEqual([600, 800]);
});

/** Keys of the caller, one after the other, and the time without keys after which they are looked up. */
async function press(call: JourneyCall, keys: string): Promise<void> {
  for (const key of keys) {
    call.caller.press(key);
    call.caller.say(silence(60));
  }
  call.caller.say(silence(600));
  await call.said();
}

journeys.it('a callflow runs another one; keys of the telephone mask, unmask, stop and start; a transfer runs a third', async (gateway) => {
  const customer = await account(gateway, 'b'.repeat(32), { ...LOGIN, accountName: 'Keys Ltd' });
  const { crossbar, app } = customer;
  const record = (action: string, more: object = {}) => ({ module: 'record_call', data: { action, ...more } });
  const metaflows = {
    digit_timeout: 400,
    numbers: {
      71: record('start', { format: 'wav', url: `${app.url}/kzr/keys`, origin: 'keys' }),
      72: record('mask'),
      73: record('unmask'),
      74: record('stop'),
    },
  };
  expect((await crossbar.ask('POST', '/metaflows', { data: metaflows })).status).toBe(200);
  const recording = await crossbar.storeCallflow({
    name: 'recorded',
    numbers: ['3001'],
    flow: { ...record('start', { format: 'wav', url: `${app.url}/kzr` }), children: {} },
  });
  await crossbar.storeCallflow({
    name: 'support line',
    numbers: ['3000'],
    flow: { module: 'callflow', data: { id: recording }, children: { _: USER } },
  });
  const call = await callTo(gateway, customer, '3000', 'keys-1@192.0.2.10');
  await call.capturing();
  await say(call, 600);
  await press(call, '*72');
  await say(call, 1200);
  await press(call, '*73');
  await say(call, 800);
  await press(call, '*74');
  const first = await call.available();
  expect([first.spec.labels['origin'], first.capture?.reason]).toEqual(['callflow : recorded', 'stopCommand']);
  const audio = decodeWav(await uploaded(app, first.names['recordingId'] ?? ''));
  const heard = tonesIn(audio.channels[0] ?? new Int16Array(), TONES_HZ, 16_000).map(({ hz }) => hz);
  expect(heard.filter((hz) => [600, 800, 1200].includes(hz))).toEqual([600, 800]);
  await press(call, '*71');
  await call.capturing(1);
  await crossbar.storeCallflow({
    name: 'second line',
    numbers: ['4000'],
    flow: { ...record('start', { format: 'wav', url: `${app.url}/kzr/second` }), children: { _: USER } },
  });
  const transfer = () => crossbar.ask('POST', '/channels/keys-1@192.0.2.10', { action: 'transfer', data: { target: '4000' } });
  expect((await transfer()).status).toBe(400);
  await call.event({ type: 'bridged' });
  const moved = await transfer();
  expect([moved.status, moved.body.data]).toEqual([202, 'transfer initiated']);
  await call.capturing(2);
  await call.hangup('caller');
  const [second, third] = [await call.available(1), await call.available(2)];
  await call.ended();
  // A recording that a metaflow has started follows transfers in 4.3 (contract §1.2).
  expect([second, third].map(({ spec, capture }) => [spec.labels['origin'], capture?.reason])).toEqual([
    ['keys', 'hangup'],
    ['callflow : second line', 'hangup'],
  ]);
  expect(second.names['interactionId']).toBe(first.names['interactionId']);
});

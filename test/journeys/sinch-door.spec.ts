import { expect } from '@jest/globals';
import { startSinchApp } from '../../examples/sinch-app/index.js';
import {
  CONVERSATION,
  decodeWav,
  expectExactLength,
  expectTones,
  JourneyCall,
  Journeys,
  sequence,
  silence,
  talk,
  tone,
  until,
} from './support/index.js';
import { hzIn, readCallback, SECRET, SinchApplication, sounds, type Callback } from './support/sinch-application.js';

const journeys = new Journeys();

const CONNECT = { name: 'connectPstn', number: '+46700000000' };

journeys.it('ICE, ACE, PIE and DiCE: a menu, cookies, and the call resource of ICE', async (gateway) => {
  const start = { name: 'startRecording', options: { destinationUrl: 'sdrive://x/', format: 'wav' } };
  const menus = [
    { id: 'main', mainPrompt: '#tts[Press nine]', repeats: 99, options: [{ dtmf: 9, action: 'menu(sub)' }] },
    { id: 'sub', mainPrompt: '#tts[Press one]', repeats: 99, options: [{ dtmf: '1', action: 'return(sales)' }] },
  ];
  const application = await SinchApplication.start(gateway, 'door-menu', {
    ice: { instructions: [{ name: 'setCookie', key: 'who', value: 'ann' }], action: CONNECT },
    ace: { action: { name: 'runMenu', mainMenu: 'main', menus } },
    pie: { instructions: [start], action: { name: 'continue' } },
  });
  const call = await application.arriving('menu-call');
  const ice = await application.hears('ice');
  expect(ice['callResourceUrl']).toBe(`${gateway.url}/sinch/calling/v1/calls/id/menu-call`);
  await call.event({ type: 'bridged' });
  await application.hears('ace');
  // Whoever hears a menu presses its key until something happens.
  const pie = await until('PIE', async () => {
    call.caller.press('9');
    call.caller.press('1');
    await call.said();
    return application.find('pie');
  });
  expect(pie['menuResult']).toEqual({ type: 'return', value: 'sales', menuId: 'sub', inputMethod: 'dtmf' });
  await call.capturing();
  await talk(call);
  const stop = { instructions: [{ name: 'stopRecording' }], action: { name: 'hangup' } };
  expect((await application.send('PATCH', String(ice['callResourceUrl']), stop)).status).toBe(204);
  const dice = await application.hears('dice');
  expect(dice).toMatchObject({ reason: 'MANAGERHANGUP', result: 'ANSWERED', duration: expect.any(Number) });
  const recording = await call.available();
  await call.ended();
  await application.hears('recording_available');
  expect(application.kinds().filter((kind) => kind !== 'dice')).toEqual([
    'ice',
    'ace',
    'pie',
    'recording_finished',
    'recording_available',
  ]);
  const cookies = [{ key: 'who', value: 'ann' }];
  for (const kind of ['ace', 'pie', 'dice']) expect(application.find(kind)).toMatchObject({ cookies });
  const audio = decodeWav(await gateway.api.audio(recording.id));
  expectExactLength(recording, audio);
  expectTones(audio.channels[0], CONVERSATION);
  application.expectSigned();
});

journeys.it(
  'a primary URL that fails: the fallback answers; suppressCallbacks keeps ACE and DiCE back',
  async (gateway) => {
    const fallback = await gateway.app({
      '/backup': { body: JSON.stringify({ action: { ...CONNECT, suppressCallbacks: true } }) },
    });
    const application = await SinchApplication.start(
      gateway,
      'door-fallback',
      {},
      { routes: { '/callback': { status: 503 } }, settings: { fallbackUrl: `${fallback.url}/backup` } },
    );
    const call = await application.arriving('fallback-call');
    await until('the fallback is asked', () => fallback.received.length > 0);
    await call.event({ type: 'bridged' });
    await application.manage('fallback-call', { instructions: [], action: { name: 'hangup' } });
    await call.ended();
    await until(
      'the call has come to rest',
      async () => (await application.ask('GET', '/calling/v1/calls/id/fallback-call')).ok,
    );
    expect([application.kinds(), fallback.received.map((each) => readCallback(each).event)]).toEqual([
      ['ice'],
      ['ice'],
    ]);
    application.expectSigned();
    application.expectSigned(fallback.received);
  },
);

journeys.it('a ttsCallout dials, plays, hangs up, and gives back the headers it was asked with', async (gateway) => {
  const application = await SinchApplication.start(gateway, 'door-tts', {}, { routes: sounds(600) });
  const ttsCallout = {
    destination: { type: 'number', endpoint: '+46700000000' },
    cli: '+46700000009',
    dtmf: 'w1',
    prompts: `${application.app.url}/600.wav`,
    enableDice: true,
  };
  const { callId, call } = await application.callOut({ method: 'ttsCallout', ttsCallout }, { 'X-CB-Session': 's-7' });
  const dice = await application.hears('dice');
  expect(dice).toMatchObject({
    callid: callId,
    reason: 'MANAGERHANGUP',
    result: 'ANSWERED',
    to: { type: 'number', endpoint: '+46700000000' },
    from: '46700000009',
  });
  await call.ended();
  expect(hzIn(call.callee.heard(), 600)).toEqual([600]);
  expect(application.app.at('/callback').map(({ headers }) => headers['x-cb-session'])).toEqual(['s-7']);
  expect(application.kinds()).toEqual(['dice']);
});

journeys.it('a parked call goes on where Manage Call says; prompts reach the leg that is named', async (gateway) => {
  const application = await SinchApplication.start(
    gateway,
    'door-park',
    { ice: { action: { name: 'park', maxDuration: 600 } }, ace: { action: { name: 'continue' } } },
    { routes: sounds(1400) },
  );
  const call = await application.arriving('parked-call');
  await application.hears('ice');
  await call.event({ type: 'bridged' });
  const recordingOptions = { destinationUrl: 'sdrive://x/', format: 'wav' };
  // The answer to ICE may still be on its way to the flow.
  await until('the call goes on', async () => {
    await application.manage('parked-call', { action: { ...CONNECT, record: true, recordingOptions } });
    return application.find('ace');
  });
  await call.capturing();
  const play = {
    instructions: [{ name: 'playFiles', ids: [`${application.app.url}/1400.wav`] }],
    action: { name: 'continue' },
  };
  await application.manage('parked-call', play, '/leg/callee');
  await until('the callee hears it', () => hzIn(call.callee.heard(), 1400).length > 0);
  await talk(call);
  expect(hzIn(call.caller.heard(), 1400)).toEqual([]);
  // Whoever was connected ends the call by hanging up, and with it the recording.
  await call.event({ type: 'legEnded' });
  await application.hears('recording_available');
  const audio = decodeWav(await gateway.api.audio((await call.available()).id));
  expect(hzIn(audio.channels[0] ?? new Int16Array(), 600, 800, 1400)).toEqual(expect.arrayContaining([600, 800]));
  expect(await application.hears('dice')).toMatchObject({ reason: 'CALLEEHANGUP', result: 'ANSWERED' });
  await call.ended();
});

journeys.it(
  'whoever does not answer in dialTimeout ends the call; who answers hears the keys of dtmf',
  async (gateway) => {
    const ice = { action: { ...CONNECT, dialTimeout: 1 } };
    const application = await SinchApplication.start(gateway, 'door-dial', { ice });
    const call = await application.arriving('rings-too-long');
    expect(await application.hears('dice')).toMatchObject({ reason: 'TIMEOUT', result: 'NOANSWER' });
    expect(application.kinds()).toEqual(['ice', 'dice']);
    await call.ended();
    const keys = await SinchApplication.start(gateway, 'door-dtmf', { ice: { action: { ...CONNECT, dtmf: 'w5' } } });
    const answered = await keys.arriving('hears-keys');
    await keys.hears('ice');
    await answered.event({ type: 'bridged' });
    await until('the callee hears the key', () => hzIn(answered.callee.heard(), 770, 1336).length === 2);
    expect(hzIn(answered.caller.heard(), 770, 1336)).toEqual([]);
    await answered.hangup('callee');
    await answered.ended();
  },
);

journeys.it('a conference: music while alone and on hold, keys as PIE, a place that is told', async (gateway) => {
  const conferenceId = 'sales/é 1';
  const path = `/calling/v1/conferences/id/${encodeURI(conferenceId)}`;
  const conferenceDtmfOptions = { mode: 'detect', maxDigits: 2 };
  const action = { name: 'connectConf', conferenceId, moh: 'ring', conferenceDtmfOptions };
  const application = await SinchApplication.start(gateway, 'door-conference', { ice: { action } });
  // A node that is late takes nobody in; such a call is over at once, and another one comes.
  let calls = 0;
  const joins = () =>
    until('somebody is taken in', async () => {
      const callId = `participant-${++calls}`;
      const call = await application.arriving(callId);
      const { conference } = await until('it is in the room, or over', async () => {
        const { state, conference: room } = await gateway.api.get<{ state: string; conference?: object }>(
          `/v1/calls/${call.callRef}`,
        );
        return (room !== undefined || state === 'ended') && { conference: room };
      });
      return conference !== undefined && { callId, call };
    });
  const first = await joins();
  await until('whoever is alone hears music', () => hzIn(first.call.caller.heard(), 440, 480).length === 2);
  const second = await joins();
  const participants = async () =>
    ((await (await application.ask('GET', path)).json()) as { participants?: { id: string; onhold: boolean }[] })
      .participants ?? [];
  await until('both are in the room', async () => (await participants()).length === 2);
  for (const key of '12') second.call.caller.press(key);
  const { callid, menuResult } = await application.hears('pie');
  expect([callid, menuResult]).toEqual([
    second.callId,
    { type: 'sequence', value: '12', menuId: conferenceId, inputMethod: 'dtmf' },
  ]);
  expect((await application.ask('PATCH', `${path}/${first.callId}`, { command: 'onhold', moh: 'ring' })).status).toBe(
    204,
  );
  expect((await participants()).map(({ id, onhold }) => [id, onhold])).toEqual([
    [first.callId, true],
    [second.callId, false],
  ]);
  const before = first.call.caller.heard().length;
  await until('music on hold', () => hzIn(first.call.caller.heard().subarray(before), 440, 480).length === 2);
  expect((await application.ask('PATCH', `${path}/${first.callId}`, { command: 'resume' })).status).toBe(204);
  await until('the hold is over', async () => (await participants()).every(({ onhold }) => !onhold));
  expect((await application.ask('DELETE', path)).status).toBe(204);
  await Promise.all([first.call.ended(), second.call.ended()]);
  await until('both calls are told', () => application.kinds().filter((kind) => kind === 'dice').length === calls);
  application.expectSigned();
});

journeys.it('instructions run in order: what is said before startRecording is not recorded', async (gateway) => {
  const start = { name: 'startRecording', options: { destinationUrl: 'sdrive://x/order.wav', format: 'wav' } };
  const application = await SinchApplication.start(gateway, 'door-order', {}, { routes: sounds(1000, 2200) });
  const play = (hz: number) => ({ name: 'playFiles', ids: [`${application.app.url}/${hz}.wav`] });
  const ice = JSON.stringify({ instructions: [play(1000), start, play(2200)], action: CONNECT });
  const { callId, call } = await application.callOut({ method: 'customCallout', customCallout: { ice } });
  call.caller.say(sequence(tone(600, 200), silence(100)));
  await call.capturing();
  await talk(call);
  await until('the second prompt is heard', () => hzIn(call.caller.heard(), 2200).length > 0);
  await application.manage(callId, { action: { name: 'stopRecording' } });
  const recording = await call.available();
  await application.manage(callId, { action: { name: 'hangup' } });
  await call.ended();
  expect(hzIn(call.caller.heard(), 1000, 2200)).toEqual([1000, 2200]);
  const audio = decodeWav(await gateway.api.audio(recording.id));
  expectTones(audio.channels[0], CONVERSATION);
  // A file in the gateway's own store is where the event says, for the application that it belongs to.
  const { destination } = await application.hears('recording_available');
  expect(destination).toBe(`${gateway.url}/sinch/calling/v1/recording/x/order.wav`);
  const file = await application.send('GET', String(destination));
  expect([file.status, file.headers.get('content-type')]).toEqual([200, 'audio/wav']);
  expect(decodeWav(Buffer.from(await file.arrayBuffer())).channels).toEqual(audio.channels);
  const stranger = await SinchApplication.start(gateway, 'door-stranger', {});
  expect((await stranger.send('GET', String(destination))).status).toBe(404);
  expect((await fetch(String(destination))).status).toBe(401);
  const list = async (query: string) => {
    const path = '/calling/v1/recording';
    const answer = await application.ask('GET', `${path}${query}`);
    return [answer.status, await answer.json()] as const;
  };
  const entry = { key: 'x/order.wav', url: destination, createdOn: expect.any(String), expiresOn: null, headers: {} };
  expect(await list('')).toEqual([200, [entry]]);
  expect(await list('?from=2020-01-01&pageSize=1&page=2')).toEqual([200, []]);
  expect(await list('?pageSize=0')).toEqual([400, expect.objectContaining({ errorCode: 40001 })]);
  expect((await application.send('DELETE', String(destination))).status).toBe(204);
  expect((await application.send('GET', String(destination))).status).toBe(404);
  expect(await list('')).toEqual([200, []]);
});

journeys.it('SVAML that is none: callingerror, and DiCE says why', async (gateway) => {
  const application = await SinchApplication.start(gateway, 'door-illegal', { ice: { action: { name: 'fly' } } });
  const call = await application.arriving('illegal-call');
  const error = await application.hears('callingerror');
  expect(error).toEqual({
    event: 'notify',
    callid: 'illegal-call',
    version: 1,
    type: 'callingerror',
    errorCode: 40001,
    errorMsg: 'The action "fly" is not known (at /action/name)',
  });
  expect(await application.hears('dice')).toMatchObject({ reason: 'INVALIDSVAMLACTION' });
  await call.ended();
  application.expectSigned();
});

journeys.it(
  'the sample application calls out, starts and stops a recording with one base URL changed',
  async (gateway) => {
    const recordingOptions = { destinationUrl: 'sdrive://x/', format: 'wav' } as const;
    const key = { applicationKey: 'door-sample', applicationSecret: SECRET };
    const app = await gateway.with(
      startSinchApp({ port: 0, ...key, recordingOptions, baseUrl: `${gateway.url}/sinch` }),
    );
    await gateway.api.application('sinch', { ...key, callbackUrl: `${app.url}/callback` });
    const callId = await app.api.callOut('+46700000000');
    const { items } = await gateway.api.get<{ items: { callRef: string; identity: { callId: string } }[] }>(
      '/v1/calls?limit=100',
    );
    const call = await JourneyCall.pickUp(
      gateway,
      items.find(({ identity }) => identity.callId === callId)?.callRef ?? '',
    );
    const events = () =>
      app.received.map(({ body }) => JSON.parse(body) as Callback).map(({ type, event }) => type ?? event);
    await until('ACE', () => events().includes('ace'));
    await app.api.startRecording(callId, recordingOptions);
    await call.capturing();
    await talk(call);
    await app.api.stopRecording(callId);
    const recording = await call.available();
    await call.hangup('callee');
    await until('all callbacks', () => events().length >= 4);
    await call.ended();
    expect(app.refused).toBe(0);
    expect(events().toSorted()).toEqual(['ace', 'dice', 'recording_available', 'recording_finished']);
    expectTones(decodeWav(await gateway.api.audio(recording.id)).channels[0], CONVERSATION);
  },
);

import { expect } from '@jest/globals';
import { createHash } from 'node:crypto';
import { startAzurite, startGoogleFake, startStrictS3 } from '../../libs/storage/testing/index.js';
import { startFlexmlApp } from '../../examples/flexml-app/index.js';
import {
  BEEP_HZ,
  CALLEE_PART,
  CALLER_PART,
  CONVERSATION,
  decodeMp3,
  decodeRawMulaw,
  decodeWav,
  expectExactLength,
  expectTones,
  Journeys,
  keyTone,
  sequence,
  silence,
  talk,
  tone,
  tonesIn,
  until,
  type JourneyCall,
  type LiveGateway,
  type Route,
  type VendorApp,
  flexmlApplicationWith,
  flexmlBody,
  flexmlCompleted,
  flexmlVoicemailSpec,
  flexmlWithoutFile,
} from './support/index.js';

/** Prompts take their time in silence: what is heard here is the beep. */
const journeys = new Journeys((config) => (config.speech.engine = 'none'));
const VOICEMAIL_CONTAINER = '8d53344a-f312-40f8-93f5-bfba3f790b63';

/** Places a call of an application that hands out `document` and whatever `routes` say. */
async function callWith(
  gateway: LiveGateway,
  document: string,
  routes: Readonly<Record<string, Route>> = {},
  settings: Readonly<Record<string, string>> = {},
  plan: { readonly telephoneEvents?: boolean } = {},
): Promise<{ app: VendorApp; call: JourneyCall }> {
  const app = await gateway.app({ '/vm/first': document, ...routes });
  const all = { documentUrl: `${app.url}/vm/first`, storageUrl: gateway.url, ...settings };
  const applicationId = await flexmlApplicationWith(gateway, all, VOICEMAIL_CONTAINER);
  const call = await gateway.place({ vendor: 'flexml', settings: all, applicationId, ...plan });
  return { app, call };
}

journeys.it('the sample application records both parties until # and hears of it once from each side', async (gateway) => {
  const app = await gateway.with(startFlexmlApp({ port: 0 }));
  const call = await gateway.place({
    vendor: 'flexml',
    settings: { documentUrl: `${app.url}/flexml`, storageUrl: gateway.url },
  });
  await call.capturing();
  await talk(call);
  call.caller.press('#');
  const recording = await call.available();
  await call.ended();
  await until('all callbacks', () => app.received.length >= 4);
  const link = `${gateway.url}/f/${recording.names['fileSid'] ?? ''}`;
  const body = await flexmlBody(call, `${app.url}/flexml`, flexmlCompleted(recording, link));
  const [first, ...others] = app.received.map(({ method, url, body: text }) => [method, url, text]);
  expect(first).toEqual(['POST', '/flexml', await flexmlBody(call, `${app.url}/flexml`, {})]);
  // The live call and the subscriptions are served side by side; each hears of it once, when the file is there.
  expect(others.toSorted()).toEqual(['/action', '/callback', '/status'].map((url) => ['POST', url, body]));
  for (const { headers } of app.received) expect(headers['content-type']).toBe('application/json');
  const audio = decodeWav(await gateway.api.audio(recording.id));
  expectExactLength(recording, audio);
  expectTones(audio.channels[0], CONVERSATION);
  expect(recording.capture).toMatchObject({
    reason: 'stopKey',
    key: '#',
    trimLeadingSamples: 0,
    trimTrailingSamples: 0,
  });
  for (const phone of [call.caller, call.callee]) {
    const [beep, ...more] = tonesIn(phone.heard(), [BEEP_HZ]);
    expect([(beep?.toMs ?? 0) - (beep?.fromMs ?? 0), more]).toEqual([400, []]);
  }
});

/** Contract §2.4, first example; the words after the Record are a Redirect, so that it shows when they are run. */
const VOICEMAIL = `<Response>
  <Say>Leave a message, then press hash.</Say>
  <Record direction="in" containerSid="${VOICEMAIL_CONTAINER}" finishOnKey="#" playBeep="true" maxLength="120"
          action="/vm/next/42" method="POST" errorAction="/vm/error/42" errorMethod="POST"
          callbackUrl="/vm/done?user=7" recordingStatusCallback="/vm/status" recordingStatusCallbackEvent="completed,failed,absent"
          transcribe="true" transcribeCallback="/vm/text" lifecycleAction="delete" lifecycleTtl="86400" stringKey1="user-7"/>
  <Redirect>/vm/empty</Redirect>
</Response>`;

journeys.it(
  'a voicemail of the caller alone ends with # in the audio; the file is there when action arrives',
  async (gateway) => {
    const seen: { readonly url: string; readonly status: number; readonly sha256: string }[] = [];
    const look = async (url: string) => {
      const answer = await fetch(url);
      seen.push({
        url,
        status: answer.status,
        sha256: createHash('sha256')
          .update(Buffer.from(await answer.arrayBuffer()))
          .digest('hex'),
      });
    };
    const { app, call } = await callWith(
      gateway,
      VOICEMAIL,
      {
        '/vm/next/42': async ({ text }) => {
          const { RecordingUrl: url } = JSON.parse(text) as { RecordingUrl: string };
          for (const each of [url, `${url}.wav`, `${url}?format=1.wav`]) await look(each);
          return '<Response><Pause length="1"/><Hangup/></Response>';
        },
      },
      {},
      { telephoneEvents: false },
    );
    await call.capturing();
    call.caller.say(silence(300));
    call.callee.say(silence(300));
    await talk(call);
    call.caller.say(keyTone('#'));
    const recording = await call.available();
    await call.ended();
    await until('all callbacks', () => ['/vm/done', '/vm/status', '/vm/text'].every((path) => app.at(path).length === 1));
    const link = `${gateway.url}/f/${recording.names['fileSid'] ?? ''}`;
    const body = await flexmlBody(call, `${app.url}/vm/first`, flexmlCompleted(recording, link));
    const asked = app.received.slice(1).map(({ method, url, text }) => [method, url, text]);
    const notHeard = { TranscriptionSid: '', TranscriptionStatus: 'failed', TranscriptionText: '', TranscriptionUrl: '' };
    const unheard = await flexmlBody(call, `${app.url}/vm/first`, { ...flexmlCompleted(recording, link), ...notHeard });
    expect(asked.toSorted()).toEqual([
      ...['/vm/done?user=7', '/vm/next/42', '/vm/status'].map((url) => ['POST', url, body]),
      // This gateway has no speech engine.
      ['POST', '/vm/text', unheard],
    ]);
    expect(seen).toEqual(
      [link, `${link}.wav`, `${link}?format=1.wav`].map((url) => ({
        url,
        status: 200,
        sha256: recording.rendition?.sha256,
      })),
    );
    const audio = decodeWav(await gateway.api.audio(recording.id));
    expectExactLength(recording, audio);
    expectTones(audio.channels[0], CALLER_PART);
    expect(recording.capture).toMatchObject({ reason: 'stopKey', key: '#', containsSound: true });
    expect(recording.spec).toEqual(flexmlVoicemailSpec(app.url));
  },
);

/** Contract §2.4, second example, with the keys of the strict server. */
journeys.it('a whole call goes to S3 at the endpoint of the application', async (gateway) => {
  const keys = { accessKeyId: 'AKIAJOURNEY000000001', secretAccessKey: 'journey/secret+1' };
  const s3 = await gateway.with(startStrictS3({ ...keys, buckets: ['calls'] }));
  s3.faults.writeOnly = true;
  const { app, call } = await callWith(
    gateway,
    `<Response>
      <Record recordSession="true" trim="do-not-trim" awsAccessKey="${keys.accessKeyId}" awsSecretKey="${keys.secretAccessKey}" awsBucketName="calls"/>
      <Dial><Number>15165550140</Number></Dial>
    </Response>`,
    {},
    { s3Endpoint: s3.url },
  );
  await call.capturing();
  await talk(call);
  await call.hangup('callee');
  const recording = await call.available();
  await call.ended();
  expect(recording.spec).toMatchObject({
    mode: 'background',
    stopKeys: '',
    silence: null,
    trim: 'none',
    subscriptions: [],
  });
  expect(recording.capture).toMatchObject({ reason: 'hangup', hangupBy: 'callee' });
  const [object, ...others] = s3.objects();
  expect([object?.bucket, object?.key, others]).toEqual(['calls', `${recording.names['fileSid'] ?? ''}.wav`, []]);
  const audio = decodeWav(object?.body ?? Buffer.alloc(0));
  expectExactLength(recording, audio);
  expectTones(audio.channels[0], CONVERSATION);
  expect(app.received.map(({ url }) => url)).toEqual(['/vm/first']);
});

journeys.it('an MP3 of exactly two seconds goes to Google with an access token', async (gateway) => {
  const google = await gateway.with(startGoogleFake({ buckets: ['calls'], accessTokens: ['ya29.journey'] }));
  const { app, call } = await callWith(
    gateway,
    `<Response>
      <Record maxLength="2" fileFormat="mp3" trim="do-not-trim" timeout="10" callbackUrl="/vm/done" gcpBucketName="calls" gcpProject="p" gcpAccessToken="ya29.journey"/>
      <Hangup/>
    </Response>`,
    {},
    { gcsEndpoint: google.url },
  );
  await call.capturing();
  call.caller.say(tone(600, 600));
  call.callee.say(sequence(silence(800), tone(1400, 200)));
  const recording = await call.available();
  await call.ended();
  const [done] = await until('the callback', () => app.at('/vm/done').length === 1 && app.at('/vm/done'));
  const [object] = google.objects();
  expect([object?.bucket, object?.name, object?.contentType]).toEqual([
    'calls',
    `${recording.names['fileSid'] ?? ''}.mp3`,
    'audio/mpeg',
  ]);
  const audio = await decodeMp3(object?.body ?? Buffer.alloc(0));
  expect(audio.samples).toBe(16_000);
  expectExactLength(recording, audio);
  expectTones(audio.channels[0], CONVERSATION.slice(0, 2));
  expect(recording.capture?.reason).toBe('maxDuration');
  expect(done?.text).toBe(
    await flexmlBody(call, `${app.url}/vm/first`, flexmlCompleted(recording, recording.receipt?.url ?? '')),
  );
});

journeys.it('raw µ-law, ended by silence and trimmed, goes to Azure with the account key', async (gateway) => {
  const azurite = await gateway.with(startAzurite({ containers: ['calls'] }));
  const { app, call } = await callWith(
    gateway,
    `<Response>
      <Record timeout="3" fileFormat="ul" callbackUrl="/vm/done" azureAccountName="${azurite.account}" azureContainerName="calls" azureAccountKey="${azurite.accountKey}"/>
      <Pause length="1"/><Hangup/>
    </Response>`,
    {},
    { azureEndpoint: azurite.url },
  );
  await call.capturing();
  call.caller.say(sequence(silence(400), tone(600, 600), silence(300), tone(800, 300)));
  const recording = await call.available();
  await call.ended();
  const [done] = await until('the callback', () => app.at('/vm/done').length === 1 && app.at('/vm/done'));
  const name = `${recording.names['fileSid'] ?? ''}.ul`;
  const blob = await azurite.service.getContainerClient('calls').getBlobClient(name).downloadToBuffer();
  const audio = decodeRawMulaw(blob);
  expectExactLength(recording, audio);
  const [first] = expectTones(audio.channels[0], [
    { hz: 600, at: 0, ms: 600 },
    { hz: 800, at: 900, ms: 300 },
  ]);
  expect(recording.capture).toMatchObject({ reason: 'silence', containsSound: true });
  expect(recording.capture?.trimLeadingSamples).toBeGreaterThan(0.2 * 8000);
  expect(recording.capture?.trimTrailingSamples).toBeGreaterThan(0.5 * 8000);
  expect(first?.fromMs).toBeLessThanOrEqual(250);
  expect(done?.text).toBe(
    await flexmlBody(call, `${app.url}/vm/first`, flexmlCompleted(recording, recording.receipt?.url ?? '')),
  );
});

journeys.it('a store that refuses the key brings errorAction and status failed, and no action', async (gateway) => {
  const s3 = await gateway.with(
    startStrictS3({ accessKeyId: 'AKIAJOURNEY000000002', secretAccessKey: 'the right one', buckets: ['calls'] }),
  );
  const { app, call } = await callWith(
    gateway,
    `<Response>
      <Record finishOnKey="1" trim="do-not-trim" action="/vm/next" errorAction="error?x=1" callbackUrl="/vm/done" recordingStatusCallback="/vm/status"
              awsAccessKey="AKIAJOURNEY000000002" awsSecretKey="a wrong one" awsBucketName="calls"/>
      <Redirect>/vm/after</Redirect>
    </Response>`,
    { '/vm/error': '<Response><Pause length="1"/><Hangup/></Response>' },
    { s3Endpoint: s3.url },
  );
  await call.capturing();
  call.caller.say(tone(600, 300));
  await call.said();
  call.caller.press('1');
  const recording = await call.reaches(0, 'failed');
  await call.ended();
  await until('the status', () => app.at('/vm/status').length > 0);
  const body = await flexmlBody(call, `${app.url}/vm/first`, flexmlWithoutFile('failed'));
  expect(
    app.received
      .slice(1)
      .map(({ url, text }) => [url, text])
      .toSorted(),
  ).toEqual([
    ['/vm/error?x=1', body],
    ['/vm/status', body],
  ]);
  expect(recording.failure).toMatchObject({ code: 'destination.denied', stage: 'store', blame: 'destination' });
  expect(s3.objects()).toEqual([]);
});

journeys.it(
  'nobody speaks: action is silent, the next verb runs, absent is told to those who asked',
  async (gateway) => {
    const { app, call } = await callWith(
      gateway,
      `<Response>
      <Record timeout="1" action="/vm/next" callbackUrl="/vm/done" recordingStatusCallback="/vm/status" recordingStatusCallbackEvent="completed,absent"/>
      <Redirect>/vm/empty</Redirect>
    </Response>`,
      { '/vm/empty': '<Response><Pause length="1"/><Hangup/></Response>' },
    );
    const recording = await call.reaches(0, 'absent');
    await call.ended();
    await until('the status', () => app.at('/vm/status').length > 0);
    expect(
      app.received
        .slice(1)
        .map(({ url, text }) => [url, text])
        .toSorted(),
    ).toEqual([
      ['/vm/empty', await flexmlBody(call, `${app.url}/vm/first`, {})],
      ['/vm/status', await flexmlBody(call, `${app.url}/vm/first`, flexmlWithoutFile('absent'))],
    ]);
    expect([recording.capture?.capturedSamples ?? 0, recording.rendition, recording.receipt]).toEqual([0, null, null]);
    expect((await gateway.api.events(recording.id)).map(({ name }) => name)).toEqual([
      'recording.started',
      'recording.absent',
    ]);
  },
);

journeys.it(
  'hang-up by the caller: action is asked once, its verbs are ignored; the end of the call is told',
  async (gateway) => {
    const { app, call } = await callWith(
      gateway,
      '<Response><Record trim="do-not-trim" timeout="20" action="/vm/next" method="GET" recordingStatusCallback="/vm/status?a=1" recordingStatusCallbackMethod="GET"/></Response>',
      {
        '/vm/next': '<Response><Redirect>/vm/never</Redirect></Response>',
      },
    );
    await call.capturing();
    await talk(call);
    await call.hangup('caller');
    const recording = await call.available();
    await call.ended();
    await until('the status', () => app.at('/vm/status').length > 0);
    expect(recording.capture).toMatchObject({ reason: 'hangup', hangupBy: 'caller' });
    const link = `${gateway.url}/f/${recording.names['fileSid'] ?? ''}`;
    const fields = JSON.parse(
      await flexmlBody(call, `${app.url}/vm/first`, flexmlCompleted(recording, link), 'completed'),
    ) as Record<string, string>;
    const query = Object.entries(fields)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    expect(
      app.received
        .slice(1)
        .map(({ method, url, text }) => [method, url, text])
        .toSorted(),
    ).toEqual([
      ['GET', `/vm/next?${query}`, ''],
      ['GET', `/vm/status?a=1&${query}`, ''],
    ]);
    const audio = decodeWav(await gateway.api.audio(recording.id));
    expectExactLength(recording, audio);
    expectTones(audio.channels[0], CONVERSATION);
  },
);

journeys.it(
  'several recordings on one call: one of the whole session, two messages after each other',
  async (gateway) => {
    const { app, call } = await callWith(
      gateway,
      `<Response>
      <Record recordSession="true" trim="do-not-trim" stringKey1="session"/>
      <Record trim="do-not-trim" finishOnKey="1" direction="in" stringKey1="first"/>
      <Record trim="do-not-trim" finishOnKey="2" direction="out" stringKey1="second"/>
      <Pause length="1"/>
      <Hangup/>
    </Response>`,
    );
    const labelled = async (label: string) =>
      (await call.recordings()).find(({ spec }) => spec.labels['string_key_1'] === label);
    await until('the first message begins', async () => (await labelled('first'))?.state === 'capturing');
    await talk(call);
    call.caller.press('1');
    await until('the second message begins', async () => (await labelled('second'))?.state === 'capturing');
    await talk(call);
    call.callee.press('2');
    await call.ended();
    for (const number of [0, 1, 2]) await call.available(number);
    const files = new Map<string, Int16Array>();
    for (const recording of await call.recordings()) {
      const audio = decodeWav(await gateway.api.audio(recording.id));
      expectExactLength(recording, audio);
      files.set(String(recording.spec.labels['string_key_1']), audio.channels[0] ?? new Int16Array());
    }
    expectTones(files.get('first'), CALLER_PART);
    expectTones(files.get('second'), CALLEE_PART);
    expect(tonesIn(files.get('session') ?? new Int16Array(), [600, 800, 1400]).map(({ hz }) => hz)).toEqual([
      600, 1400, 800, 600, 1400, 800,
    ]);
    expect((await labelled('session'))?.capture?.reason).toBe('hangup');
    expect(app.received).toHaveLength(1);
  },
);

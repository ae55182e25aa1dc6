import { expect } from '@jest/globals';
import { verifySinchRequest } from '../../libs/vendor-adapters/sinch/index.js';
import { startAzurite, startStrictS3 } from '../../libs/storage/testing/index.js';
import {
  SAMPLE_APPLICATION_KEY as KEY,
  SAMPLE_APPLICATION_SECRET as SECRET,
  startSinchApp,
} from '../../examples/sinch-app/index.js';
import {
  CONVERSATION,
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
  until,
  type JourneyCall,
  type LiveGateway,
  type Received,
  type VendorApp,
  sinchSampleSpec,
} from './support/index.js';

const journeys = new Journeys();

const CALL = { callId: '1ce0ffee-ca11-ca11-ca11-abcdef000053' };
const S3_KEYS = { accessKeyId: 'xyz_access_key', secretAccessKey: 'wrt_secret_key' };
const CONNECT = { name: 'connectPstn', number: '+12017777777' };

interface Callback {
  readonly event: string;
  readonly type?: string;
  readonly timestamp?: string;
  readonly duration?: number;
}

const read = (request: { readonly body: string | Buffer }): Callback => JSON.parse(String(request.body)) as Callback;
/** `ice`, `dice`, or the type of a notification. */
const kindOf = (request: { readonly body: string | Buffer }): string => read(request).type ?? read(request).event;
const isNotification = (request: Received): boolean => read(request).event === 'notify';

interface Plan {
  /** By event; events that are not named are answered with nothing. */
  readonly answers: Readonly<Record<string, object>>;
  readonly settings?: Readonly<Record<string, string>>;
  readonly call?: Readonly<Record<string, string>>;
}

async function callWith(
  gateway: LiveGateway,
  { answers, settings = {}, call: identity = {} }: Plan,
): Promise<{ call: JourneyCall; app: VendorApp }> {
  const app = await gateway.app({
    '/sinch/callback': (request) => {
      const answer = answers[read(request).event];
      return answer === undefined ? {} : { body: JSON.stringify(answer), contentType: 'application/json' };
    },
  });
  const call = await gateway.place({
    vendor: 'sinch',
    settings: { applicationKey: KEY, applicationSecret: SECRET, callbackUrl: `${app.url}/sinch/callback`, ...settings },
    call: { ...CALL, ...identity },
  });
  return { call, app };
}

/** Contract §4.2: over the raw bytes and the path as they came. */
function expectSigned(
  requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | Buffer;
  }[],
): void {
  expect(requests.length).toBeGreaterThan(0);
  for (const { method, url, headers, body } of requests) {
    verifySinchRequest(
      { method, target: url, headers, body },
      { applicationKey: KEY, applicationSecret: SECRET },
      { now: new Date() },
    );
    expect(headers['authorization']).toMatch(new RegExp(`^application ${KEY}:`));
  }
}

const finished = { event: 'notify', callid: CALL.callId, version: 1, type: 'recording_finished' };
const available = (destination: string) => ({ ...finished, type: 'recording_available', destination });

journeys.it(
  'the sample application: signed ICE, finished, available at S3 under the generated name, DiCE',
  async (gateway) => {
    const s3 = await gateway.with(startStrictS3({ ...S3_KEYS, region: 'eu-central-1', buckets: ['my-s3-bucket'] }));
    s3.faults.writeOnly = true;
    const app = await gateway.with(startSinchApp({ port: 0 }));
    const settings = {
      applicationKey: KEY,
      applicationSecret: SECRET,
      callbackUrl: `${app.url}/callback`,
      s3Endpoint: s3.url,
      apiBaseUrl: 'https://gw.example',
    };
    const call = await gateway.place({ vendor: 'sinch', settings, call: CALL });
    await call.capturing();
    await talk(call);
    await call.hangup('callee');
    const recording = await call.available();
    await call.ended();
    await until('all callbacks', () => app.received.length >= 4);
    const [object] = s3.objects();
    const second = (recording.startedAt ?? '').slice(0, 19).replace(/[-T:]/g, '');
    expect(object?.key).toBe(`calls/${second}_${KEY}_${CALL.callId}.mp3`);
    const kinds = app.received.map(kindOf);
    expect([kinds[0], kinds.filter((kind) => kind !== 'dice'), kinds.toSorted()]).toEqual([
      'ice',
      ['ice', 'recording_finished', 'recording_available'],
      ['dice', 'ice', 'recording_available', 'recording_finished'],
    ]);
    const bodyOf = (kind: string) => app.received.find((request) => kindOf(request) === kind)?.body ?? '{}';
    const ice = JSON.parse(bodyOf('ice')) as Callback;
    expect(bodyOf('ice')).toBe(
      JSON.stringify({
        event: 'ice',
        callid: CALL.callId,
        callResourceUrl: `https://gw.example/calling/v1/calls/id/${CALL.callId}`,
        timestamp: ice.timestamp,
        version: 1,
        userRate: { currencyId: 'USD', amount: 0 },
        cli: '15165550138',
        to: { type: 'did', endpoint: '+15165550137' },
        domain: 'pstn',
        applicationKey: KEY,
        originationType: 'PSTN',
        rdnis: '',
      }),
    );
    expect(ice.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(bodyOf('recording_finished')).toBe(JSON.stringify(finished));
    expect(bodyOf('recording_available')).toBe(JSON.stringify(available(`s3://my-s3-bucket/${object?.key ?? ''}`)));
    const dice = JSON.parse(bodyOf('dice')) as Callback;
    expect(dice).toMatchObject({
      event: 'dice',
      callid: CALL.callId,
      reason: 'CALLEEHANGUP',
      result: 'ANSWERED',
      from: '15165550138',
      to: { type: 'number', endpoint: '15165550137' },
    });
    expectSigned(app.received);
    expect(app.refused).toBe(0);
    expect(recording.spec).toEqual(sinchSampleSpec(app.url, s3.url));
    const audio = await decodeMp3(object?.body ?? Buffer.alloc(0));
    expectExactLength(recording, audio);
    expectTones(audio.channels[0], CONVERSATION, audio.sampleRate);
  },
);

journeys.it(
  'a WAV to Azure by record: true on an action; notifications only at the end of its life',
  async (gateway) => {
    const azurite = await gateway.with(startAzurite({ containers: ['test-container'] }));
    const destinationUrl = `azure://${azurite.account}/test-container/my-recording.wav`;
    const recordingOptions = { destinationUrl, credentials: azurite.accountKey, format: 'WAV' };
    const { call, app } = await callWith(gateway, {
      answers: { ice: { action: { ...CONNECT, record: true, recordingOptions } } },
      settings: { azureEndpoint: azurite.url },
    });
    await call.event({ type: 'bridged' });
    await call.capturing();
    await talk(call);
    await call.hangup('caller');
    const recording = await call.available();
    await call.ended();
    await until('both notifications', () => app.received.filter(isNotification).length === 2);
    const audio = decodeWav(
      await azurite.service.getContainerClient('test-container').getBlobClient('my-recording.wav').downloadToBuffer(),
    );
    expectExactLength(recording, audio);
    expectTones(audio.channels[0], CONVERSATION);
    expect(app.received.filter(isNotification).map(({ text }) => text)).toEqual([
      JSON.stringify(finished),
      JSON.stringify(available(destinationUrl)),
    ]);
    expectSigned(app.received);
  },
);

journeys.it(
  'notificationEvents false: recorded to Google with interoperability keys, and nobody is told',
  async (gateway) => {
    const google = await gateway.with(startStrictS3({ ...S3_KEYS, googleHashes: true, buckets: ['sinch-storage'] }));
    const options = {
      destinationUrl: 'gs://sinch-storage/voice-recordings/my-recording.mp3',
      credentials: 'xyz_access_key:wrt_secret_key',
      notificationEvents: 'false',
    };
    const { call, app } = await callWith(gateway, {
      answers: { ice: { instructions: [{ name: 'StartRecording', options }], action: CONNECT } },
      settings: { gsEndpoint: google.url },
    });
    await call.capturing();
    await talk(call);
    await call.hangup('caller');
    const recording = await call.available();
    await call.ended();
    await until('DiCE', () => app.received.some((request) => kindOf(request) === 'dice'));
    expect(app.received.map(kindOf)).toEqual(['ice', 'dice']);
    expect(await gateway.api.deliveries(recording.id)).toEqual([]);
    const [object] = google.objects();
    expect([object?.bucket, object?.key]).toEqual(['sinch-storage', 'voice-recordings/my-recording.mp3']);
    expectTones((await decodeMp3(object?.body ?? Buffer.alloc(0))).channels[0], CONVERSATION);
  },
);

/** Contract §3.1: Manage Call, as the official SDK sends it. */
journeys.it('Manage Call starts and stops; the file of the gateway’s own store', async (gateway) => {
  const { call, app } = await callWith(gateway, { answers: { ice: { action: CONNECT } } });
  await until('ICE is answered', () => app.received.length > 0);
  const start = {
    instructions: [{ name: 'startRecording', options: { destinationUrl: 'sdrive://x/', format: 'wav' } }],
    action: { name: 'continue' },
  };
  const stop = { instructions: [{ name: 'stopRecording' }], action: { name: 'continue' } };
  const manage = (svaml: object) =>
    gateway.api.instruct(call.callRef, { document: JSON.stringify(svaml), role: 'manage' });
  await manage(start);
  await call.capturing();
  await talk(call);
  await manage(stop);
  const recording = await call.available();
  call.caller.say(tone(1200, 300));
  await call.said();
  await call.hangup('caller');
  await call.ended();
  await until('both notifications', () => app.received.filter(isNotification).length === 2);
  expect(recording.capture?.reason).toBe('stopCommand');
  const audio = decodeWav(await gateway.api.audio(recording.id));
  expectExactLength(recording, audio);
  expectTones(audio.channels[0], CONVERSATION);
});

/** Contract §5: the primary once, then the fallback once. */
journeys.it('a callback URL that fails: the fallback is asked once, signed for its own path', async (gateway) => {
  const fallback = await gateway.app({});
  const app = await gateway.app({
    '/cb': (request) =>
      isNotification(request)
        ? { status: 500 }
        : JSON.stringify({
            instructions: [{ name: 'startRecording', options: { destinationUrl: 'sdrive://x/' } }],
            action: CONNECT,
          }),
  });
  const settings = {
    applicationKey: KEY,
    applicationSecret: SECRET,
    callbackUrl: `${app.url}/cb`,
    fallbackUrl: `${fallback.url}/fallback?x=1`,
  };
  const call = await gateway.place({ vendor: 'sinch', settings, call: CALL });
  await call.capturing();
  await talk(call);
  await call.hangup('caller');
  const recording = await call.available();
  await call.ended();
  await until('both at the fallback', () => fallback.received.length === 2);
  expect(app.received.filter(isNotification).map(kindOf)).toEqual(['recording_finished', 'recording_available']);
  expect(fallback.received.map(kindOf)).toEqual(['recording_finished', 'recording_available']);
  expect(fallback.received.map(({ url }) => url)).toEqual(['/fallback?x=1', '/fallback?x=1']);
  expectSigned(app.received);
  expectSigned(fallback.received);
  const deliveries = await until('both are delivered', async () => {
    const list = await gateway.api.deliveries(recording.id);
    return list.every(({ status }) => status === 'delivered') && list;
  });
  expect(deliveries.map(({ attempts }) => attempts.map(({ status, fallback: second }) => [status, second]))).toEqual(
    Array(2).fill([
      [500, false],
      [200, true],
    ]),
  );
});

/** Contract §3.3. */
journeys.it('a conference is recorded by connectConf; its notifications carry the conference id', async (gateway) => {
  const conferenceId = 'myConferenceId';
  const ice = {
    action: {
      name: 'connectConf',
      conferenceId,
      record: true,
      recordingOptions: { destinationUrl: 'sdrive://x/', format: 'wav' },
    },
  };
  const { call, app } = await callWith(gateway, { answers: { ice }, call: { conferenceId } });
  await call.event({ type: 'bridged' });
  await call.capturing();
  await talk(call);
  await call.hangup('caller');
  const recording = await call.available();
  await call.ended();
  await until('both notifications', () => app.received.filter(isNotification).length === 2);
  expect(recording.spec.parties).toBe('conference');
  expect(app.received.filter(isNotification)[0]?.text).toBe(
    JSON.stringify({ event: 'notify', conferenceId, version: 1, type: 'recording_finished' }),
  );
  expect(app.received.filter(isNotification)[1]?.text).toMatch(
    /^\{"event":"notify","conferenceId":"myConferenceId","version":1,"type":"recording_available","destination":"[^"]+"\}$/,
  );
  const audio = decodeWav(await gateway.api.audio(recording.id));
  expectExactLength(recording, audio);
  expectTones(audio.channels[0], CONVERSATION);
});

/** Contract §2.5 row 12. */
journeys.it('a second start: the same is ignored, another replaces the first', async (gateway) => {
  const start = (name: string) => ({
    name: 'startRecording',
    options: { destinationUrl: `sdrive://x/${name}.wav`, format: 'wav' },
  });
  const { call } = await callWith(gateway, { answers: { ice: { instructions: [start('one')], action: CONNECT } } });
  const manage = (key: string, name: string) =>
    gateway.api.instruct(
      call.callRef,
      { document: JSON.stringify({ instructions: [start(name)], action: { name: 'continue' } }), role: 'manage' },
      { 'idempotency-key': key },
    );
  await call.capturing();
  await talk(call);
  await manage('first', 'one');
  expect(await call.recordings()).toHaveLength(1);
  await manage('second', 'two');
  await call.capturing(1);
  call.caller.say(sequence(silence(100), tone(1200, 300), silence(300)));
  await call.said();
  await call.hangup('caller');
  await call.ended();
  const [one, two] = [await call.available(0), await call.available(1)];
  expect([one.capture?.reason, two.capture?.reason]).toEqual(['stopCommand', 'hangup']);
  expectTones(decodeWav(await gateway.api.audio(one.id)).channels[0], CONVERSATION);
  expect(
    tonesIn(decodeWav(await gateway.api.audio(two.id)).channels[0] ?? new Int16Array(), [600, 1200]).map(
      ({ hz }) => hz,
    ),
  ).toEqual([1200]);
});

/** The placeholder of the vendor's own documentation, left as it is. */
journeys.it(
  'a region that is none: the recording fails for good, finished is told and available is not',
  async (gateway) => {
    const options = {
      destinationUrl: 's3://sinch-storage/voice-recordings/my-recording.mp3',
      credentials: 'KEY:SECRET:aws_region',
    };
    const { call, app } = await callWith(gateway, {
      answers: { ice: { instructions: [{ name: 'startRecording', options }], action: CONNECT } },
    });
    await call.capturing();
    await talk(call);
    await call.hangup('caller');
    const recording = await call.reaches(0, 'failed');
    await call.ended();
    await until('all callbacks', () => app.received.length === 3);
    expect(recording.failure).toMatchObject({ code: 'destination.rejected', stage: 'store', blame: 'destination' });
    expect(recording.failure?.message).not.toContain('aws_region');
    expect(app.received.filter(isNotification).map(kindOf)).toEqual(['recording_finished']);
  },
);

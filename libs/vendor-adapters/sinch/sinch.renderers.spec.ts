import { describe, expect, it } from '@jest/globals';
import {
  RecgateError,
  type CallIdentity,
  type Failure,
  type FlowContext,
  type RecordAction,
  type RecordingEventName,
  type RecordingView,
  type WireRequest,
} from '#libs/recording-model';
import { SAMPLE_CAPTURE, SAMPLE_FAILURE, sampleEvent, sampleRecording } from '#libs/testing';
import { sinchAdapter } from './sinch.adapter.js';
import {
  FIXTURE_CALL,
  FIXTURE_SECRETS,
  FIXTURE_SETTINGS,
  fixtureApplication,
  fixtureContext,
  sinchDocument,
} from './sinch.fixtures.js';
import { sinchTranscriptName } from './sinch.names.js';
import { readSinchCallbackHeaders, toSinchRequest } from './sinch.wire-request.js';
import { verifySinchRequest } from './sinch.signature.js';

const NOW = new Date('2024-06-06T17:20:14.123Z');
const CALL_ID = '01234567-89ab-cdef-fedc-ba9876543210';
const CALL: CallIdentity = { ...FIXTURE_CALL, callId: CALL_ID };
const CREDENTIALS = {
  applicationKey: '669E367E-6BBA-48AB-AF15-266871C28135',
  applicationSecret: 'BeIukql3pTKJ8RGL5zo0DA==',
};
const application = fixtureApplication();

function recordingOf(
  options: object,
  action: object = { name: 'continue' },
  overrides: Partial<RecordingView> = {},
): RecordingView {
  const document = sinchDocument(JSON.stringify({ action: { ...action, record: true, recordingOptions: options } }));
  const context = fixtureContext(application, CALL);
  const step = sinchAdapter
    .parse(document, context)
    .steps.find((each): each is RecordAction & typeof each => each.kind === 'record');
  if (step === undefined) throw new Error('no recording');
  const names = sinchAdapter.mintNames({ ...context, spec: step.spec, recordingId: 'r' });
  return sampleRecording(step.spec, names, { call: CALL, ...overrides });
}

const S3 = { destinationUrl: 's3://recordings', credentials: 'A:S:r' };
const AZURE = { destinationUrl: 'azure://sinchsdk/voice-recordings/my-recording.mp3', credentials: 'QUJD' };
const CONFERENCE = { name: 'connectConf', conferenceId: 'myConferenceId' };

function requests(
  name: RecordingEventName,
  recording: RecordingView,
  more: { fallback?: boolean; settings?: Record<string, string> } = {},
): WireRequest[] {
  const context = {
    recording,
    application: fixtureApplication({ ...FIXTURE_SETTINGS, ...more.settings }),
    now: NOW,
    fallback: more.fallback ?? false,
  };
  return sinchAdapter.render(sampleEvent(name, recording), context).map(({ request }) => request);
}

const bodies = (list: readonly WireRequest[]): (string | null)[] => list.map(({ body }) => body);

describe('Sinch notify callbacks', () => {
  it.each<[RecordingEventName, string]>([
    ['recording.finished', `{"event":"notify","callid":"${CALL_ID}","version":1,"type":"recording_finished"}`],
    [
      'recording.available',
      `{"event":"notify","callid":"${CALL_ID}","version":1,"type":"recording_available","destination":"azure://sinchsdk/voice-recordings/my-recording.mp3"}`,
    ],
    [
      'transcription.available',
      `{"event":"notify","callid":"${CALL_ID}","version":1,"type":"transcription_available","destination":"azure://sinchsdk/voice-recordings/my-recording-transcript.json"}`,
    ],
  ])('writes the published body of %s byte for byte', (name, body) => {
    expect(bodies(requests(name, recordingOf(AZURE)))).toEqual([body]);
  });

  it('tells that a recording without anything to keep has finished, and never that it is available', () => {
    expect(bodies(requests('recording.absent', recordingOf(S3)))).toEqual([
      `{"event":"notify","callid":"${CALL_ID}","version":1,"type":"recording_finished"}`,
    ]);
  });

  it('names the conference in place of the call', () => {
    const recording = recordingOf(
      {
        ...S3,
        destinationUrl: 's3://recordings/01234567-89ab-cdef-fedc-ba9876543210_01234567-89ab-cdef-fedc-ba9876543210.mp3',
      },
      CONFERENCE,
    );
    expect(bodies(requests('recording.finished', recording))).toEqual([
      '{"event":"notify","conferenceId":"myConferenceId","version":1,"type":"recording_finished"}',
    ]);
    expect(bodies(requests('recording.available', recording))).toEqual([
      '{"event":"notify","conferenceId":"myConferenceId","version":1,"type":"recording_available","destination":"s3://recordings/01234567-89ab-cdef-fedc-ba9876543210_01234567-89ab-cdef-fedc-ba9876543210.mp3"}',
    ]);
    const inConference = recordingOf(S3, { name: 'continue' }, { call: { ...CALL, conferenceId: 'room' } });
    expect(bodies(requests('recording.finished', inConference))[0]).toContain(`"callid":"${CALL_ID}"`);
  });

  it('signs each request over its own path, also that of the fallback', () => {
    for (const [fallback, url, target] of [
      [false, 'https://app.example.com/sinch/callback/ace?tenant=7', '/sinch/callback/ace?tenant=7'],
      [true, 'https://backup.example.com/sinch/fallback', '/sinch/fallback'],
    ] as const) {
      const [request] = requests('recording.finished', recordingOf(S3), { fallback });
      expect(request).toMatchObject({ url, method: 'POST', userinfo: null });
      expect(Object.keys(request?.headers ?? {})).toEqual(['content-type', 'x-timestamp', 'authorization']);
      expect(request?.headers).toMatchObject({
        'content-type': 'application/json',
        'x-timestamp': '2024-06-06T17:20:14.123Z',
      });
      const incoming = { method: 'POST', target, headers: request?.headers ?? {}, body: request?.body ?? '' };
      expect(() => verifySinchRequest(incoming, CREDENTIALS, { now: NOW })).not.toThrow();
      expect(() => verifySinchRequest({ ...incoming, target: '/elsewhere' }, CREDENTIALS, { now: NOW })).toThrow(
        RecgateError,
      );
    }
  });

  it('tells nobody without notificationEvents, without an address, or of other events', () => {
    const silent = recordingOf({ ...S3, notificationEvents: 'false' });
    for (const name of ['recording.finished', 'recording.available', 'recording.failed'] as const)
      expect(requests(name, silent)).toEqual([]);
    for (const name of ['recording.started', 'recording.deleted', 'transcription.failed'] as const)
      expect(requests(name, recordingOf(S3))).toEqual([]);
    const recording = recordingOf(S3);
    const [subscription] = recording.spec.subscriptions;
    if (subscription === undefined) throw new Error('no subscription');
    const nowhere = { ...recording, spec: { ...recording.spec, subscriptions: [{ ...subscription, url: null }] } };
    expect(
      sinchAdapter.render(sampleEvent('recording.finished', nowhere), {
        recording: nowhere,
        application: fixtureApplication({}, {}),
        now: NOW,
        fallback: false,
      }),
    ).toEqual([]);
  });

  it('goes unsigned while the application has no secret', () => {
    const recording = recordingOf(S3);
    const context = { recording, application: fixtureApplication(FIXTURE_SETTINGS, {}), now: NOW, fallback: false };
    const [rendered] = sinchAdapter.render(sampleEvent('recording.finished', recording), context);
    expect(Object.keys(rendered?.request.headers ?? {})).toEqual(['content-type', 'x-timestamp']);
  });

  it('says that a recording that broke off has finished, and callingerror only when asked', () => {
    const failed = (stage: Failure['stage'], capture: RecordingView['capture']) =>
      recordingOf(S3, { name: 'continue' }, { capture, failure: { ...SAMPLE_FAILURE, stage } });
    const types = (list: WireRequest[]): unknown[] =>
      list.map(({ body }) => (JSON.parse(body ?? '{}') as { type: string }).type);
    expect(types(requests('recording.failed', failed('store', SAMPLE_CAPTURE)))).toEqual([]);
    expect(types(requests('recording.failed', failed('capture', null)))).toEqual(['recording_finished']);
    const settings = { sendCallingError: 'true' };
    expect(types(requests('recording.failed', failed('capture', null), { settings }))).toEqual([
      'recording_finished',
      'callingerror',
    ]);
    expect(bodies(requests('recording.failed', failed('store', SAMPLE_CAPTURE), { settings }))).toEqual([
      `{"event":"notify","callid":"${CALL_ID}","version":1,"type":"callingerror","errorCode":50000,"errorMsg":"The recording failed: The container has no room"}`,
    ]);
  });
});

describe('Sinch file names', () => {
  const nameOf = (recording: RecordingView): string => sinchAdapter.nameObject(recording, application).name;
  const started = { capture: { ...SAMPLE_CAPTURE, startedAt: '2024-06-06T17:20:14.900Z' } };

  it('generates date, key and call in the folder that was given', () => {
    const stem = '20240606172010_669E367E-6BBA-48AB-AF15-266871C28135';
    for (const [destinationUrl, folder] of [
      ['s3://b', ''],
      ['s3://b/', ''],
      ['s3://b/a/b/', 'a/b/'],
    ] as const)
      expect(nameOf(recordingOf({ ...S3, destinationUrl }, { name: 'continue' }, started))).toBe(
        `${folder}${stem}_${CALL_ID}.mp3`,
      );
    expect(nameOf(recordingOf({ ...S3, format: 'wav' }, CONFERENCE, started))).toBe(`${stem}_myConferenceId.wav`);
    expect(nameOf(recordingOf({ destinationUrl: 'sdrive://' }, { name: 'continue' }, started))).toBe(
      `${stem}_${CALL_ID}.mp3`,
    );
    const hostile = { name: 'connectConf', conferenceId: '../../etc/pass wd\n' };
    expect(nameOf(recordingOf(S3, hostile, started))).toBe(`${stem}_____etc_pass_wd_-778e1686.mp3`);
  });

  it('gives recordings that start in the same second names of their own', () => {
    const claims = new Set<string>();
    const claim = (name: string): boolean => !claims.has(name) && claims.add(name).size > 0;
    const { spec } = recordingOf(S3);
    const context = { ...fixtureContext(application, CALL), spec, claim };
    const minted = ['r1', 'r2', 'r3'].map((recordingId) => sinchAdapter.mintNames({ ...context, recordingId }));
    const stem = `669E367E-6BBA-48AB-AF15-266871C28135_${CALL_ID}`;
    expect(minted.map(({ fileName }) => fileName)).toEqual([
      `20240606172010_${stem}`,
      `20240606172011_${stem}`,
      `20240606172012_${stem}`,
    ]);
    const conference = (conferenceId: string): string => nameOf(recordingOf(S3, { name: 'connectConf', conferenceId }));
    expect(new Set(['a/b', 'a_b', 'a b', 'a'.repeat(128), `${'a'.repeat(127)}b`].map(conference)).size).toBe(5);
  });

  it('keeps a given name whatever its extension', () => {
    expect(nameOf(recordingOf({ ...S3, destinationUrl: 's3://b/calls/x.wav' }))).toBe('calls/x.wav');
    expect(nameOf(recordingOf({ destinationUrl: 'sdrive://my-recording.mp3' }))).toBe('my-recording.mp3');
  });

  it('tells where a file of the gateway itself can be fetched', () => {
    const recording = recordingOf({ destinationUrl: 'sdrive://my.mp3' });
    const destination = (settings?: Record<string, string>): unknown =>
      JSON.parse(
        bodies(requests('recording.available', recording, settings === undefined ? {} : { settings }))[0] ?? '',
      );
    expect(destination()).toMatchObject({ destination: 'https://gw.example/calling/v1/recording/my.mp3' });
    expect(destination({ apiBaseUrl: '' })).toMatchObject({ destination: 'sdrive://my.mp3' });
    const odd = recordingOf({ destinationUrl: 'sdrive://a b/é?.mp3' });
    expect(bodies(requests('recording.available', odd))[0]).toContain('/calling/v1/recording/a%20b/%C3%A9%3F.mp3"');
  });

  it.each([
    ['s3://b/my-recording.mp3', 's3://b/my-recording-transcript.json'],
    ['a.b/noextension', 'a.b/noextension-transcript.json'],
    ['x.y.wav', 'x.y-transcript.json'],
    ['.hidden', '.hidden-transcript.json'],
  ])('names the transcript of %s', (name, transcript) => {
    expect(sinchTranscriptName(name)).toBe(transcript);
  });
});

describe('Sinch flow callbacks', () => {
  function bodyOf(purpose: string, overrides: Partial<FlowContext> = {}): string | null {
    const context: FlowContext = {
      application,
      call: FIXTURE_CALL,
      callState: 'ended',
      callDurationMs: 12_000,
      answered: true,
      hangupBy: 'gateway',
      documentUrl: null,
      flowState: {},
      recording: null,
      collected: null,
      error: null,
      now: NOW,
      ...overrides,
    };
    const request = { purpose, url: 'https://app.example.com/cb', method: 'POST' as const, userinfo: null };
    return sinchAdapter.renderFlowRequest(request, context).body;
  }
  const KEY = CREDENTIALS.applicationKey;
  const id = FIXTURE_CALL.callId;

  it('writes ICE, ACE and DiCE with their members in the order of the samples', () => {
    expect(bodyOf('ice')).toBe(
      `{"event":"ice","callid":"${id}","callResourceUrl":"https://gw.example/calling/v1/calls/id/${id}","timestamp":"2024-06-06T17:20:14Z","version":1,"userRate":{"currencyId":"USD","amount":0},"cli":"12015555555","to":{"type":"did","endpoint":"+12017777777"},"domain":"pstn","applicationKey":"${KEY}","originationType":"PSTN","rdnis":""}`,
    );
    expect(bodyOf('ace', { call: { ...FIXTURE_CALL, vendor: { custom: 'Custom text' } } })).toBe(
      `{"event":"ace","callid":"${id}","timestamp":"2024-06-06T17:20:14Z","version":1,"custom":"Custom text","applicationKey":"${KEY}"}`,
    );
    expect(bodyOf('dice')).toBe(
      `{"event":"dice","callid":"${id}","timestamp":"2024-06-06T17:20:14Z","reason":"MANAGERHANGUP","result":"ANSWERED","version":1,"custom":"","debit":{"currencyId":"USD","amount":0},"userRate":{"currencyId":"USD","amount":0},"to":{"type":"number","endpoint":"12017777777"},"applicationKey":"${KEY}","duration":12,"from":"12015555555"}`,
    );
  });

  it('writes PIE with what the menu came to, and the cookies', () => {
    const menu = JSON.stringify({ id: 'main', maxDigits: 1, returns: { '1': 'cancel' } });
    const pie = (digits: string | null, flowState = { menu }) =>
      bodyOf('pie', { flowState, collected: digits === null ? null : { digits, finishKey: null } });
    expect(pie('1')).toBe(
      `{"event":"pie","callid":"${id}","timestamp":"2024-06-06T17:20:14Z","menuResult":{"type":"return","value":"cancel","menuId":"main","inputMethod":"dtmf"},"version":1,"custom":"","applicationKey":"${KEY}"}`,
    );
    expect(pie('7')).toContain('"menuResult":{"type":"invalidinput","value":"7"');
    expect(pie('')).toContain('"menuResult":{"type":"timeout","value":""');
    expect(pie(null)).toContain('"type":"timeout"');
    const sub = { menu: JSON.stringify({ id: 'main', maxDigits: 1, returns: {}, hasOptions: true }) };
    expect(pie('1', sub)).toContain('"menuResult":{"type":"invalidinput","value":"1"');
    expect(pie('123', { menu: JSON.stringify({ id: 'pin', maxDigits: 4, returns: {} }) })).toContain(
      '"menuResult":{"type":"sequence","value":"123","menuId":"pin"',
    );
    const withCookie = bodyOf('dice', { flowState: { menu, 'cookie:a': 'b' } });
    expect(JSON.parse(withCookie ?? '')).toMatchObject({ cookies: [{ key: 'a', value: 'b' }] });
  });

  it.each<[Partial<FlowContext>, object]>([
    [{ hangupBy: 'caller' }, { reason: 'CALLERHANGUP', result: 'ANSWERED' }],
    [{ hangupBy: 'caller', callDurationMs: 0, answered: true }, { reason: 'CALLERHANGUP', result: 'ANSWERED' }],
    [{ hangupBy: 'callee' }, { reason: 'CALLEEHANGUP' }],
    [{ hangupBy: null, callDurationMs: 0, answered: false }, { reason: 'N/A', result: 'NOANSWER', duration: undefined }],
    [{ error: new RecgateError('field.invalid', 'x') }, { reason: 'INVALIDSVAMLACTION' }],
    [{ error: new RecgateError('outbound.failed', 'x') }, { reason: 'CALLBACKERROR' }],
    [{ error: new RecgateError('node.full', 'x') }, { reason: 'GENERALERROR' }],
    [
      { hangupBy: 'caller', callDurationMs: 0, answered: false, endReason: 'party' },
      { reason: 'CANCEL', result: 'NOANSWER' },
    ],
    [
      { hangupBy: 'gateway', callDurationMs: 0, answered: false, endReason: 'noAnswer' },
      { reason: 'TIMEOUT', result: 'NOANSWER' },
    ],
    [
      { hangupBy: 'callee', callDurationMs: 4000, answered: true, endReason: 'noAnswer' },
      { reason: 'NOANSWER', result: 'NOANSWER', duration: undefined },
    ],
    [
      { hangupBy: 'gateway', callDurationMs: 1000, answered: true, endReason: 'mediaTimeout' },
      { reason: 'TIMEOUT', result: 'ANSWERED' },
    ],
    [
      { hangupBy: 'gateway', callDurationMs: 0, answered: false, endReason: 'nodeLost' },
      { reason: 'GENERALERROR', result: 'FAILED' },
    ],
  ])('gives the reason of the end (%#)', (overrides, expected) => {
    const body: unknown = JSON.parse(bodyOf('dice', overrides) ?? '');
    expect({ duration: undefined, ...(body as object) }).toMatchObject(expected);
  });

  it("names the call's resource at the setting, else at the gateway, else not at all", () => {
    const resource = (overrides: object): unknown =>
      (JSON.parse(bodyOf('ice', overrides) ?? '{}') as { callResourceUrl?: string }).callResourceUrl;
    const unset = { application: fixtureApplication({ ...FIXTURE_SETTINGS, apiBaseUrl: '' }) };
    const path = `/calling/v1/calls/id/${id}`;
    expect(resource({ gatewayUrl: 'https://own.example' })).toBe(`https://gw.example${path}`);
    expect(resource({ ...unset, gatewayUrl: 'https://own.example' })).toBe(`https://own.example/sinch${path}`);
    expect(resource(unset)).toBeUndefined();
  });

  it('gives back the headers of a callout', () => {
    const kept = readSinchCallbackHeaders(
      ['X-CB-A', '1', 'x-cb-b', '2', 'X-Other', 'x', 'X-CB-Long', 'y'.repeat(129), 'X-CB-C', '3', 'X-CB-D', '4'].concat(
        ['X-CB-E', '5', 'X-CB-F', '6'],
      ),
    );
    const { headers } = toSinchRequest(
      'https://app.example/cb',
      {},
      { application, call: { ...CALL, vendor: kept }, now: new Date(0) },
    );
    expect(Object.keys(headers).filter((name) => /^x-cb/i.test(name))).toEqual([
      'X-CB-A',
      'x-cb-b',
      'X-CB-C',
      'X-CB-D',
      'X-CB-E',
    ]);
  });

  it('asks at the callback URL, unless a callout did not enable it', () => {
    expect(sinchAdapter.firstRequest(application, CALL)).toEqual({
      purpose: 'ice',
      url: FIXTURE_SETTINGS['callbackUrl'],
      method: 'POST',
      userinfo: null,
      fallbackUrl: FIXTURE_SETTINGS['fallbackUrl'],
    });
    expect(sinchAdapter.lastRequests(application, CALL)).toMatchObject([{ purpose: 'dice' }]);
    expect(sinchAdapter.lastRequests(application, { ...CALL, vendor: { enableDice: false } })).toEqual([]);
    expect(sinchAdapter.firstRequest(fixtureApplication({}, FIXTURE_SECRETS), CALL)).toBeNull();
    expect(sinchAdapter.errorRequest(application, CALL)).toBeNull();
    const telling = fixtureApplication({ ...FIXTURE_SETTINGS, sendCallingError: 'TRUE' });
    expect(sinchAdapter.errorRequest(telling, CALL)).toMatchObject({ purpose: 'notify' });
    const error = new RecgateError('field.missing', 'destinationUrl is required');
    expect(bodyOf('notify', { error })).toBe(
      `{"event":"notify","callid":"${id}","version":1,"type":"callingerror","errorCode":40001,"errorMsg":"destinationUrl is required"}`,
    );
  });
});

describe('Sinch errors', () => {
  it.each([
    ['document.malformed', undefined, 400, 40003],
    ['field.missing', 'destinationUrl', 400, 40002],
    ['field.invalid', 'signature', 400, 40001],
    ['auth.missing', 'authorization', 401, 40100],
    ['auth.invalid', 'x-timestamp', 401, 40101],
    ['auth.invalid', 'signature', 401, 40102],
    ['auth.invalid', 'credentials', 401, 40108],
    ['auth.invalid', 'scheme', 403, 40301],
    ['request.not_found', undefined, 404, 40400],
    ['gateway.internal', undefined, 500, 50000],
    ['gateway.unavailable', undefined, 503, 50300],
  ] as const)('answers %s of %s with %i and %i', (code, field, status, errorCode) => {
    const error = new RecgateError(code, 'Call not found', field === undefined ? {} : { field });
    expect(sinchAdapter.renderError(error)).toEqual({
      status,
      headers: { 'content-type': 'application/json' },
      body: { errorCode, message: 'Call not found' },
    });
  });
});

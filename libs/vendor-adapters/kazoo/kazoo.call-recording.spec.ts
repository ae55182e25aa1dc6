import { describe, expect, it } from '@jest/globals';
import type { CallDirection, DocumentRole, FlowAction, JsonObject, ParsedDocument, RecordAction } from '#libs/recording-model';
import { SAMPLE_CALL, seededIdSource } from '#libs/testing';
import { kazooAdapter } from './index.js';

const ON = { enabled: true };
const MUSIC = { module: 'play', data: { id: 'https://media.example/hello.wav' } };
const CALLS_DEVICE = { module: 'device', data: { id: 'desk' } };
const CALLS_USER = { module: 'user', data: { id: 'jane' } };

interface Call {
  readonly from?: string;
  readonly to?: string;
  readonly direction?: CallDirection;
  readonly vendor?: JsonObject;
}

interface Reading {
  readonly settings: Readonly<Record<string, JsonObject | string>>;
  readonly call?: Call;
  readonly document?: JsonObject | string;
  readonly role?: DocumentRole;
  /** Undefined: the document is only read. */
  readonly flowState?: JsonObject | undefined;
}

const FROM_OUTSIDE: Call = { from: '+14155550111', to: '+14155550100' };
const FROM_INSIDE: Call = { from: '1001@acme.sip.example.com', to: '2000@acme.sip.example.com' };
const TO_OUTSIDE: Call = { from: '1001@acme.sip.example.com', to: '+14155550111' };

function parse({ settings, call = FROM_OUTSIDE, document = MUSIC, role = 'flow', ...given }: Reading): ParsedDocument {
  const texts = Object.entries(settings).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  const flowState = 'flowState' in given ? given.flowState : {};
  return kazooAdapter.parse(
    { body: typeof document === 'string' ? document : JSON.stringify(document), role, url: null },
    {
      application: { applicationId: 'app', tenantId: 'tenant', settings: { storeRecordings: 'true', ...Object.fromEntries(texts) }, secrets: {} },
      call: { ...SAMPLE_CALL, direction: 'inbound', vendor: {}, ...call },
      ids: seededIdSource(1),
      now: new Date('2026-11-20T12:00:00Z'),
      ...(flowState === undefined ? {} : { flowState }),
    },
  );
}

const recordsOf = (parsed: ParsedDocument): RecordAction[] => parsed.steps.filter((step) => step.kind === 'record');
const originsOf = (reading: Reading): unknown[] => recordsOf(parse(reading)).map(({ spec }) => spec.labels['origin']);
const kindsOf = (steps: readonly FlowAction[]): string[] => steps.map(({ kind }) => kind);

const account = (call_recording: JsonObject): Reading['settings'] => ({ callRecording: { account: call_recording } });
const endpoint = (call_recording: JsonObject): Reading['settings'] => ({ callRecording: { endpoint: call_recording } });

describe('call_recording of the account (contract §1.3)', () => {
  it('records the call from its beginning, before the callflow, which goes on as it would', () => {
    const parsed = parse({ settings: account({ inbound: { offnet: { ...ON, url: 'https://user:s3cret@rec.example/kzr' } } }) });
    expect(kindsOf(parsed.steps)).toEqual(['record', 'playMedia']);
    const [{ spec, secrets, apart } = { spec: null, secrets: null, apart: null }] = recordsOf(parsed);
    expect(spec).toMatchObject({
      mode: 'background',
      start: 'now',
      parties: 'both',
      channels: 2,
      sampleRate: 16_000,
      maxDurationMs: 3_600_000,
      minDurationMs: 0,
      followTransfer: false,
      format: { extension: 'mp3' },
      destination: { kind: 'http-upload', url: 'https://rec.example/kzr', method: 'PUT' },
      labels: { origin: 'inbound from offnet to account' },
    });
    expect(secrets).toEqual({ 'url.userinfo': 'user:s3cret' });
    expect(apart).toBe('account');
    expect(parsed.accounting.map(({ path }) => path)).toEqual(['/module', '/data/id']);
  });

  it('takes every parameter there is, also written as text', () => {
    const entry = {
      enabled: 'true',
      format: 'wav',
      record_min_sec: '3',
      record_on_answer: true,
      record_on_bridge: true,
      record_sample_rate: 8000,
      time_limit: '60',
      url: '',
    };
    const [action] = recordsOf(parse({ settings: account({ any: { any: entry } }) }));
    expect(action?.spec).toMatchObject({
      start: 'onAnswer',
      sampleRate: 8000,
      maxDurationMs: 60_000,
      minDurationMs: 3000,
      format: { extension: 'wav' },
      destination: { kind: 'media-store' },
    });
    const bridge = parse({ settings: account({ any: { any: { ...ON, record_on_bridge: true } } }) });
    expect(recordsOf(bridge)[0]?.spec.start).toBe('onBridge');
  });

  it.each<[string, Call, string[]]>([
    ['a telephone number from outside', FROM_OUTSIDE, ['inbound from offnet to account']],
    ['an extension', FROM_INSIDE, ['inbound from onnet to account']],
    ['a device with a telephone number of its own', { ...FROM_OUTSIDE, vendor: { custom_channel_vars: { authorizing_id: 'desk' } } }, ['inbound from onnet to account']],
    ['inception', { ...FROM_INSIDE, vendor: { custom_channel_vars: { inception: 'x@carrier', authorizing_id: 'c' } } }, ['inbound from offnet to account']],
    ['a resource', { ...FROM_INSIDE, vendor: { custom_channel_vars: { authorizing_type: 'resource' } } }, ['inbound from offnet to account']],
    ['a call out of the account', { ...FROM_OUTSIDE, direction: 'outbound' }, ['outbound to offnet from account']],
    ['a call out to an extension', { ...FROM_INSIDE, direction: 'outbound' }, ['outbound to onnet from account']],
  ])('knows the network: %s', (_name, call, expected) => {
    expect(originsOf({ settings: account({ any: { any: ON } }), call })).toEqual(expected);
  });

  it.each<[string, JsonObject, Call, string[]]>([
    ['the exact one', { inbound: { offnet: ON, any: { enabled: false } } }, FROM_OUTSIDE, ['inbound from offnet to account']],
    ['its direction before any direction', { inbound: { any: { enabled: false } }, any: { offnet: ON } }, FROM_OUTSIDE, []],
    ['any network', { inbound: { any: ON } }, FROM_INSIDE, ['inbound from onnet to account']],
    ['any direction', { any: { onnet: ON } }, FROM_INSIDE, ['inbound from onnet to account']],
    ['of the other network', { inbound: { onnet: ON } }, FROM_OUTSIDE, []],
    ['of the way out, where none of the way in is enabled', { outbound: { offnet: ON } }, TO_OUTSIDE, ['outbound to offnet from account']],
    ['one of the account only', { inbound: { any: ON }, outbound: { any: ON } }, TO_OUTSIDE, ['inbound from onnet to account']],
    ['none that does not say enabled', { inbound: { any: {} }, any: {} }, FROM_OUTSIDE, []],
  ])('the entry: %s', (_name, settings, call, expected) => {
    expect(originsOf({ settings: account(settings), call })).toEqual(expected);
  });

  it('begins once, with the first callflow, not with metaflows, nor when a document is only read', () => {
    const settings = account({ any: { any: ON } });
    const first = parse({ settings });
    expect(first.flowState).toMatchObject({ callRecording: true });
    expect(originsOf({ settings, flowState: first.flowState })).toEqual([]);
    expect(originsOf({ settings, role: 'metaflow' })).toEqual([]);
    expect(originsOf({ settings, flowState: undefined })).toEqual([]);
    expect(parse({ settings: {} }).flowState).not.toHaveProperty('callRecording');
  });

  it('what cannot be stored says so', () => {
    const { warnings } = parse({ settings: { ...account({ any: { any: ON } }), storeRecordings: 'false' } });
    expect(warnings.map(({ message }) => message)).toEqual([
      'call_recording, inbound from offnet to account: The recording is not stored: no url, no storage plan, and storeRecordings is false',
    ]);
  });
});

describe('call_recording of endpoints (contract §1.3)', () => {
  const toOutside = (vendor: JsonObject): Call => ({ ...TO_OUTSIDE, vendor });
  const out = (parameters: JsonObject): JsonObject => ({ outbound: { offnet: parameters } });
  const limits = (reading: Reading): unknown[] => recordsOf(parse(reading)).map(({ spec }) => spec.maxDurationMs);
  const settings: Reading['settings'] = {
    ...endpoint(out({ ...ON, time_limit: 10 })),
    userCallRecording: { jane: out({ ...ON, time_limit: 20 }), joe: out({ enabled: false }) },
    deviceCallRecording: { desk: out({ ...ON, time_limit: 30 }), off: out({ enabled: false }) },
  };

  it.each<[string, JsonObject, number[]]>([
    ['its device', { owner_id: 'jane', endpoint_id: 'desk' }, [30_000]],
    ['its device by authorizing_id', { owner_id: 'jane', custom_channel_vars: { authorizing_id: 'desk', authorizing_type: 'device' } }, [30_000]],
    ['its user, where the device says nothing', { owner_id: 'jane', endpoint_id: 'other' }, [20_000]],
    ['its user by authorizing_id', { custom_channel_vars: { authorizing_id: 'jane', authorizing_type: 'user' } }, [20_000]],
    ['the account, where neither does', { owner_id: 'other', endpoint_id: 'other' }, [10_000]],
    ['a device that is switched off', { owner_id: 'jane', endpoint_id: 'off' }, []],
    ['a user who is switched off', { owner_id: 'joe', endpoint_id: 'other' }, []],
    ['nobody of the account, although a name is like one of an object', { owner_id: '__proto__', endpoint_id: 'constructor' }, [10_000]],
  ])('of the one that calls: %s', (_name, vendor, expected) => {
    expect(limits({ settings, call: toOutside(vendor) })).toEqual(expected);
  });

  it('stands beside that of the account, and is none of a caller from outside', () => {
    const both = { callRecording: { account: { any: { any: ON } }, endpoint: { any: { any: ON } } } };
    expect(originsOf({ settings: both, call: TO_OUTSIDE })).toEqual(['inbound from onnet to account', 'outbound to offnet from endpoint']);
    expect(originsOf({ settings: both, call: FROM_OUTSIDE })).toEqual(['inbound from offnet to account']);
  });

  it('of the one that is called: on its answer, whatever the entry says, until it is gone', () => {
    const inbound = { inbound: { offnet: { ...ON, record_on_answer: false, time_limit: 50 } } };
    const parsed = parse({ settings: { deviceCallRecording: { desk: inbound } }, document: CALLS_DEVICE });
    expect(kindsOf(parsed.steps)).toEqual(['record', 'connect', 'stopRecording']);
    expect(parsed.steps[0]).toMatchObject({ apart: 'endpoint', spec: { start: 'onBridge', followTransfer: false, labels: { origin: 'inbound from offnet to endpoint' } } });
    expect(parsed.steps[2]).toMatchObject({ which: 'all', apart: 'endpoint' });
    expect(parsed.accounting).toContainEqual(expect.objectContaining({ path: '/module', to: 'step.connect' }));
  });

  it('of a user whom TwiML dials: what Dial is followed by ends it', () => {
    const settings = { userCallRecording: { jane: { any: { any: ON } } } };
    const [start, end] = ['<Response><Dial action="https://app.example/next"><User>jane</User></Dial></Response>', '<Response><Hangup/></Response>'].map(
      (document) => (flowState: JsonObject) => parse({ settings, document, flowState }),
    );
    const dialled = start?.({});
    expect(kindsOf(dialled?.steps ?? [])).toEqual(['record', 'connect', 'stopRecording']);
    const after = end?.({ ...dialled?.flowState });
    expect(after?.steps).toMatchObject([{ kind: 'stopRecording', apart: 'endpoint' }, { kind: 'hangup' }]);
    expect(kindsOf(end?.({ ...after?.flowState }).steps ?? [])).toEqual(['hangup']);
  });

  it.each<[string, JsonObject, string[]]>([
    ['its user', CALLS_USER, ['connect']],
    ['the account', CALLS_DEVICE, ['record', 'connect', 'stopRecording']],
    ['nobody, for it is a ring group', { module: 'ring_group', data: { id: 'desk' } }, ['connect']],
    ['nobody, for it is a number', { module: 'offnet', data: {} }, ['connect']],
  ])('of the one that is called: by %s', (_name, document, expected) => {
    const given = { ...endpoint({ inbound: { any: ON } }), userCallRecording: { jane: { any: { any: { enabled: false } } } } };
    expect(kindsOf(parse({ settings: given, document }).steps)).toEqual(expected);
  });
});

describe('the settings are checked when they are written', () => {
  const written = (settings: Record<string, JsonObject | string>) => (): unknown =>
    kazooAdapter.addresses({
      applicationId: 'app',
      tenantId: 'tenant',
      settings: {},
      secrets: Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)] as const)),
    });
  const entry = (parameters: JsonObject): Record<string, JsonObject> => ({ callRecording: { account: { inbound: { onnet: parameters } } } });

  it.each<[string, Record<string, JsonObject | string>, string]>([
    ['a parameter that the schema does not know', entry({ method: 'put' }), 'callRecording.account.inbound.onnet.method: Strict checking'],
    ['media_name', entry({ media_name: 'x' }), 'callRecording.account.inbound.onnet.media_name: Strict checking'],
    ['a network', { callRecording: { account: { inbound: { here: {} } } } }, 'callRecording.account.inbound.here: Strict checking'],
    ['a direction', { callRecording: { endpoint: { both: {} } } }, 'callRecording.endpoint.both: Strict checking'],
    ['an account without its upper level', { callRecording: { inbound: {} } }, 'callRecording.inbound: Strict checking'],
    ['a user with it', { userCallRecording: { jane: { account: {} } } }, 'userCallRecording.jane.account: Strict checking'],
    ['a limit', entry({ time_limit: 4 }), 'callRecording.account.inbound.onnet.time_limit: Value must be at least 5'],
    ['a longest limit', entry({ time_limit: 10_801 }), 'callRecording.account.inbound.onnet.time_limit: Value must be at most 10800'],
    ['a format', entry({ format: 'ogg' }), 'callRecording.account.inbound.onnet.format: Value not found'],
    ['a flag', { deviceCallRecording: { desk: { any: { any: { enabled: 'perhaps' } } } } }, 'deviceCallRecording.desk.any.any.enabled: Value did not match'],
    ['a blacklisted host', entry({ url: 'http://127.0.0.1/x' }), 'callRecording.account.inbound.onnet.url: invalid client URL'],
    ['a scheme', entry({ url: 'ftps://rec.example/x' }), 'callRecording.account.inbound.onnet.url: invalid client URL'],
    ['ftp, which later generations refuse', { ...entry({ url: 'ftp://rec.example/x' }), version: 'master' }, 'callRecording.account.inbound.onnet.url: invalid client URL'],
    ['no object', { callRecording: '[]' }, 'callRecording: Value did not match type(s): object'],
    ['an entry that is none', { callRecording: { account: { any: { any: true } } } }, 'callRecording.account.any.any: Value did not match'],
    ['no JSON', { userCallRecording: '{' }, 'userCallRecording is not JSON'],
  ])('%s', (_name, settings, message) => {
    expect(written(settings)).toThrow(`The setting ${message}`);
  });

  it('the message never shows the URL', () => {
    expect(written(entry({ url: 'gopher://u:s3cret@h' }))).not.toThrow(/s3cret/);
  });

  it('what the contract allows is taken', () => {
    expect(written(entry({ ...ON, url: 'ftp://rec.example/x' }))).not.toThrow();
    expect(written({ callRecording: '', userCallRecording: '{}' })).not.toThrow();
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { FlowContext, JsonObject, RecordAction } from '#libs/recording-model';
import {
  SAMPLE_CALL as CALL,
  applicationWith,
  describeVendorAdapterContract,
  parseDocument,
  recordActions,
  refusalOf,
  sampleRecording,
  seededIdSource,
} from '#libs/testing';
import { kazooAdapter } from './index.js';

const URL_OF_DOCUMENT = 'https://app.example.com/ivr/start';
const PIVOT_RECORD = readFileSync(new URL('./fixtures/pivot-record.twiml', import.meta.url), 'utf8');

const read = (body: string, settings: Record<string, string> = {}, secrets: Record<string, string> = {}) =>
  parseDocument(kazooAdapter, body, { application: applicationWith(settings, secrets), url: URL_OF_DOCUMENT });
const verbs = (inside: string) => read(`<Response>${inside}</Response>`);

function recordOf(attributes: string, settings?: Record<string, string>, secrets?: Record<string, string>): RecordAction {
  const [record] = recordActions(read(`<Response><Record ${attributes}/></Response>`, settings, secrets).steps);
  if (record === undefined) throw new Error('the document records nothing');
  return record;
}

describeVendorAdapterContract(kazooAdapter, [
  {
    name: 'a Pivot answer in TwiML',
    document: { body: PIVOT_RECORD, role: 'flow', url: URL_OF_DOCUMENT },
    documentSecrets: ['s3cr@t', 's3cr%40t'],
    settings: { callflowFormat: 'twiml' },
    recordings: 1,
  },
]);

describe('Record of TwiML (contract §3.3)', () => {
  it('has the defaults of Pivot', () => {
    const { steps, accounting } = verbs('<Record recordingUrl="https://rec.example.com/kzr"/>');
    expect(steps.map(({ kind }) => kind)).toEqual(['answer', 'record']);
    expect(recordActions(steps)[0]?.spec).toMatchObject({
      mode: 'blocking',
      parties: 'caller',
      channels: 1,
      stopKeys: '0123456789*#',
      maxDurationMs: 3_600_000,
      silence: { initialMs: 5000, finalMs: 5000 },
      beep: true,
      destination: { kind: 'http-upload', url: 'https://rec.example.com/kzr', method: 'PUT', userinfo: null },
      continuation: null,
    });
    const defaults = accounting.filter(({ outcome }) => outcome === 'defaulted').map(({ path, value }) => [path.split('@')[1], value]);
    expect(Object.fromEntries(defaults)).toEqual({
      recordStoreMethod: 'put',
      maxLength: 3600,
      timeout: 5,
      playBeep: true,
      finishOnKey: '0123456789*#',
    });
  });

  it('takes every attribute, and goes on with action relative to the document', () => {
    const parsed = read(PIVOT_RECORD);
    const [record] = recordActions(parsed.steps);
    const next = { purpose: 'action', url: 'https://app.example.com/ivr/done?step=2', method: 'POST', userinfo: null };
    expect(record?.spec).toMatchObject({
      stopKeys: '#',
      maxDurationMs: 90_000,
      silence: { initialMs: 3000, finalMs: 3000 },
      beep: false,
      destination: { url: 'https://rec.example.com/kzr', method: 'POST', userinfo: { secret: 'url.userinfo' } },
      continuation: { onCompleted: next, onFailed: next },
    });
    expect(record?.secrets).toEqual({ 'url.userinfo': 'joe:s3cr@t' });
    expect(parsed.steps.map(({ kind }) => kind)).toEqual(['speak', 'answer', 'record', 'collectDigits', 'connect', 'skipped', 'fetch']);
    expect(parsed.warnings.map(({ position: { path, line } }) => [path, line])).toEqual([
      ['/Response/Record[1]/@colour', 7],
      ['/Response/Gather[1]/Dial[1]', 8],
      ['/Response/Dial[1]/Number[2]', 9],
      ['/Response/Enqueue[1]', 10],
    ]);
  });

  it.each([
    ['timeout="0"', { silence: null }],
    ['finishOnKey=""', { stopKeys: '' }],
    ['maxLength="soon" timeout="-1" playBeep="maybe" recordStoreMethod="PATCH"', { maxDurationMs: 3_600_000, beep: true, silence: { finalMs: 5000 } }],
    ['maxLength="99999"', { maxDurationMs: 10_800_000 }],
    ['recordingUrl="/kzr"', { destination: { kind: 'http-upload', url: 'https://app.example.com/kzr' } }],
    ['recordingUrl="ftp://rec.example.com/in"', { destination: { kind: 'ftp-upload' } }],
    ['recordingUrl="gopher://rec.example.com/"', { destination: { kind: 'none' } }],
    ['', { destination: { kind: 'none' } }],
    ['action="https://"', { continuation: null }],
  ])('reads <Record %s>', (attributes, spec) => {
    expect(recordOf(attributes).spec).toMatchObject(spec);
  });

  it('stores without recordingUrl as record_call does without url', () => {
    expect(recordOf('', { storeRecordings: 'true' }).spec.destination.kind).toBe('media-store');
  });

  it('keeps the credentials of the first document for relative addresses to the same place alone', () => {
    const settings = { callflowUrl: 'https://app.example.com/first' };
    const secrets = { callflowUserinfo: 'app:pw' };
    const userinfo = (action: string) => recordOf(`action="${action}"`, settings, secrets).spec.continuation?.onCompleted?.userinfo;
    expect(userinfo('/done')).toEqual({ secret: 'callflowUserinfo' });
    expect(userinfo('https://app.example.com/done')).toBeNull();
    const own = recordOf('action="https://a:b@app.example.com/done"', settings, secrets);
    expect(own.secrets).toEqual({ '/Response/Record[1]/@action': 'a:b' });
    expect(own.spec.continuation?.onCompleted?.userinfo).toEqual({ secret: '/Response/Record[1]/@action' });
  });
});

describe('the other verbs', () => {
  it.each([
    ['<Say loop="0"> Hello\n you </Say>', [{ kind: 'speak', text: 'Hello you', repeat: 0 }]],
    ['<Play>hi.wav</Play>', [{ kind: 'playMedia', url: 'https://app.example.com/ivr/hi.wav', repeat: 1 }]],
    ['<Pause length="3"/>', [{ kind: 'wait', durationMs: 3000 }]],
    ['<Redirect>next</Redirect>', [{ kind: 'fetch', request: { url: 'https://app.example.com/ivr/next', method: 'GET' } }]],
    ['<Hangup/>', [{ kind: 'hangup' }]],
    ['<Reject reason="busy"/>', [{ kind: 'reject' }]],
    ['<Dial>+14155550199</Dial>', [{ kind: 'connect', to: '+14155550199', conference: false, maxDurationMs: null }]],
    ['<Dial><Conference>daily</Conference></Dial>', [{ kind: 'connect', to: 'daily', conference: true }]],
    ['<Dial><User>u1</User></Dial>', [{ kind: 'connect', to: 'u1', owners: ['user/u1', 'account'] }]],
    ['<Gather><Say>Press</Say></Gather>', [{ kind: 'collectDigits', finishKeys: '#', maxDigits: null, timeoutMs: 5000, prompts: [{ kind: 'speak' }] }]],
    ['<Say/><Play>http://</Play><Dial/><Redirect/>', ['Say', 'Play', 'Dial', 'Redirect'].map((name) => ({ kind: 'skipped', name }))],
  ])('%s', (inside, steps) => {
    expect(verbs(inside).steps).toMatchObject(steps);
  });

  it.each([
    ['<Response><Record></Response>', 'document.malformed'],
    ['<html/>', 'document.malformed'],
    ['<!DOCTYPE html><html/>', 'document.forbidden'],
  ])('refuses %s and names the place', (body, code) => {
    const error = refusalOf(() => read(body));
    expect(error).toMatchObject({ code, position: { line: 1, column: expect.any(Number) } });
  });
});

describe('what action is told', () => {
  const request = { purpose: 'action', url: 'https://app.example.com/done', method: 'GET', userinfo: null } as const;

  function told(flowState: JsonObject, settings: Record<string, string> = {}, attributes = 'recordingUrl="https://rec.example.com/kzr"') {
    const application = applicationWith(settings);
    const record = recordOf(attributes, settings);
    const now = new Date('2026-11-20T12:00:00Z');
    const names = kazooAdapter.mintNames({ application, call: CALL, ids: seededIdSource(1), now, spec: record.spec, recordingId: 'r1' });
    const recording = sampleRecording(record.spec, names, { call: CALL });
    const context: FlowContext = {
      application,
      call: CALL,
      callState: 'answered',
      callDurationMs: 9000,
      answered: true,
      hangupBy: null,
      documentUrl: URL_OF_DOCUMENT,
      flowState,
      recording,
      collected: null,
      error: null,
      now,
      gatewayUrl: 'https://gw.example.com',
    };
    const { url } = kazooAdapter.renderFlowRequest(request, context);
    return { query: new URL(url).searchParams, names, file: kazooAdapter.nameObject(recording, application).name };
  }

  it('in the words of Kazoo', () => {
    const { query, names, file } = told({});
    expect(query.get('Call-ID')).toBe(CALL.callId);
    expect([query.get('Recording-Url'), query.get('Recording-ID')]).toEqual([file, names['recordingId']]);
    expect(query.get('Recording-Duration')).toMatch(/^\d+$/);
    expect([...query.keys()].filter((name) => /Sid$|^Recording[UD]/.test(name))).toEqual([]);
  });

  it.each([
    ['the pivot', { pivotFormat: 'twiml' }, {}],
    ['the setting', {}, { callflowFormat: 'twiml' }],
  ])('in the words of TwiML, asked for by %s', (_by, state, settings) => {
    const { query, names, file } = told(state, settings);
    expect(Object.fromEntries(query)).toMatchObject({
      CallSid: CALL.callId,
      CallStatus: 'in-progress',
      ApiVersion: '2010-04-01',
      RecordingUrl: file,
      RecordingSid: names['mediaName'],
      RecordingDuration: expect.stringMatching(/^\d+$/),
    });
    expect([...query.keys()].filter((name) => name.includes('-'))).toEqual([]);
  });

  it('the address in the REST API when the file goes to the own store, none when it goes nowhere', () => {
    const accountId = '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5';
    const { query, names } = told({}, { storeRecordings: 'true', accountId }, '');
    expect(query.get('Recording-Url')).toBe(`https://gw.example.com/kazoo/v2/accounts/${accountId}/recordings/${names['recordingId']}`);
    expect(told({}, {}, '').query.has('Recording-Url')).toBe(false);
  });
});

describe('req_format of pivot', () => {
  it.each([
    ['twiml', 'twiml', 0],
    ['kazoo', 'kazoo', 0],
    [undefined, 'kazoo', 0],
    ['soap', 'kazoo', 1],
  ])('%s: the flow goes on with %s', (asked, format, warnings) => {
    const pivot = { module: 'pivot', data: { voice_url: 'https://app.example.com/p', req_format: asked } };
    const parsed = read(JSON.stringify({ module: 'sleep', data: { duration: 1 }, children: { _: pivot } }));
    expect(parsed.steps.at(-1)).toMatchObject({ kind: 'fetch', request: { url: 'https://app.example.com/p' } });
    expect(parsed.flowState).toMatchObject({ pivotFormat: format });
    expect(parsed.warnings).toHaveLength(warnings);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  RecgateError,
  type ApplicationView,
  type CallIdentity,
  type FlowContext,
  type ParsedDocument,
  type RecordAction,
  type RecordingEventName,
  type RecordingView,
} from '#libs/recording-model';
import {
  SAMPLE_FAILURE,
  applicationWith,
  parseDocument,
  recordActions,
  sampleEvent,
  sampleReceipt,
  sampleRecording,
  sampleRendition,
} from '#libs/testing';
import { flexmlAdapter } from './index.js';

const SID = 'ea662226-9f71-44fe-858f-f8b624034974';
const DOCUMENT_URL = 'https://app.example.com/vm';
const NOW = new Date('2024-07-28T09:00:40.000Z');
/** The call of the bodies in contract §3.1. */
const CALL: CallIdentity = {
  callId: '4695bc4a0932bcd2e99492e523db9ee2',
  from: '15165550138',
  to: '15165550137',
  direction: 'inbound',
  vendor: { OriginalFrom: '+15165550138' },
};

function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
}

function parse(
  body: string,
  application = applicationWith(),
  url: string | null = 'https://app.example.com/vm',
): ParsedDocument {
  return parseDocument(flexmlAdapter, body, { application, url });
}

function record(attributes: string, application = applicationWith()): RecordAction {
  const [step] = recordActions(parse(`<Response><Record ${attributes}/></Response>`, application).steps);
  if (step === undefined) throw new Error('no record step');
  return step;
}

describe('flexml: requests, byte for byte (contract §3.1)', () => {
  const application = applicationWith();

  function recordingOf(attributes: string, overrides: Partial<RecordingView> = {}): RecordingView {
    const { spec } = record(attributes);
    const recording = sampleRecording(spec, { fileSid: SID }, { call: CALL, ...overrides });
    const rendition = sampleRendition(spec);
    return {
      ...recording,
      rendition,
      receipt: sampleReceipt(flexmlAdapter.nameObject(recording, application), rendition),
    };
  }

  function render(
    event: RecordingEventName,
    recording: RecordingView,
    app = application,
  ): (readonly [string, string, string, string | null])[] {
    const context = { recording, application: app, now: NOW, fallback: false };
    return flexmlAdapter
      .render(sampleEvent(event, recording), context)
      .map(({ purpose, request }) => [purpose, request.method, request.url, request.body] as const);
  }

  const ALL =
    'callbackUrl="/c" recordingStatusCallback="/s" recordingStatusCallbackEvent="completed,failed,absent" transcribe="true" transcribeCallback="/t"';

  it('sends both callbacks of a completed recording, the status callback first', () => {
    const body = fixture('bodies/completed.body');
    expect(render('recording.available', recordingOf(ALL))).toEqual([
      ['recordingStatusCallback', 'POST', 'https://app.example.com/s', body],
      ['callbackUrl', 'POST', 'https://app.example.com/c', body],
    ]);
  });

  it.each([
    ['recording.failed', 'failed', '/s'],
    ['recording.absent', 'absent', '/s'],
    ['transcription.available', 'transcription-completed', '/t'],
    ['transcription.timeout', 'transcription-timeout', '/t'],
    ['transcription.failed', 'transcription-failed', '/t'],
  ] as const)('sends %s as %s.body', (event, name, path) => {
    expect(render(event, recordingOf(ALL)).map(([, , url, body]) => [url, body])).toEqual([
      [`https://app.example.com${path}`, fixture(`bodies/${name}.body`)],
    ]);
  });

  it('tells of an empty recording only when asked to', () => {
    expect(render('recording.absent', recordingOf('recordingStatusCallback="/s" callbackUrl="/c"'))).toEqual([]);
    expect(render('recording.finished', recordingOf(ALL))).toEqual([]);
  });

  it('adds the fields to the query that is there for GET', () => {
    const recording = recordingOf('recordingStatusCallback="/vm/status?x=1" recordingStatusCallbackMethod="GET"');
    const [[, method, url, body] = []] = render('recording.available', recording);
    expect([method, body]).toEqual(['GET', null]);
    expect(url).toMatch(
      /^https:\/\/app\.example\.com\/vm\/status\?x=1&AccountSid=&ApiVersion=2\.0&CallSid=4695bc4a0932bcd2e99492e523db9ee2&/,
    );
    expect(url).toContain('&OriginalFrom=%2B15165550138&');
    expect(url).toMatch(new RegExp(`&RecordingUrl=https%3A%2F%2Fstorage\\.carrierx\\.com%2Ff%2F${SID}$`));
    const sent = Object.fromEntries([...new URL(url ?? '').searchParams].filter(([name]) => name !== 'x'));
    const posted = JSON.parse(fixture('bodies/completed.body')) as Record<string, unknown>;
    expect(sent).toEqual(Object.fromEntries(Object.entries(posted).map(([name, value]) => [name, String(value)])));
  });

  it('points at the object of an external store', () => {
    const recording = recordingOf('awsAccessKey="AK" awsSecretKey="SK" awsBucketName="calls" callbackUrl="/c"');
    const [[, , , body] = []] = render('recording.available', recording);
    expect(JSON.parse(body ?? '')).toEqual(
      expect.objectContaining({ RecordingSid: SID, RecordingUrl: `https://objects.example.com/${SID}.wav` }),
    );
  });

  it('says how the call ended once it has, in the words the application knows', () => {
    const ended = recordingOf('callbackUrl="/c"', { callState: 'ended' });
    const statusOf = (app: ApplicationView, recording = ended): unknown =>
      (JSON.parse(render('recording.available', recording, app)[0]?.[3] ?? '') as { CallStatus: unknown }).CallStatus;
    expect(statusOf(application)).toBe('completed');
    expect(statusOf(application, { ...ended, call: { ...CALL, vendor: { CallStatus: 'busy' } } })).toBe('busy');
  });

  function flowContext(overrides: Partial<FlowContext>): FlowContext {
    return {
      application,
      call: CALL,
      callState: 'answered',
      callDurationMs: 20_000,
      answered: true,
      hangupBy: null,
      documentUrl: DOCUMENT_URL,
      flowState: {},
      recording: null,
      collected: null,
      error: null,
      now: NOW,
      ...overrides,
    };
  }

  it('sends action and errorAction', () => {
    const recording = recordingOf('action="/next" errorAction="/error"');
    const { onCompleted, onFailed } = recording.spec.continuation ?? {};
    if (!onCompleted || !onFailed) throw new Error('no continuation');
    expect(flexmlAdapter.renderFlowRequest(onCompleted, flowContext({ recording }))).toEqual({
      method: 'POST',
      url: 'https://app.example.com/next',
      headers: { 'Content-Type': 'application/json' },
      body: fixture('bodies/completed.body'),
      userinfo: null,
    });
    const failed = flexmlAdapter.renderFlowRequest(
      onFailed,
      flowContext({ recording: { ...recording, receipt: null, failure: SAMPLE_FAILURE } }),
    );
    expect([failed.url, failed.body]).toEqual(['https://app.example.com/error', fixture('bodies/failed.body')]);
  });

  it('sends the digits of Gather', () => {
    const next = { purpose: 'action', url: 'https://app.example.com/menu', method: 'POST', userinfo: null } as const;
    const bodyOf = (finishKey: string | null): string =>
      flexmlAdapter.renderFlowRequest(next, flowContext({ collected: { digits: '12', finishKey } })).body ?? '';
    expect(bodyOf('#')).toMatch(/"RequestUrl":"https:\/\/app\.example\.com\/vm","Digits":"12","FinishKey":"#"}$/);
    expect(bodyOf(null)).toMatch(/"Digits":"12","FinishKey":null}$/);
  });

  it('asks for the first document as captured from a live call (contract §1.2)', () => {
    const app = applicationWith({
      documentUrl: 'https://app.example.com/api/flexml',
      partnerSid: '155b6e31-4aa1-4c28-9c0f-f0156acaf7aa',
      endpointSid: '29e5638c-ef0b-4571-a4c2-e801db7bbe1a',
    });
    const call: CallIdentity = {
      callId: '3fdb6a4c-2e6a-11ee-bc46-b87d5ef56c18',
      from: '+19495550107',
      to: '15185550129',
      direction: 'inbound',
      vendor: { 'SipHeader_Call-ID': '1cc3f8@10.7.0.27' },
    };
    const request = flexmlAdapter.firstRequest(app, call);
    expect(request).toEqual({
      purpose: 'document',
      url: 'https://app.example.com/api/flexml',
      method: 'POST',
      userinfo: null,
    });
    if (request === null) return;
    const wire = flexmlAdapter.renderFlowRequest(request, flowContext({ application: app, call, documentUrl: null }));
    expect(wire.body).toBe(
      '{"AccountSid":"","ApiVersion":"2.0","CallSid":"3fdb6a4c-2e6a-11ee-bc46-b87d5ef56c18","CallStatus":"","CallerName":"","Direction":"inbound","From":"19495550107","To":"15185550129","OriginalFrom":"+19495550107","OriginalTo":"15185550129","RequestUrl":"https://app.example.com/api/flexml","PartnerSid":"155b6e31-4aa1-4c28-9c0f-f0156acaf7aa","EndpointSid":"29e5638c-ef0b-4571-a4c2-e801db7bbe1a","SipHeader_Call-ID":"1cc3f8@10.7.0.27"}',
    );
    expect(flexmlAdapter.firstRequest(applicationWith(), call)).toBeNull();
  });

  it('tells of the end of the call with its length', () => {
    const app = applicationWith(
      { statusCallbackUrl: 'https://app.example.com/ended' },
      { statusCallbackUserinfo: 'u:p' },
    );
    const [request] = flexmlAdapter.lastRequests(app, CALL);
    if (request === undefined) throw new Error('no status callback');
    const wire = flexmlAdapter.renderFlowRequest(
      request,
      flowContext({ application: app, callState: 'ended', callDurationMs: 63_200, answered: true }),
    );
    expect(wire).toEqual(
      expect.objectContaining({
        url: 'https://app.example.com/ended',
        body: fixture('bodies/call-ended.body'),
        userinfo: { secret: 'statusCallbackUserinfo' },
      }),
    );
    const older = applicationWith({ statusCallbackUrl: 'https://app.example.com/ended', callStatusWords: 'older' });
    const error = new RecgateError('document.malformed', 'x');
    expect(
      flexmlAdapter.renderFlowRequest(request, flowContext({ application: older, callState: 'ended', error })).body,
    ).toContain('"CallStatus":"app-error"');
    expect(
      flexmlAdapter.renderFlowRequest(request, flowContext({ callState: 'ended', callDurationMs: 0, answered: false })).body,
    ).toContain('"CallStatus":"noanswer"');
    expect(
      flexmlAdapter.renderFlowRequest(request, flowContext({ callState: 'ended', callDurationMs: 0, answered: true })).body,
    ).toContain('"CallStatus":"completed"');
    for (const endReason of ['nodeLost', 'nodeStopped'] as const) {
      const lost = (answered: boolean) =>
        flexmlAdapter.renderFlowRequest(request, flowContext({ callState: 'ended', answered, endReason })).body;
      expect(lost(false)).toContain('"CallStatus":"failed"');
      expect(lost(true)).toContain('"CallStatus":"completed"');
    }
    expect(flexmlAdapter.lastRequests(applicationWith(), CALL)).toEqual([]);
  });

  it('calls the direction of a call placed by the API outbound-api', () => {
    const request = { purpose: 'redirect', url: 'https://app.example.com/', method: 'POST', userinfo: null } as const;
    expect(
      flexmlAdapter.renderFlowRequest(request, flowContext({ call: { ...CALL, direction: 'outbound' } })).body,
    ).toContain('"Direction":"outbound-api"');
  });
});

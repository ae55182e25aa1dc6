import { describe, expect, it } from '@jest/globals';
import {
  RecgateError,
  type ApplicationView,
  type CallIdentity,
  type CaptureResult,
  type FlowContext,
  type FlowRequest,
  type RecordingView,
  type WireRequest,
} from '#libs/recording-model';
import { SAMPLE_CAPTURE, SAMPLE_FAILURE, sampleEvent, sampleRecording, seededIdSource } from '#libs/testing';
import { aculabAdapter } from './aculab.adapter.js';
import { CALL } from './testing/parsing.js';

const NEXT: FlowRequest = {
  purpose: 'next_page',
  url: 'https://app.example.net/recorded',
  method: 'POST',
  userinfo: null,
};

function application(settings: Record<string, string> = {}): ApplicationView {
  return {
    applicationId: 'a',
    tenantId: 't',
    settings: { applicationParameters: 'env=live', ...settings },
    secrets: {},
  };
}

/** 16.7 s that began 3.2 s into the call. */
const CAPTURE: CaptureResult = {
  ...SAMPLE_CAPTURE,
  reason: 'silence',
  startedAt: '2024-03-05T14:35:03.200Z',
  endedAt: '2024-03-05T14:35:19.900Z',
  mediaStartMs: 3200,
  mediaEndMs: 19_900,
  capturedSamples: 133_600,
  trimLeadingSamples: 0,
};

function recording(
  capture: Partial<CaptureResult> = {},
  more: Partial<RecordingView> = {},
  id = 'msg-1',
  call = CALL,
): RecordingView {
  const body = JSON.stringify({
    token: 'ticket-4711',
    actions: [
      {
        record: {
          id,
          next_page: 'https://app.example.net/recorded',
          recording_available_page: 'https://app.example.net/available',
        },
      },
    ],
  });
  const now = new Date('2024-03-05T14:35:00.000Z');
  const context = { application: application(), call, ids: seededIdSource(1), now, flowState: {} };
  const parsed = aculabAdapter.parse({ body, role: 'flow', url: null }, context);
  const step = parsed.steps.find(({ kind }) => kind === 'record');
  if (step?.kind !== 'record') throw new Error('no record step');
  const names = aculabAdapter.mintNames({
    ...context,
    flowState: parsed.flowState,
    spec: step.spec,
    recordingId: 'r1',
  });
  const whole = { ...CAPTURE, ...capture };
  return sampleRecording(step.spec, names, { call, capture: whole, startedAt: whole.startedAt, ...more });
}

function flow(more: Partial<FlowContext> = {}): FlowContext {
  return {
    application: application(),
    call: CALL,
    callState: 'answered',
    callDurationMs: 21_400,
    answered: true,
    hangupBy: null,
    documentUrl: null,
    flowState: { token: 'ticket-4711' },
    recording: null,
    collected: null,
    error: null,
    now: new Date('2024-03-05T14:35:21.400Z'),
    ...more,
  };
}

const compact = (json: string): string => json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
const bodyOf = (request: WireRequest): unknown => JSON.parse(request.body ?? '');
const resultText = (view: RecordingView, context: Partial<FlowContext> = {}): string | undefined =>
  /"action_result":(.*)\}$/.exec(
    aculabAdapter.renderFlowRequest(NEXT, flow({ recording: view, ...context })).body ?? '',
  )?.[1];

describe('requests to a page', () => {
  it('posts the instance info of contract §1.6 byte for byte', () => {
    expect(aculabAdapter.renderFlowRequest(NEXT, flow({ recording: recording() }))).toEqual({
      method: 'POST',
      url: 'https://app.example.net/recorded',
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      userinfo: null,
      body: compact(`{
  "application_instance_id": "04f01fb92e8913a8.62100",
  "token": "ticket-4711",
  "log_filename": "/rest_logs/2024/03/05/04f01fb92e8913a8.62100.txt",
  "is_notification": false,
  "this_call": {
    "call_id": "04f01fb92e8913a8.62100.1", "call_direction": "in",
    "call_from": "441908000001", "call_to": "441908000002", "call_target": "441908000002",
    "call_divert": "", "seconds_call_duration": 21.4, "call_state": "answered",
    "application_parameters": "env=live"
  },
  "action_result": {
    "action": "record",
    "result": {
      "id": "msg-1",
      "filename": "/rest_api/recordings/2024/03/05/14_35_03_04f01fb92e8913a8.62100.wav",
      "file_available": false, "contains_sound": true, "seconds_duration": 16.7,
      "reason": "silence"
    }
  }
}`),
    });
  });

  it('puts the same JSON into the query of a GET, behind the query that is there', () => {
    const page: FlowRequest = { ...NEXT, method: 'GET', url: 'https://app.example.net/recorded?a=%20b&c' };
    const post = aculabAdapter.renderFlowRequest(NEXT, flow({ recording: recording() }));
    const get = aculabAdapter.renderFlowRequest(page, flow({ recording: recording() }));
    expect(get).toMatchObject({ method: 'GET', headers: {}, body: null });
    expect(get.url.startsWith('https://app.example.net/recorded?a=%20b&c&instance_info=%7B%22')).toBe(true);
    expect(new URL(get.url).searchParams.get('instance_info')).toBe(post.body);
  });

  it('leaves out what version 1 does not know', () => {
    const request = aculabAdapter.renderFlowRequest(
      NEXT,
      flow({ recording: recording(), application: application({ apiVersion: '1' }) }),
    );
    expect(request.body).not.toMatch(/is_notification|call_divert|call_attestation|call_raw_cause/);
    expect(request.body).toContain(
      compact(`"action_result": {"action":"record","result":{"filename":"/rest_api/recordings/2024/03/05/14_35_03_04f01fb92e8913a8.62100.wav",
        "contains_sound":true,"seconds_duration":16.7}}`),
    );
  });

  it('tells the first page and a redirected page of no action', () => {
    const firstPage = 'https://app.example.net/first';
    const withPages = application({ firstPage, firstPageMethod: 'get' });
    const first = aculabAdapter.firstRequest(withPages, CALL);
    expect(first).toEqual({ purpose: 'first_page', url: firstPage, method: 'GET', userinfo: null });
    for (const purpose of ['first_page', 'redirect']) {
      const body = bodyOf(
        aculabAdapter.renderFlowRequest({ ...NEXT, purpose }, flow({ callState: 'ringing', flowState: {} })),
      );
      expect(body).toMatchObject({ token: null, this_call: { call_state: 'inbound' } });
      expect(body).not.toHaveProperty('action_result');
    }
  });

  it.each([
    ['caller', 'inbound', 'hung_up'],
    ['callee', 'outbound', 'hung_up'],
    ['gateway', 'inbound', 'completed'],
    [null, 'inbound', 'completed'],
  ] as const)(
    'tells the final page why the call ended: hang-up by %s of an %s call is %s',
    (hangupBy, direction, cause) => {
      const [final] = aculabAdapter.lastRequests(
        application({ firstPage: 'https://app.example.net/a/first', finalPage: 'final' }),
        CALL,
      );
      if (final === undefined) throw new Error('no final page');
      expect(final).toMatchObject({ purpose: 'final_page', url: 'https://app.example.net/a/final', method: 'POST' });
      const call = { ...CALL, direction };
      const { this_call: info } = bodyOf(
        aculabAdapter.renderFlowRequest(final, flow({ callState: 'ended', hangupBy, call })),
      ) as Record<string, unknown>;
      expect(info).toMatchObject({
        call_state: 'idle',
        call_cause: cause,
        call_raw_cause: '200',
        call_direction: direction === 'inbound' ? 'in' : 'out',
      });
    },
  );

  it('tells the error page what was wrong with which action', () => {
    const error = new RecgateError('field.invalid', 'record.format must be "alaw" or "ulaw"', {
      field: 'record.format',
      position: { path: '/actions/0/record/format', line: 3, column: 9 },
    });
    const page = aculabAdapter.errorRequest(application({ errorPage: 'https://app.example.net/error' }), CALL);
    if (page === null) throw new Error('no error page');
    expect(bodyOf(aculabAdapter.renderFlowRequest(page, flow({ error })))).toMatchObject({
      error_result: {
        action: 'record',
        action_index: 0,
        result: 'record.format must be "alaw" or "ulaw" (line 3, column 9)',
      },
    });
    expect(aculabAdapter.errorRequest(application(), CALL)).toBeNull();
  });

  it('tells the page of the action that collected keys, and lets the key choose the page of a menu', () => {
    const body = JSON.stringify({
      actions: [
        {
          run_menu: {
            menu_options: [
              { digit: '1', next_page: 'one' },
              { digit: '2', next_page: { url: 'two', method: 'GET' } },
            ],
          },
        },
        { get_number: { next_page: 'number' } },
      ],
    });
    const url = 'https://app.example.net/menu';
    const context = { application: application(), call: CALL, ids: seededIdSource(1), now: new Date(0) };
    const { steps, flowState } = aculabAdapter.parse({ body, role: 'flow', url }, context);
    const [menu, number] = steps.flatMap((step) =>
      step.kind === 'collectDigits' && step.next !== null ? [step.next] : [],
    );
    if (menu === undefined || number === undefined) throw new Error('no pages');
    const pressed = (page: FlowRequest, digits: string): WireRequest =>
      aculabAdapter.renderFlowRequest(page, flow({ flowState, collected: { digits, finishKey: null } }));
    expect(pressed(menu, '1').url).toBe('https://app.example.net/one');
    expect(pressed(menu, '2').url).toMatch(/^https:\/\/app\.example\.net\/two\?instance_info=/);
    expect(bodyOf(pressed(menu, '1'))).toMatchObject({ action_result: { action: 'run_menu', result: {} } });
    expect(() => pressed(menu, '9')).toThrow(/offers nothing/);
    expect(bodyOf(pressed(number, '4711'))).toMatchObject({
      action_result: { action: 'get_number', result: { entered_number: '4711' } },
    });
  });
});

describe('action_result of record (contract §5.3)', () => {
  const PATH = '/rest_api/recordings/2024/03/05/09_00_01_06e122c3364cc74c.787379.wav';
  const call: CallIdentity = { ...CALL, callId: '06e122c3364cc74c.787379.1' };
  const at = { startedAt: '2024-03-05T09:00:01.000Z' };

  it.each([
    [
      'bargein',
      { reason: 'stopKey', key: '#', capturedSamples: 33_600 },
      'msg-1',
      `{"action":"record","result":{"id":"msg-1","filename":"${PATH}",
 "file_available":false,"contains_sound":true,"seconds_duration":4.2,"reason":"bargein","barge_in_digit":"#"}}`,
    ],
    [
      'duration',
      { reason: 'maxDuration', capturedSamples: 480_000 },
      '',
      `{"action":"record","result":{"id":"","filename":"${PATH}",
 "file_available":false,"contains_sound":true,"seconds_duration":60.0,"reason":"duration"}}`,
    ],
    [
      'nobody spoke',
      { reason: 'initialSilence', capturedSamples: 0, containsSound: false },
      '',
      `{"action":"record","result":{"id":"","filename":"${PATH}",
 "file_available":false,"contains_sound":false,"seconds_duration":0.0,"reason":"silence"}}`,
    ],
  ] as const)('%s', (_name, capture, id, expected) => {
    expect(resultText(recording({ ...at, ...capture }, {}, id, call))).toBe(compact(expected));
  });

  it('the example of the vendor', () => {
    const example: CallIdentity = { ...CALL, callId: '04f01fb92e8913a8.62100' };
    expect(resultText(recording({ startedAt: '2018-06-16T14:35:03.000Z' }, {}, '', example))).toBe(
      compact(`{"action":"record","result":{"id":"","filename":"/rest_api/recordings/2018/06/16/14_35_03_04f01fb92e8913a8.62100.wav",
 "file_available":false,"contains_sound":true,"seconds_duration":16.7,"reason":"silence"}}`),
    );
  });

  it('an error', () => {
    expect(resultText(recording({}, { failure: SAMPLE_FAILURE }, ''))).toBe(
      compact(`{"action":"record","result":{"id":"","filename":"","file_available":false,"contains_sound":false,
 "seconds_duration":0.0,"reason":"error"}}`),
    );
  });

  it.each([
    ['silence', 'silence'],
    ['maxBytes', 'filesize'],
    ['hangup', 'hangup'],
    ['stopCommand', 'aborted'],
    ['interrupted', 'aborted'],
    ['transfer', 'other'],
    ['mediaTimeout', 'other'],
    ['error', 'error'],
  ] as const)('a capture that ended by %s has the reason %s (§5.2)', (reason, wire) => {
    expect(resultText(recording({ reason }))).toContain(`"reason":"${wire}"}}`);
  });

  it('is told to the redirect page of an interrupted run as well (§6)', () => {
    const page: FlowRequest = { ...NEXT, purpose: 'redirect_page' };
    const stopped = recording({ reason: 'stopCommand' });
    const { action_result: result } = bodyOf(
      aculabAdapter.renderFlowRequest(page, flow({ recording: stopped })),
    ) as Record<string, unknown>;
    expect(result).toMatchObject({ action: 'record', result: { reason: 'aborted', id: 'msg-1' } });
    const playing = flow({ interrupted: { step: 'playMedia' } });
    expect(bodyOf(aculabAdapter.renderFlowRequest(page, playing))).toMatchObject({
      action_result: { action: 'play', interrupted: true },
    });
    const between = bodyOf(aculabAdapter.renderFlowRequest(page, flow({ interrupted: { step: null } })));
    expect((between as { action_result: object }).action_result).toEqual({ interrupted: true });
  });

  it('a recording that never began is silence, or the hang-up that ended the call', () => {
    expect(resultText(recording({}, { capture: null }))).toMatch(
      /"contains_sound":false,"seconds_duration":0\.0,"reason":"silence"/,
    );
    expect(resultText(recording({}, { capture: null, callState: 'ended' }))).toContain('"reason":"hangup"');
  });

  it('a key or a stop from outside before the first sound is told as such, without a sample', () => {
    const empty = { capturedSamples: 0, containsSound: false } as const;
    expect(resultText(recording({ ...empty, reason: 'stopKey', key: '#' }))).toMatch(
      /"contains_sound":false,"seconds_duration":0\.0,"reason":"bargein","barge_in_digit":"#"/,
    );
    expect(resultText(recording({ ...empty, reason: 'stopCommand' }))).toContain('"reason":"aborted"');
  });

  it.each([
    [79_599, '9.9'],
    [79_600, '10.0'],
    [80_399, '10.0'],
    [80_400, '10.1'],
    [0, '0.0'],
  ])('%i samples are %s s, half up', (capturedSamples, text) => {
    expect(resultText(recording({ capturedSamples }))).toContain(`"seconds_duration":${text},`);
  });
});

describe('recording available notification (contract §5.5)', () => {
  const render = (
    view: RecordingView,
    name: 'recording.available' | 'recording.absent' | 'recording.finished' = 'recording.available',
  ) =>
    aculabAdapter.render(sampleEvent(name, view), {
      recording: view,
      application: application(),
      now: new Date(0),
      fallback: false,
    });

  it('is the body of the contract byte for byte', () => {
    expect(render(recording())).toEqual([
      {
        subscription: 'recording_available_page',
        purpose: 'recording_available_page',
        request: {
          method: 'POST',
          url: 'https://app.example.net/available',
          headers: { 'Content-Type': 'application/json; charset=utf-8' },
          userinfo: null,
          body: compact(`{ "application_instance_id": "04f01fb92e8913a8.62100", "token": "ticket-4711",
  "log_filename": "/rest_logs/2024/03/05/04f01fb92e8913a8.62100.txt", "is_notification": true,
  "action_result": { "action": "record", "result": { "id": "msg-1",
    "filename": "/rest_api/recordings/2024/03/05/14_35_03_04f01fb92e8913a8.62100.wav",
    "file_available": true, "contains_sound": true, "seconds_duration": 16.7, "reason": "silence" } } }`),
        },
      },
    ]);
  });

  it('equals the result the next page got, but for file_available', () => {
    const view = recording({ reason: 'stopKey', key: '5' });
    const [sent] = render(view);
    expect(sent?.request.body).toContain(
      resultText(view)?.replace('"file_available":false', '"file_available":true') ?? 'nothing',
    );
  });

  it('is the only one, and a recording without a file has none', () => {
    expect(render(recording(), 'recording.finished')).toEqual([]);
    expect(render(recording(), 'recording.absent')).toEqual([]);
  });
});

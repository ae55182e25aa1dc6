import { describe, expect, it } from '@jest/globals';
import type {
  ApplicationView,
  RecordAction,
  RecordingEventName,
  RecordingView,
  RenderContext,
} from '#libs/recording-model';
import { SAMPLE_CALL as CALL, sampleEvent, sampleRecording, seededIdSource } from '#libs/testing';
import { kazooAdapter } from './index.js';

const ACCOUNT = { accountId: '4a6b863f72f7a7b1c2c7a7a1f2b3c4d5' };
const NAMES = {
  recordingId: '202611-0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  mediaName: 'b1946ac92492d2347c6235b4d2611184.mp3',
  cdrId: '202611-1',
  interactionId: '63931234567-9c1d2e3f',
};

function application(settings: Record<string, string> = {}): ApplicationView {
  return { applicationId: 'app-1', tenantId: 'tenant-1', settings: { ...ACCOUNT, ...settings }, secrets: {} };
}

function record(data: object, settings: Record<string, string> = {}): RecordAction {
  const body = JSON.stringify({ module: 'record_call', data });
  const context = { application: application(settings), call: CALL, ids: seededIdSource(1), now: new Date(0) };
  const step = kazooAdapter.parse({ body, role: 'flow', url: null }, context).steps[0];
  if (step?.kind !== 'record') throw new Error('the document records nothing');
  return step;
}

function recording(data: object, settings: Record<string, string> = {}): RecordingView {
  return sampleRecording(record(data, settings).spec, NAMES, { call: CALL });
}

describe('object webhooks (contract §3.1)', () => {
  const hook = (more: object = {}) => ({
    name: 'recordings',
    hook: 'object',
    uri: 'https://app.example.com/kz',
    format: 'json',
    ...more,
  });
  const FILTER = { type: 'call_recording', action: 'all', tenant: 'blue' };

  function render(
    event: RecordingEventName,
    settings: Record<string, string>,
    data: object = { url: 'https://r.example.com' },
  ) {
    const view = recording(data, settings);
    const context: RenderContext = {
      recording: view,
      application: application(settings),
      now: new Date('2026-11-20T12:01:00Z'),
      fallback: false,
    };
    return kazooAdapter.render(sampleEvent(event, view), context);
  }
  const actions = (event: RecordingEventName, settings: Record<string, string>, data?: object): unknown[] =>
    render(event, settings, data).map(
      ({ request }) => (JSON.parse(request.body ?? '{}') as { action?: unknown }).action,
    );

  it('is the example of the contract, pretty-printed', () => {
    const settings = { clusterId: '6bd0ec3f', webhooks: JSON.stringify([hook({ id: 'a1b2', custom_data: FILTER })]) };
    expect(render('recording.finished', settings)).toEqual([
      {
        subscription: 'webhook:a1b2',
        purpose: 'webhook',
        request: {
          method: 'POST',
          url: 'https://app.example.com/kz',
          headers: { 'X-Hook-ID': 'a1b2', 'X-Account-ID': ACCOUNT.accountId, 'Content-Type': 'application/json' },
          body: `{
  "id": "202611-0f1e2d3c4b5a69788796a5b4c3d2e1f0",
  "account_id": "4a6b863f72f7a7b1c2c7a7a1f2b3c4d5",
  "action": "doc_created",
  "type": "call_recording",
  "cluster_id": "6bd0ec3f",
  "tenant": "blue"
}`,
          userinfo: null,
        },
      },
    ]);
  });

  it('is form data by default, and a query when the verb is get', () => {
    const form =
      'id=202611-0f1e2d3c4b5a69788796a5b4c3d2e1f0&account_id=4a6b863f72f7a7b1c2c7a7a1f2b3c4d5&action=doc_edited&type=call_recording';
    const [post] = render('recording.available', { webhookUri: 'https://app.example.com/kz?x=1' });
    expect(post?.request).toMatchObject({ method: 'POST', url: 'https://app.example.com/kz?x=1', body: form });
    expect(post?.request.headers['Content-Type']).toBe('application/x-www-form-urlencoded');
    const [get] = render('recording.available', { webhookUri: 'https://app.example.com/kz?x=1', webhookVerb: 'get' });
    expect(get?.request).toMatchObject({ method: 'GET', url: `https://app.example.com/kz?x=1&${form}`, body: null });
  });

  it('tells created, edited and deleted, and nothing else', () => {
    const settings = { webhooks: JSON.stringify([hook()]) };
    expect(actions('recording.finished', settings)).toEqual(['doc_created']);
    expect(actions('recording.available', settings)).toEqual(['doc_edited']);
    expect(actions('recording.deleted', settings)).toEqual(['doc_deleted']);
    expect(actions('recording.discarded', settings)).toEqual(['doc_created']);
    const short = { url: 'https://r.example.com', record_min_sec: 5 };
    expect(actions('recording.discarded', { ...settings, version: '5.x' }, short)).toEqual([
      'doc_created',
      'doc_deleted',
    ]);
    // Deliveries are told apart by subscription and event.
    const names = render('recording.discarded', { ...settings, version: '5.x' }, short).map(
      (each) => each.subscription,
    );
    expect(new Set(names).size).toBe(2);
    for (const silent of [
      'recording.started',
      'recording.absent',
      'recording.cancelled',
      'recording.failed',
    ] as const) {
      expect(actions(silent, settings)).toEqual([]);
    }
  });

  it('follows the filters, and ignores hooks that are off or for other things', () => {
    const hooks = [
      hook({ name: 'edited', custom_data: { type: 'all', action: 'doc_edited' } }),
      hook({ name: 'users', custom_data: { type: 'user', action: 'all' } }),
      hook({ name: 'half', custom_data: { type: 'call_recording' } }),
      hook({ name: 'off', enabled: false }),
      hook({ name: 'calls', hook: 'channel_create' }),
      hook({ name: 'edited' }),
    ];
    const { subscriptions } = record({ url: 'https://r.example.com' }, { webhooks: JSON.stringify(hooks) }).spec;
    expect(subscriptions.map(({ name, events }) => [name, events])).toEqual([
      ['webhook:edited', ['recording.available']],
      ['webhook:edited#5', ['recording.finished', 'recording.available', 'recording.discarded', 'recording.deleted']],
    ]);
    expect(subscriptions[0]).toMatchObject({
      url: 'https://app.example.com/kz',
      method: 'POST',
      policy: 'vendor',
      fallbackUrl: null,
      unanswered: { tries: 2, pauseMs: 2000 },
    });
  });

  it.each([
    [0, 1],
    [3, 3],
    ['4', 4],
    [9, 5],
  ])('is tried as often as retries %p says while no answer comes', (retries, tries) => {
    const webhooks = JSON.stringify([hook({ retries })]);
    const { subscriptions } = record({ url: 'https://r.example.com' }, { webhooks }).spec;
    expect(subscriptions[0]?.unanswered?.tries).toBe(tries);
  });

  it('keeps credentials of the uri apart', () => {
    const step = record({ url: 'https://r.example.com' }, { webhookUri: 'https://jo:pw@app.example.com/kz' });
    expect(step.spec.subscriptions[0]).toMatchObject({
      url: 'https://app.example.com/kz',
      userinfo: { secret: 'webhook:0.userinfo' },
    });
    expect(step.secrets).toEqual({ 'webhook:0.userinfo': 'jo:pw' });
  });

  it('tells nobody of a recording that is not stored', () => {
    const settings = { webhooks: JSON.stringify([hook()]) };
    expect(record({}, settings).spec.subscriptions).toEqual([]);
    expect(render('recording.finished', settings, {})).toEqual([]);
  });

  it('carries the document in the 5.x form', () => {
    const settings = {
      version: '5.x',
      webhooks: JSON.stringify([
        hook({ version: 'v2', custom_request_headers: { 'X-Team': 'north', 'X-Bad': 'a\nb' } }),
      ]),
    };
    const [sent] = render('recording.available', settings);
    expect(JSON.parse(sent?.request.body ?? '')).toMatchObject({
      action: 'event',
      name: 'doc_edited',
      id: NAMES.recordingId,
      data: { doc: { call_id: CALL.callId } },
    });
    expect(sent?.request.headers).toMatchObject({ 'X-Team': 'north' });
    expect(sent?.request.headers).not.toHaveProperty('X-Bad');
  });

  it.each(['{', '[1]', '[{"uri":"ftp://x.example.com"}]', '[{"uri":"https://x.example.com","http_verb":"patch"}]'])(
    'refuses the setting %s',
    (webhooks) => {
      expect(() => record({}, { webhooks })).toThrow(
        expect.objectContaining({ code: 'request.invalid', field: 'settings.webhooks' }),
      );
    },
  );
});

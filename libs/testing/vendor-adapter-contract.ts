import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ERROR_CATALOGUE,
  RECORDING_EVENT_NAMES,
  RecgateError,
  isSecretRef,
  type ApplicationView,
  type CallIdentity,
  type ErrorCode,
  type FlowContext,
  type FlowRequest,
  type FlowStep,
  type MintContext,
  type ParsedDocument,
  type RecordAction,
  type RecordingEventName,
  type RecordingView,
  type SecretBag,
  type VendorAdapter,
  type VendorDocument,
  type WireRequest,
} from '#libs/recording-model';
import { fieldsOfDocument, type DocumentField } from './document-fields.js';
import { recordActions } from './parse-document.js';
import {
  SAMPLE_CALL,
  SAMPLE_FAILURE,
  sampleEvent,
  sampleReceipt,
  sampleRecording,
  sampleRendition,
} from './sample-recording.js';
import { seededIdSource } from './seeded-id-source.js';

/** A document that the vendor accepts, and what must hold of it. */
export interface VendorFixture {
  readonly name: string;
  readonly document: VendorDocument;
  /** Default: an inbound call. */
  readonly call?: CallIdentity;
  readonly settings?: Readonly<Record<string, string>>;
  readonly secrets?: SecretBag;
  /** Credentials that stand in the document: they may appear in secret bags and nowhere else. */
  readonly documentSecrets?: readonly string[];
  /** How many record steps the document holds; checked when given. */
  readonly recordings?: number;
}

export interface VendorContractOptions {
  /** Lists the fields of a document; default: `fieldsOfDocument` (XML attributes and texts, JSON leaves). */
  readonly fieldsOf?: (text: string) => readonly DocumentField[];
  /** Damaged documents tried per fixture; default 60. */
  readonly damagedRuns?: number;
}

const NOW = new Date('2024-07-28T09:00:40.000Z');

/** Describes the behaviour every vendor adapter shares, over documents of that vendor. Call it inside a spec file. */
export function describeVendorAdapterContract(
  adapter: VendorAdapter,
  fixtures: readonly VendorFixture[],
  options: VendorContractOptions = {},
): void {
  describe(`${adapter.vendor}: contract of every vendor adapter`, () => {
    describe.each(fixtures.map((fixture) => [fixture.name, fixture] as const))('%s', (_name, fixture) => {
      describeAccounting(adapter, fixture, options.fieldsOf ?? fieldsOfDocument);
      describeSpec(adapter, fixture);
      describeRequests(adapter, fixture);
      describeDamage(adapter, fixture, options.damagedRuns ?? 60);
    });
    describeErrors(adapter);
    describeTables(adapter);
  });
}

function describeAccounting(
  adapter: VendorAdapter,
  fixture: VendorFixture,
  fieldsOf: (text: string) => readonly DocumentField[],
): void {
  const fields = fieldsOf(fixture.document.body);

  it('accounts for every field of the document exactly once', () => {
    const written = parse(adapter, fixture).accounting.filter((entry) => entry.outcome !== 'defaulted');
    expect(written.map((entry) => entry.path).sort()).toEqual(fields.map((field) => field.path).sort());
  });

  it('gives every entry its place in the document, and every dropped one its reason', () => {
    const lines = fixture.document.body.split(/\r\n|\r|\n/);
    const starts = new Map(fields.map((field) => [field.path, field.startsWith ?? '']));
    for (const entry of parse(adapter, fixture).accounting) {
      if (entry.outcome === 'dropped')
        expect(entry).toEqual(expect.objectContaining({ reason: expect.stringMatching(/\S/) }));
      if (entry.outcome === 'defaulted') continue;
      const rest = (lines[(entry.line ?? 0) - 1] ?? '').slice((entry.column ?? 0) - 1);
      expect({ path: entry.path, at: /^\S/.test(rest) && rest.startsWith(starts.get(entry.path) ?? '') }).toEqual({
        path: entry.path,
        at: true,
      });
    }
  });

  it('names the defaults it applied without a place and without repeating a field', () => {
    const entries = parse(adapter, fixture).accounting;
    for (const entry of entries.filter((each) => each.outcome === 'defaulted')) {
      expect(entry.line).toBeUndefined();
      expect(entries.filter((each) => each.path === entry.path)).toHaveLength(1);
    }
  });
}

function describeSpec(adapter: VendorAdapter, fixture: VendorFixture): void {
  it('is deterministic and its specs survive JSON', () => {
    const parsed = parse(adapter, fixture);
    expect(parse(adapter, fixture)).toEqual(parsed);
    const recordings = recordActions(parsed.steps);
    if (fixture.recordings !== undefined) expect(recordings).toHaveLength(fixture.recordings);
    for (const { spec } of recordings) {
      expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
      expect(spec.vendor).toBe(adapter.vendor);
      expect(new Set(spec.subscriptions.map((each) => each.name)).size).toBe(spec.subscriptions.length);
    }
  });

  it('keeps credentials in the secret bags alone', () => {
    const parsed = parse(adapter, fixture);
    expectNoSecret(
      JSON.stringify(parsed, (key, value: unknown) => (key === 'secrets' ? undefined : value)),
      fixture.documentSecrets ?? [],
    );
    for (const { spec, secrets } of recordActions(parsed.steps)) {
      for (const name of secretNames(spec))
        expect({ ...fixture.secrets, ...secrets }).toHaveProperty([name], expect.any(String));
    }
  });

  it('gives safe names to the stored object', () => {
    for (const action of recordActions(parse(adapter, fixture).steps)) {
      const recording = viewOf(adapter, fixture, action);
      const target = adapter.nameObject(recording, applicationOf(fixture));
      for (const name of [target.name, ...Object.values(recording.names)])
        expectSafeName(name, target.destination.kind === 'http-upload');
      expect(target.contentType).toMatch(/^[\w.+-]+\/[\w.+-]+$/);
      expectNoSecret(JSON.stringify(target), fixture.documentSecrets ?? []);
    }
  });
}

function describeRequests(adapter: VendorAdapter, fixture: VendorFixture): void {
  it.each(RECORDING_EVENT_NAMES.map((name) => [name]))('renders %s as sendable requests', (name) => {
    for (const action of recordActions(parse(adapter, fixture).steps)) {
      const recording = viewAt(name, adapter, fixture, action);
      for (const fallback of [false, true]) {
        const context = { recording, application: applicationOf(fixture), now: NOW, fallback };
        const notifications = adapter.render(sampleEvent(name, recording), context);
        expect(adapter.render(sampleEvent(name, recording), context)).toEqual(notifications);
        for (const { request, subscription } of notifications) {
          expect(action.spec.subscriptions.map((each) => each.name)).toContain(subscription);
          expectSendable(request, fixture);
        }
      }
    }
  });

  it('renders the requests of the call flow', () => {
    const parsed = parse(adapter, fixture);
    const application = applicationOf(fixture);
    const call = fixture.call ?? SAMPLE_CALL;
    const own = [
      adapter.firstRequest(application, call),
      ...adapter.lastRequests(application, call),
      adapter.errorRequest(application, call),
    ];
    for (const request of [...own, ...requestsOf(parsed.steps)]) {
      if (request !== null)
        expectSendable(adapter.renderFlowRequest(request, flowContext(fixture, parsed, null)), fixture);
    }
    for (const action of recordActions(parsed.steps)) {
      const { onCompleted = null, onFailed = null } = action.spec.continuation ?? {};
      const ends = [
        [onCompleted, viewAt('recording.available', adapter, fixture, action)],
        [onFailed, viewAt('recording.failed', adapter, fixture, action)],
      ] as const;
      for (const [request, recording] of ends) {
        if (request !== null)
          expectSendable(adapter.renderFlowRequest(request, flowContext(fixture, parsed, recording)), fixture);
      }
    }
  });
}

function describeDamage(adapter: VendorAdapter, fixture: VendorFixture, runs: number): void {
  const body = fixture.document.body;
  const tryParse = (text: string): void => {
    try {
      parse(adapter, fixture, text);
    } catch (thrown) {
      expectPositioned(thrown);
    }
  };

  it('answers damaged documents with an error of the catalogue and its place', () => {
    const place = fc.nat(Math.max(0, body.length - 1));
    fc.assert(
      fc.property(place, (end) => tryParse(body.slice(0, end))),
      { numRuns: runs, seed: 1 },
    );
    const patch = fc.tuple(place, fc.nat(8), fc.string({ maxLength: 8 }));
    fc.assert(
      fc.property(patch, ([at, cut, text]) => tryParse(body.slice(0, at) + text + body.slice(at + cut))),
      { numRuns: runs, seed: 2 },
    );
  });

  it('answers random bytes with an error of the catalogue and its place', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    );
    fc.assert(fc.property(text, tryParse), { numRuns: runs, seed: 3 });
    expect(() => parse(adapter, fixture, '')).toThrow(RecgateError);
  });
}

function describeErrors(adapter: VendorAdapter): void {
  it.each(Object.keys(ERROR_CATALOGUE).map((code) => [code as ErrorCode]))('has a form for the error %s', (code) => {
    const error = new RecgateError(code, 'told to the application', {
      field: 'someField',
      position: { path: '/x', line: 3, column: 7 },
    });
    const form = adapter.renderError(error);
    expect(Number.isInteger(form.status) && form.status >= 200 && form.status < 600).toBe(true);
    expect(JSON.stringify(form.body)).toContain('told to the application');
    for (const value of Object.values(form.headers)) expect(value).not.toMatch(/[\r\n]/);
  });
}

function describeTables(adapter: VendorAdapter): void {
  it('names each setting and each capability once', () => {
    const keys = adapter.settings.map((setting) => setting.key);
    const fields = adapter.capabilities.map((capability) => capability.field);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(fields).size).toBe(fields.length);
  });
}

function applicationOf(fixture: VendorFixture): ApplicationView {
  return {
    applicationId: 'app-1',
    tenantId: 'tenant-1',
    settings: fixture.settings ?? {},
    secrets: fixture.secrets ?? {},
  };
}

function parseContext(fixture: VendorFixture): Omit<MintContext, 'spec' | 'recordingId'> {
  return { application: applicationOf(fixture), call: fixture.call ?? SAMPLE_CALL, ids: seededIdSource(7), now: NOW };
}

function parse(adapter: VendorAdapter, fixture: VendorFixture, body = fixture.document.body): ParsedDocument {
  return adapter.parse({ ...fixture.document, body }, parseContext(fixture));
}

function requestsOf(steps: readonly FlowStep[]): FlowRequest[] {
  return steps.flatMap((step) => {
    if (step.kind === 'fetch') return [step.request];
    if (step.kind === 'connect') return step.next === null ? [] : [step.next];
    if (step.kind === 'collectDigits') return [...requestsOf(step.prompts), ...(step.next === null ? [] : [step.next])];
    return [];
  });
}

function viewOf(adapter: VendorAdapter, fixture: VendorFixture, action: RecordAction): RecordingView {
  const names = adapter.mintNames({ ...parseContext(fixture), spec: action.spec, recordingId: '01J3W5' });
  return sampleRecording(action.spec, names, { call: fixture.call ?? SAMPLE_CALL, documentUrl: fixture.document.url });
}

function viewAt(
  event: RecordingEventName,
  adapter: VendorAdapter,
  fixture: VendorFixture,
  action: RecordAction,
): RecordingView {
  const recording = viewOf(adapter, fixture, action);
  if (event === 'recording.failed') return { ...recording, failure: SAMPLE_FAILURE };
  if (event === 'recording.cancelled') return { ...recording, capture: null, startedAt: null };
  if (event === 'recording.started') return { ...recording, capture: null };
  if (event !== 'recording.available' && !event.startsWith('transcription.')) return recording;
  const rendition = sampleRendition(action.spec);
  return {
    ...recording,
    rendition,
    receipt: sampleReceipt(adapter.nameObject(recording, applicationOf(fixture)), rendition),
  };
}

function flowContext(fixture: VendorFixture, parsed: ParsedDocument, recording: RecordingView | null): FlowContext {
  return {
    application: applicationOf(fixture),
    call: fixture.call ?? SAMPLE_CALL,
    callState: 'answered',
    callDurationMs: 20500,
    answered: true,
    hangupBy: null,
    documentUrl: fixture.document.url,
    flowState: parsed.flowState,
    recording,
    collected: { digits: '12', finishKey: '#' },
    error: null,
    now: NOW,
  };
}

function expectSendable(request: WireRequest, fixture: VendorFixture): void {
  const url = new URL(request.url);
  expect(['http:', 'https:', 'ws:', 'wss:']).toContain(url.protocol);
  expect(url.username + url.password).toBe('');
  for (const [name, value] of Object.entries(request.headers)) expect(`${name}: ${value}`).not.toMatch(/[\r\n\0]/);
  expectNoSecret(`${request.url}\n${request.body ?? ''}`, [
    ...(fixture.documentSecrets ?? []),
    ...Object.values(fixture.secrets ?? {}),
  ]);
  expectNoSecret(JSON.stringify(request.headers), fixture.documentSecrets ?? []);
  if (request.method === 'GET') expect(request.body).toBeNull();
}

function expectNoSecret(text: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])) {
      expect(text.includes(form) ? `found ${form} in ${text}` : 'clean').toBe('clean');
    }
  }
}

function expectSafeName(name: string, isUrl: boolean): void {
  expect(name).not.toMatch(/[\u0000-\u001f\u007f]/);
  expect(name.split(/[/\\]/)).not.toContain('..');
  if (!isUrl) expect(name).not.toMatch(/^[/\\]/);
}

function expectPositioned(thrown: unknown): void {
  expect(thrown).toBeInstanceOf(RecgateError);
  if (!(thrown instanceof RecgateError)) return;
  expect(thrown.code).toMatch(/^(document|field|destination|auth|request)\./);
  expect(thrown.position).toBeDefined();
  if (thrown.code === 'document.malformed') {
    expect(thrown.position?.line).toBeGreaterThanOrEqual(1);
    expect(thrown.position?.column).toBeGreaterThanOrEqual(1);
  }
}

function secretNames(value: unknown): string[] {
  if (isSecretRef(value)) return [value.secret];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretNames) : [];
}

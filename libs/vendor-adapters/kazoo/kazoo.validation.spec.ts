import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecgateError, type JsonObject } from '#libs/recording-model';
import { SAMPLE_CALL, seededIdSource } from '#libs/testing';
import { kazooAdapter, KazooValidationError, withSchemaDefaults } from './index.js';

function refusal(body: unknown, settings: Record<string, string> = {}): KazooValidationError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const application = { applicationId: 'app-1', tenantId: 'tenant-1', settings, secrets: {} };
  try {
    kazooAdapter.parse(
      { body: text, role: 'saved', url: null },
      { application, call: SAMPLE_CALL, ids: seededIdSource(1), now: new Date(0) },
    );
  } catch (error) {
    if (error instanceof KazooValidationError) return error;
    throw error;
  }
  throw new Error('the document was accepted');
}

const saved = (flow: unknown) => ({ data: { numbers: ['+14155550100'], flow } });
const recordCall = (data: JsonObject, children: JsonObject = {}) => ({ module: 'record_call', data, children });

describe('validation of saved callflows (contract §5)', () => {
  it('answers like the example of the contract', () => {
    const error = refusal(
      saved(recordCall({ action: 'start', time_limit: 20000 }, { _: recordCall({ format: 'ogg' }) })),
    );
    expect(kazooAdapter.renderError(error)).toEqual({
      status: 400,
      headers: { 'Content-Type': 'application/json' },
      body: {
        data: {
          'flow.data.time_limit': { maximum: { message: 'Value must be at most 10800', target: 10800, value: 20000 } },
          'flow.children._.data.format': {
            enum: { message: 'Value not found in enumerated list of values', target: ['mp3', 'wav'], value: 'ogg' },
          },
        },
        error: '400',
        message: 'validation error',
        status: 'error',
      },
    });
    expect(error).toMatchObject({
      code: 'field.invalid',
      field: 'flow.data.time_limit',
      position: { path: '/data/flow/data/time_limit', line: 1 },
    });
  });

  it('reports all failures of all branches together, without credentials', () => {
    const error = refusal(readFileSync(new URL('./fixtures/saved-invalid.callflow', import.meta.url), 'utf8'));
    expect(error.failures.map(({ path, rule }) => `${path} ${rule}`)).toEqual([
      'numbers required',
      'flow.data.action enum',
      'flow.data.record_on_answer type',
      'flow.data.time_limit maximum',
      'flow.data.url error',
      'flow.children._.data.format enum',
      'flow.children._.data.label type',
      'flow.children.a%2Eb.module error',
    ]);
    expect(error.code).toBe('field.missing');
    expect(error.position).toEqual({ path: '/data/numbers', line: 3, column: 5 });
    const answer = JSON.stringify(kazooAdapter.renderError(error).body);
    expect(answer).toContain('unable to find callflow schema for module frobnicate');
    expect(answer).not.toContain('secret');
  });

  it.each([
    ['flow required', { data: { numbers: ['1'] } }],
    ['flow type', saved([])],
    ['flow.module required', saved({ data: {} })],
    ['flow.module minLength', saved({ module: '', data: {} })],
    ['flow.module maxLength', saved({ module: 'm'.repeat(65), data: {} })],
    ['flow.data required', saved({ module: 'hangup' })],
    ['flow.data type', saved({ module: 'hangup', data: 1 })],
    ['flow.children type', saved({ module: 'hangup', data: {}, children: [] })],
    ['flow.data.time_limit minimum', saved(recordCall({ time_limit: 4 }))],
    ['flow.data.time_limit type', saved(recordCall({ time_limit: 4.5 }))],
    ['flow.data.method enum', saved(recordCall({ method: 'PUT' }))],
    ['flow.data.url error', saved(recordCall({ url: 'ftp://x.example.com' }))],
    ['flow.data.url error', saved(recordCall({ url: 'http://0.0.0.0/x' }))],
    ['flow.data.url error', saved(recordCall({ url: 'http://2130706433/x' }))],
    ['flow.data.url error', saved(recordCall({ url: 'http://localhost:8080/x' }))],
    ['flow.data.skip_module type', saved({ module: 'sleep', data: { skip_module: 1 } })],
  ])('finds %s', (finding, body) => {
    expect(refusal(body).failures.map(({ path, rule }) => `${path} ${rule}`)).toEqual([finding]);
  });

  it('knows the additions of 5.x', () => {
    const data = { url: 'http', silence_threshold: 'loud', media_id: 5 };
    const found = (version: string) =>
      refusal(saved(recordCall({ ...data, format: 'x' })), { version }).failures.map(
        ({ path, rule }) => `${path} ${rule}`,
      );
    expect(found('4.3')).toEqual(['flow.data.format enum', 'flow.data.url error']);
    expect(found('5.x')).toEqual([
      'flow.data.format enum',
      'flow.data.url minLength',
      'flow.data.media_id type',
      'flow.data.silence_threshold type',
    ]);
  });

  it.each([
    saved(recordCall({})),
    saved(recordCall({ time_limit: '60', record_on_answer: 'true', url: '' })),
    { data: { patterns: ['^1'], flow: recordCall({ action: 'stop' }) } },
    { numbers: ['1'], flow: recordCall({ action: 'start' }) },
  ])('accepts %j', (body) => {
    expect(() => refusal(body)).toThrow('the document was accepted');
  });

  it('opens addresses by setting', () => {
    expect(() => refusal(saved(recordCall({ url: 'http://127.0.0.1:8080/x' })), { urlBlacklist: '' })).toThrow(
      'the document was accepted',
    );
  });

  it('never fails in another way, whatever a node holds', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('start', 'stop', 1, 1e300, -1, '', 'https://x.example.com', null),
    );
    const data = fc.dictionary(
      fc.constantFrom(
        'action',
        'format',
        'time_limit',
        'url',
        'media_name',
        'method',
        'silence_detection',
        'record_sample_rate',
        'record_min_sec',
        'transcribe',
        'skip_module',
        '__proto__',
        'constructor',
        'x',
      ),
      value,
    );
    const module = fc.oneof(
      fc.constantFrom(
        'record_call',
        'record_caller',
        'user',
        'play',
        'pivot',
        'sleep',
        'tts',
        'collect_dtmf',
        'constructor',
        '__proto__',
      ),
      value,
    );
    const node = fc.record(
      { module, data: fc.oneof(data, value), children: fc.oneof(fc.record({ _: fc.record({ module, data }) }), value) },
      { requiredKeys: [] },
    );
    const application = {
      applicationId: 'app-1',
      tenantId: 'tenant-1',
      settings: { storeRecordings: 'true' },
      secrets: {},
    };
    fc.assert(
      fc.property(node, fc.constantFrom('flow', 'saved', 'metaflow'), (body, role) => {
        try {
          const context = { application, call: SAMPLE_CALL, ids: seededIdSource(1), now: new Date(0) };
          const parsed = kazooAdapter.parse({ body: JSON.stringify(body), role, url: null }, context);
          expect(JSON.parse(JSON.stringify(parsed))).toEqual(parsed);
        } catch (error) {
          expect(error).toBeInstanceOf(RecgateError);
          expect(error).toMatchObject({ code: expect.stringMatching(/^field\./) });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a saved callflow that is read back (contract §4.4)', () => {
  it('has the defaults of the schema filled in, in every branch', () => {
    const flow = recordCall(
      { action: 'start', time_limit: '60' },
      { 1: recordCall({ x: 1 }), _: { module: 'user', data: { id: 'u' } } },
    );
    const defaults = { method: 'put', record_on_answer: false, record_on_bridge: false, should_follow_transfer: true };
    expect(withSchemaDefaults(flow, '4.3')).toEqual({
      module: 'record_call',
      data: { action: 'start', ...defaults, time_limit: 60 },
      children: {
        1: { module: 'record_call', data: { action: 'start', ...defaults, time_limit: 3600, x: 1 }, children: {} },
        _: { module: 'user', data: { id: 'u' } },
      },
    });
  });
});

describe('the error envelope (contract §4.2)', () => {
  it.each([
    ['document.malformed', 400, 'parse_error'],
    ['request.not_found', 404, 'bad_identifier'],
    ['auth.invalid', 401, 'invalid_credentials'],
    ['range.not_satisfiable', 416, 'range not satisfiable'],
    ['gateway.unavailable', 503, 'datastore_unreachable'],
  ] as const)('of %s is %d %s', (code, status, message) => {
    expect(kazooAdapter.renderError(new RecgateError(code, 'why'))).toMatchObject({
      status,
      body: { error: String(status), message, status: 'error' },
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecgateError, type JsonObject, type JsonValue } from '#libs/recording-model';
import { isJsonObject } from '../shared/index.js';
import { completeCallflow, mergeDocument } from './kazoo.callflows.js';
import { readChannelPost, readChannelPut } from './kazoo.channels.js';
import { readApiAuth, readBasicAuth, readUserAuth } from './kazoo.auth.js';
import { readEnvelope } from './kazoo.envelope.js';
import { kazooKeyCommands } from './kazoo.metaflow-keys.js';
import { completeMetaflows } from './kazoo.metaflows.js';
import { kazooSettings } from './kazoo.settings.js';

const SETTINGS = kazooSettings({ applicationId: 'app', tenantId: 't', settings: {}, secrets: {} });

const KEYS = [
  'numbers',
  'patterns',
  'flow',
  'module',
  'data',
  'children',
  '_',
  'action',
  'url',
  'time_limit',
  'name',
  'credentials',
  'binding_digit',
  '__proto__',
];
const SCALARS = ['record_call', 'hangup', 'start', 'metaflow', '+1415', '', 7, 20_000, true, null, 'http://127.0.0.1'];

/** JSON of the words that the door knows, in any wrong place. */
const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom<JsonValue>(...SCALARS),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('json'), { maxKeys: 6, noNullPrototype: true }),
  ),
}));
const object = json.filter(isJsonObject);

/** A callflow that is right but for what single keys may hold. */
const nearlyRight = fc
  .record(
    {
      action: fc.constantFrom('start', 'stop', 'mask'),
      time_limit: fc.constantFrom<JsonValue>('5', 10, 20_000),
      record_on_answer: fc.constantFrom<JsonValue>('true', false, 'x'),
      url: fc.constantFrom('https://rec.example.com/kzr', 'ftp://x', ''),
    },
    { requiredKeys: [] },
  )
  .map((data): JsonObject => {
    const flow = { module: 'record_call', data, children: { _: { module: 'hangup', data: {} } } };
    return { numbers: ['+14155550100'], flow };
  });

/** What `work` gives, or null when it refused with an error that is the application's fault. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    expect(error).toBeInstanceOf(RecgateError);
    expect(error instanceof RecgateError && error.blame).toBe('request');
    return null;
  }
}

describe('whatever an application sends', () => {
  it('is read or refused, and a callflow that was read reads the same again', () => {
    fc.assert(
      fc.property(fc.oneof(object, nearlyRight), (data) => {
        const callflow = attempt(() => completeCallflow(data, SETTINGS));
        if (callflow !== null) expect(completeCallflow(callflow, SETTINGS)).toEqual(callflow);
        for (const read of [completeMetaflows, readChannelPut, readUserAuth, readApiAuth]) {
          attempt<unknown>(() => read(data));
        }
        attempt<unknown>(() => readChannelPost(data, true));
        // Whatever is stored, listening to keys never throws; what is found is a document of its own.
        const listener = kazooKeyCommands.listener([JSON.stringify(data), JSON.stringify({ numbers: { 1: data } })]);
        for (const keys of ['1', '', '__proto__', '*'.repeat(64)]) JSON.parse(listener?.find(keys) ?? 'null');
      }),
      { numRuns: 500 },
    );
  });

  it('is no envelope unless it is an object', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          json.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const envelope = attempt(() => readEnvelope(text));
          if (envelope !== null) expect(isJsonObject(envelope)).toBe(true);
        },
      ),
    );
  });

  it('is Basic, or no login', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (account, hash) => {
        fc.pre(account !== '' && !account.includes(':'));
        const header = `Basic ${Buffer.from(`${account}:${hash}`).toString('base64')}`;
        expect(readBasicAuth(header)).toMatchObject({ address: account, sent: hash.toLowerCase() });
        expect(readBasicAuth(`Bearer ${hash}`)).toBeNull();
      }),
    );
  });
});

describe('a PATCH', () => {
  it('merges objects, removes what is null and replaces the rest, whatever keys are called', () => {
    const before = { name: 'a', numbers: ['1'], flow: { module: 'user', data: { id: 'x', can_call_self: true } } };
    const changes = JSON.parse(
      '{"name":null,"numbers":["2"],"flow":{"data":{"id":"y"}},"__proto__":{"polluted":true}}',
    ) as JsonObject;
    const merged = mergeDocument(before, changes);
    expect(JSON.parse(JSON.stringify(merged))).toEqual(
      JSON.parse(
        '{"numbers":["2"],"flow":{"module":"user","data":{"id":"y","can_call_self":true}},"__proto__":{"polluted":true}}',
      ),
    );
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  });
});

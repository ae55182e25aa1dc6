import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecgateError } from '#libs/recording-model';
import {
  readSinchAuthorization,
  signSinchRequest,
  verifySinchRequest,
  type SinchCredentials,
} from './sinch.signature.js';

const REST: SinchCredentials = {
  applicationKey: '5F5C418A0F914BBC8234A9BF5EDDAD97',
  applicationSecret: 'JViE5vDor0Sw3WllZka15Q==',
};
const CALLBACK: SinchCredentials = {
  applicationKey: '669E367E-6BBA-48AB-AF15-266871C28135',
  applicationSecret: 'BeIukql3pTKJ8RGL5zo0DA==',
};
const REST_TIME = '2014-06-04T13:41:58Z';
const CALLBACK_TIME = '2014-09-24T10:59:41Z';
const JSON_TYPE = 'application/json';
const CALLBACK_PATH = '/sinch/callback/ace';
const CALL_PATH = '/calling/v1/calls/id/4398599d1ba84ef3bde0a82dfb61abed';
const ACE_BODY =
  '{"event":"ace","callid":"822aa4b7-05b4-4d83-87c7-1f835ee0b6f6_257","timestamp":"2014-09-24T10:59:41Z","version":1}';
const NOTIFY_BODY =
  '{"event":"notify","callid":"01234567-89ab-cdef-fedc-ba9876543210","version":1,"type":"recording_finished"}';
const STOP_BODY = '{"instructions":[{"name":"stopRecording"}],"action":{"name":"continue"}}';
const V8_BODY =
  '{"instructions":[{"name":"startRecording","options":{"destinationUrl":"s3://rec-bucket/calls/call-1.mp3","credentials":"AKIDEXAMPLE:secretEXAMPLE:eu-central-1","format":"mp3","notificationEvents":true,"transcriptionOptions":{"enabled":true,"locale":"en-US"}}}],"action":{"name":"continue"}}';

interface Vector {
  id: string;
  credentials: SinchCredentials;
  timestamp: string;
  method: string;
  path: string;
  contentType?: string;
  body: string;
  md5?: string;
  signature: string;
}

/** The published and computed vectors of the contract, §4.4 and §6. */
const VECTORS: Vector[] = [
  {
    id: 'V1',
    credentials: CALLBACK,
    timestamp: CALLBACK_TIME,
    method: 'POST',
    path: CALLBACK_PATH,
    body: ACE_BODY,
    md5: 'REWF+X220L4/Gw1spXOU7g==',
    signature: 'Tg6fMyo8mj9pYfWQ9ssbx3Tc1BNC87IEygAfLbJqZb4=',
  },
  {
    id: 'V2',
    credentials: REST,
    timestamp: REST_TIME,
    method: 'POST',
    path: '/v1/sms/+46700000000',
    body: '{"message":"Hello world"}',
    md5: 'jANzQ+rgAHyf1MWQFSwvYw==',
    signature: 'qDXMwzfaxCRS849c/2R0hg0nphgdHciTo7OdM6MsdnM=',
  },
  {
    id: 'V3',
    credentials: REST,
    timestamp: REST_TIME,
    method: 'POST',
    path: '/calling/v1/callouts',
    body: '{"message":"Hello world"}',
    md5: 'jANzQ+rgAHyf1MWQFSwvYw==',
    signature: 'aS9fG2smJx6MIhPJDSNiaDQ1D3+e493HuL+VVA9pqyM=',
  },
  {
    id: 'V4',
    credentials: REST,
    timestamp: REST_TIME,
    method: 'GET',
    path: CALL_PATH,
    body: '',
    md5: '',
    signature: '6khhRm+wWaR/0Ibp9PMvwfKAxxw7LD4AzRLISjqxnY4=',
  },
  {
    id: 'V5',
    credentials: REST,
    timestamp: REST_TIME,
    method: 'PATCH',
    path: CALL_PATH,
    body: STOP_BODY,
    md5: 'VX+Y+nFPr8ZVUDkaxsB8xw==',
    signature: 'Yfyc6HwWb8blFz8av/tNofIwGzqP13zOiOTkMlMKikI=',
  },
  {
    id: 'V6',
    credentials: CALLBACK,
    timestamp: CALLBACK_TIME,
    method: 'POST',
    path: CALLBACK_PATH,
    body: NOTIFY_BODY,
    md5: 'l56Hs8K+m7GmLdmibNzXqw==',
    signature: 'j3oIp/LzBVy+egOww5ETTnlSzbGPIJLfhtQ5JwKAxGU=',
  },
  {
    id: 'V7',
    credentials: CALLBACK,
    timestamp: CALLBACK_TIME,
    method: 'POST',
    path: CALLBACK_PATH,
    contentType: 'application/json; charset=utf-8',
    body: NOTIFY_BODY,
    md5: 'l56Hs8K+m7GmLdmibNzXqw==',
    signature: 'P2km0t8iAs+YqdCz7zxxRfr8yJ0+PR6T97VtbNkZoPo=',
  },
  {
    id: 'V8',
    credentials: CALLBACK,
    timestamp: '2026-11-20T12:25:37.368Z',
    method: 'PATCH',
    path: '/calling/v1/calls/id/call-1',
    body: V8_BODY,
    signature: 'ItfQuVFIExWsWJ0aXcPMw+nWubcUYZVBAl6RaFh9QDI=',
  },
];

const NOW = new Date('2026-01-02T03:04:05.678Z');

function signedRequest(target: string, signedPath: string, overrides: { timestamp?: string; body?: string } = {}) {
  const timestamp = overrides.timestamp ?? NOW.toISOString();
  const signed = signSinchRequest(
    { method: 'PATCH', path: signedPath, contentType: JSON_TYPE, timestamp, body: '{"a":1}' },
    REST,
  );
  return {
    method: 'PATCH',
    target,
    headers: { Authorization: signed.authorization, 'X-Timestamp': timestamp, 'Content-Type': JSON_TYPE },
    body: overrides.body ?? '{"a":1}',
  };
}

function refusal(attempt: () => void): [string, string | undefined] {
  try {
    attempt();
  } catch (thrown) {
    if (thrown instanceof RecgateError) return [thrown.code, thrown.field];
    throw thrown;
  }
  return ['accepted', undefined];
}

describe('Sinch signatures', () => {
  it.each(VECTORS.map((vector) => [vector.id, vector] as const))('signs vector %s', (_id, vector) => {
    const signed = signSinchRequest({ ...vector, contentType: vector.contentType ?? JSON_TYPE }, vector.credentials);
    expect(signed.signature).toBe(vector.signature);
    if (vector.md5 !== undefined) expect(signed.contentMd5).toBe(vector.md5);
    expect(signed.authorization).toBe(`application ${vector.credentials.applicationKey}:${vector.signature}`);
  });

  it.each(VECTORS.map((vector) => [vector.id, vector] as const))('verifies vector %s', (_id, vector) => {
    const request = {
      method: vector.method,
      target: vector.path,
      headers: {
        authorization: `Application ${vector.credentials.applicationKey}:${vector.signature}`,
        'x-timestamp': vector.timestamp,
        'content-type': vector.contentType ?? JSON_TYPE,
      },
      body: Buffer.from(vector.body),
    };
    const options = { now: new Date(vector.timestamp) };
    expect(refusal(() => verifySinchRequest(request, vector.credentials, options))).toEqual(['accepted', undefined]);
    const changed = { ...request, body: `${vector.body} ` };
    expect(refusal(() => verifySinchRequest(changed, vector.credentials, options))).toEqual([
      'auth.invalid',
      'signature',
    ]);
  });

  it('accepts a signature over every spelling of the path that an SDK signs', () => {
    const target = '/sinch/calling/v1/conferences/id/my%20conf/%C3%A9';
    const spellings = [
      target,
      '/calling/v1/conferences/id/my%20conf/%C3%A9',
      '/sinch/calling/v1/conferences/id/my conf/é',
      '/calling/v1/conferences/id/my conf/é',
    ];
    for (const spelling of spellings) {
      const options = { now: NOW, mountPrefix: '/sinch/' };
      expect(refusal(() => verifySinchRequest(signedRequest(`${target}?x=1`, spelling), REST, options))).toEqual([
        'accepted',
        undefined,
      ]);
    }
    const other = signedRequest(target, '/calling/v1/conferences/id/my conf/é/');
    expect(refusal(() => verifySinchRequest(other, REST, { now: NOW, mountPrefix: '/sinch' }))).toEqual([
      'auth.invalid',
      'signature',
    ]);
    const unmounted = signedRequest('/sinchx/calls', 'x/calls');
    expect(refusal(() => verifySinchRequest(unmounted, REST, { now: NOW, mountPrefix: '/sinch' }))).toEqual([
      'auth.invalid',
      'signature',
    ]);
  });

  it('takes a path that cannot be decoded as it is', () => {
    expect(refusal(() => verifySinchRequest(signedRequest('/a%', '/a%'), REST, { now: NOW }))).toEqual([
      'accepted',
      undefined,
    ]);
  });

  it('accepts Basic credentials, also with the colon of the old documentation, and compares keys in any case', () => {
    const pair = Buffer.from(`${REST.applicationKey.toLowerCase()}:${REST.applicationSecret}`).toString('base64');
    for (const authorization of [`Basic ${pair}`, `basic: ${pair}`]) {
      const request = { method: 'GET', target: '/x', headers: { authorization }, body: '' };
      expect(refusal(() => verifySinchRequest(request, REST, { now: NOW }))).toEqual(['accepted', undefined]);
      const wrong = { ...REST, applicationSecret: 'AAAA' };
      expect(refusal(() => verifySinchRequest(request, wrong, { now: NOW }))).toEqual(['auth.invalid', 'credentials']);
    }
  });

  it('says what is wrong with the credentials', () => {
    const good = signedRequest('/x', '/x');
    const cases: [Record<string, string>, [string, string]][] = [
      [{}, ['auth.missing', 'authorization']],
      [{ authorization: 'Bearer abc' }, ['auth.invalid', 'scheme']],
      [{ authorization: 'application  two-spaces:x' }, ['auth.missing', 'authorization']],
      [{ authorization: 'application keyonly' }, ['auth.invalid', 'credentials']],
      [{ authorization: 'application other:sig' }, ['auth.invalid', 'credentials']],
      [{ authorization: good.headers.Authorization }, ['auth.invalid', 'x-timestamp']],
      [{ authorization: good.headers.Authorization, 'x-timestamp': 'yesterday' }, ['auth.invalid', 'x-timestamp']],
      [{ authorization: good.headers.Authorization, 'x-timestamp': NOW.toISOString() }, ['auth.invalid', 'signature']],
    ];
    for (const [headers, expected] of cases)
      expect(refusal(() => verifySinchRequest({ ...good, headers }, REST, { now: NOW }))).toEqual(expected);
  });

  it('believes nobody while the application has no secret', () => {
    const empty = { ...REST, applicationSecret: '' };
    const base = { method: 'GET', path: '/x', contentType: '', timestamp: NOW.toISOString(), body: '' };
    const { authorization } = signSinchRequest(base, empty);
    const request = {
      method: 'GET',
      target: '/x',
      headers: { authorization, 'x-timestamp': base.timestamp },
      body: '',
    };
    expect(refusal(() => verifySinchRequest(request, empty, { now: NOW }))).toEqual(['auth.invalid', 'credentials']);
  });

  it('refuses a time stamp beyond the tolerance, either way', () => {
    const at = (offset: number) =>
      signedRequest('/x', '/x', { timestamp: new Date(NOW.getTime() + offset).toISOString() });
    expect(refusal(() => verifySinchRequest(at(-299_000), REST, { now: NOW }))[0]).toBe('accepted');
    expect(refusal(() => verifySinchRequest(at(301_000), REST, { now: NOW }))).toEqual(['auth.invalid', 'x-timestamp']);
    expect(refusal(() => verifySinchRequest(at(-301_000), REST, { now: NOW }))).toEqual([
      'auth.invalid',
      'x-timestamp',
    ]);
    expect(refusal(() => verifySinchRequest(at(-301_000), REST, { now: NOW, toleranceMs: 400_000 }))[0]).toBe(
      'accepted',
    );
  });

  it('never throws anything but an error of the catalogue', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (authorization, timestamp, target) => {
        const request = { method: 'POST', target, headers: { authorization, 'x-timestamp': timestamp }, body: '' };
        expect(refusal(() => verifySinchRequest(request, REST, { now: NOW }))[0]).toMatch(/^auth\./);
      }),
      { numRuns: 100 },
    );
    expect(readSinchAuthorization('application K:a:b')).toEqual({
      scheme: 'application',
      applicationKey: 'K',
      proof: 'a:b',
    });
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sinch } from '#libs/vendor-adapters';
import { BETA_KEY } from '../../testing/gateway-under-test.js';
import {
  CREDENTIALS,
  HOST,
  KEY,
  refusal,
  SECRET,
  SinchDoorUnderTest,
  SVAML,
  type Sent,
} from './testing/sinch-door-under-test.js';

let door: SinchDoorUnderTest;
const ask: SinchDoorUnderTest['ask'] = (...request) => door.ask(...request);
const placeCall: SinchDoorUnderTest['placeCall'] = (...call) => door.placeCall(...call);

beforeAll(async () => {
  door = await SinchDoorUnderTest.start();
});

afterAll(() => door.stop());

describe('proving who it is (contract §4)', () => {
  beforeAll(() => placeCall('auth/ü 1'));
  const target = '/sinch/calling/v1/calls/id/auth%2F%C3%BC%201';
  const decoded = '/sinch/calling/v1/calls/id/auth/ü 1';

  it.each([
    ['as sent', target, target],
    ['as sent, without the mount', target, target.slice('/sinch'.length)],
    ['percent-decoded', target, decoded],
    ['percent-decoded, without the mount', target, decoded.slice('/sinch'.length)],
    ['without the query', `${target}?a=b`, target],
  ])('accepts a signature over the path %s', async (_how, sentTo, signed) => {
    expect(await ask('GET', sentTo, { signed })).toMatchObject({ status: 200, body: { callId: 'auth/ü 1' } });
  });

  it('accepts them at a host of its own', async () => {
    const path = target.slice('/sinch'.length);
    expect(await ask('GET', path, { host: HOST })).toMatchObject({ status: 200 });
    expect(await ask('GET', path, { host: `${HOST}:443`, signed: decodeURIComponent(path) })).toMatchObject({
      status: 200,
    });
    expect(await ask('GET', path)).toMatchObject({ status: 404 });
  });

  it.each(['Basic ', 'basic ', 'Basic: '])('accepts the secret after "%s", and keys in any case', async (scheme) => {
    const pair = Buffer.from(`${KEY.toLowerCase()}:${SECRET}`).toString('base64');
    expect(await ask('GET', target, { headers: { authorization: scheme + pair } })).toMatchObject({ status: 200 });
  });

  it.each<[string, Sent, number]>([
    ['nothing at all', { headers: { authorization: '' } }, 40100],
    ['two spaces', { headers: { authorization: 'application  K:x' } }, 40100],
    ['another scheme', { headers: { authorization: 'Bearer abc' } }, 40301],
    ['no time stamp', { headers: { 'x-timestamp': '' } }, 40101],
    ['an old time stamp', { at: new Date(Date.now() - 6 * 60_000) }, 40101],
    ['a time stamp of the future', { at: new Date(Date.now() + 6 * 60_000) }, 40101],
    ['a signature over another path', { signed: '/calling/v1/calls/id/other' }, 40102],
    ['a key that nobody has', { as: { ...CREDENTIALS, applicationKey: 'nobody' } }, 40108],
    ['a key without a signature', { headers: { authorization: `application ${KEY}` } }, 40108],
    ['a wrong secret', { headers: { authorization: `Basic ${btoa(`${KEY}:AAAA`)}` } }, 40108],
    ['the secret of nobody', { headers: { authorization: `Basic ${btoa('nobody:bm9ib2R5')}` } }, 40108],
  ])('refuses %s', async (_what, sent, errorCode) => {
    const answer = await ask('GET', target, sent);
    expect(answer.body).toEqual(refusal(errorCode));
    expect(answer.status).toBe(Math.trunc(errorCode / 100));
    // The SDK takes this word for a token that is to be renewed.
    expect(String(answer.headers['www-authenticate'] ?? '')).not.toContain('expired');
  });

  it('refuses a body that was changed, and an application without a secret', async () => {
    const path = '/sinch/calling/v1/callouts';
    const timestamp = new Date().toISOString();
    const signable = { method: 'POST', path, contentType: 'application/json', timestamp, body: '{}' };
    const { authorization } = sinch.signSinchRequest(signable, CREDENTIALS);
    const headers = { authorization, 'x-timestamp': timestamp };
    expect((await ask('POST', path, { body: '{ }', headers })).body).toEqual(refusal(40102));
    await door.gateway.application('sinch', { applicationKey: 'no-secret' });
    const nobody = { applicationKey: 'no-secret', applicationSecret: 'bm9ib2R5' };
    expect((await ask('GET', target, { as: nobody })).body).toEqual(refusal(40108));
  });

  it('keeps applications with the same key apart by their secrets, each with its own clock', async () => {
    const secret = 'b3RoZXItc2VjcmV0LTEyMw==';
    const settings = { applicationKey: KEY, applicationSecret: secret, timestampToleranceSeconds: '3600' };
    const other = await door.gateway.application('sinch', settings, BETA_KEY);
    await placeCall('of-beta', {}, BETA_KEY, other);
    const as = { applicationKey: KEY, applicationSecret: secret };
    const at = new Date(Date.now() - 30 * 60_000);
    const path = '/sinch/calling/v1/calls/id/of-beta';
    expect(await ask('GET', path, { as, at })).toMatchObject({ status: 200, body: { callId: 'of-beta' } });
    for (const method of ['GET', 'PATCH']) {
      const foreign = await ask(method, path, { body: method === 'GET' ? '' : SVAML });
      expect([foreign.status, foreign.body]).toEqual([404, refusal(40400)]);
    }
  });
});

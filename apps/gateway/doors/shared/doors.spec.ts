import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { VENDOR_NAMES } from '#libs/recording-model';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { DOOR_MOUNTS, vendorOfPath } from './door.js';
import { DOOR_BODY_LIMIT_BYTES } from './door-request.js';

let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start({
    configure: ({ http }) => {
      Object.assign(http.doorHosts, { sinch: ['calling.sinch.example'], kazoo: ['Crossbar.Example'] });
    },
  });
});

afterAll(() => gateway.stop());

/** What makes an answer recognisable as the vendor's. */
const VENDOR_FORMS = {
  flexml: { errors: expect.any(Array) },
  kazoo: { status: 'error', error: expect.any(String), data: expect.anything() },
  aculab: { error: expect.objectContaining({ code: expect.any(String), text: expect.any(String) }) },
  sinch: { errorCode: expect.any(Number), message: expect.any(String) },
} as const;

/** A request with headers that `fetch` does not let through. */
function ask(
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
): Promise<{ status: number; body: unknown }> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, body: text === '' ? null : JSON.parse(text) });
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

describe.each(VENDOR_NAMES)('the door of %s', (vendor) => {
  const mount = DOOR_MOUNTS[vendor];
  const json = { accept: 'application/json', 'content-type': 'application/json' };

  it('answers unknown routes in its own form, not as problem details', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const answer = await ask(method, `/${mount}/there/is/no/such/thing`, json);
      expect([method, answer.body]).toEqual([method, expect.objectContaining(VENDOR_FORMS[vendor])]);
      expect([401, 404, 405]).toContain(answer.status);
    }
  });

  it('refuses a body that is too large, in its own form', async () => {
    const answer = await ask('POST', `/${mount}/anything`, json, 'x'.repeat(DOOR_BODY_LIMIT_BYTES + 1));
    expect(answer).toEqual({ status: expect.any(Number), body: expect.objectContaining(VENDOR_FORMS[vendor]) });
    expect(Math.trunc(answer.status / 100)).toBe(4);
  });

  it('collapses double slashes before it looks for a route', async () => {
    const answer = await ask('GET', `//${mount}//there/is//nothing`, json);
    expect(answer.body).toEqual(expect.objectContaining(VENDOR_FORMS[vendor]));
  });
});

describe('routing by host name', () => {
  it("leads a vendor's host to its door, whatever the port and letter case", async () => {
    for (const host of ['calling.sinch.example', 'CALLING.sinch.example:8443']) {
      const answer = await ask('GET', '/no/such/route', { host });
      expect(answer.body).toEqual(expect.objectContaining(VENDOR_FORMS.sinch));
    }
    const kazoo = await ask('GET', '/no/such/route', { host: 'crossbar.example' });
    expect(kazoo.body).toEqual(expect.objectContaining(VENDOR_FORMS.kazoo));
  });

  it('leaves every other host alone', async () => {
    const answer = await ask('GET', '/no/such/route', { host: 'other.example' });
    expect(answer).toMatchObject({ status: 404, body: { type: 'urn:recgate:problem:request.not_found' } });
  });
});

describe('vendorOfPath', () => {
  it('looks at the first segment and nothing else', () => {
    expect(['/carrierx', '/kazoo/v2?x=1', '//aculab/file_get', '/sinch?x'].map(vendorOfPath)).toEqual([
      ...VENDOR_NAMES,
    ]);
    expect(['/', '/v1/sinch', '/sinchy/x', '/f/kazoo', '/Sinch/x'].map(vendorOfPath)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});

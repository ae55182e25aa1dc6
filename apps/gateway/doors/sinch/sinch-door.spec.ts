import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { sinch } from '#libs/vendor-adapters';
import { CommandServer } from '../../testing/command-server.js';
import { BETA_KEY, GatewayUnderTest } from '../../testing/gateway-under-test.js';

/** The published example of the vendor (contract §4.4). */
const KEY = '669E367E-6BBA-48AB-AF15-266871C28135';
const SECRET = 'BeIukql3pTKJ8RGL5zo0DA==';
const CREDENTIALS = { applicationKey: KEY, applicationSecret: SECRET };
const HOST = 'calling.sinch.example';
const CALLBACK = 'https://app.example.com/sinch';

let gateway: GatewayUnderTest;
let node: Awaited<ReturnType<typeof CommandServer.start>>;
let application: string;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start({ configure: ({ http }) => http.doorHosts.sinch.push(HOST) });
  node = await CommandServer.start(gateway.runtime);
  const settings = { applicationKey: KEY, applicationSecret: SECRET, callbackUrl: CALLBACK };
  application = await gateway.application('sinch', settings);
});

afterAll(async () => {
  await node.close();
  await gateway.stop();
});

interface Sent {
  readonly body?: string;
  /** What is signed in place of the path. */
  readonly signed?: string;
  readonly host?: string;
  readonly at?: Date;
  readonly as?: typeof CREDENTIALS;
  /** Replace those that are made. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly body: unknown;
}

/** Sends a signed request as it is written, without any tidying of its path. */
function ask(method: string, path: string, sent: Sent = {}): Promise<Answered> {
  const { body = '', signed = path, at = new Date(), as = CREDENTIALS } = sent;
  const timestamp = at.toISOString();
  const contentType = 'application/json';
  const { authorization } = sinch.signSinchRequest({ method, path: signed, contentType, timestamp, body }, as);
  const headers = {
    'content-type': contentType,
    'x-timestamp': timestamp,
    authorization,
    ...(sent.host === undefined ? {} : { host: sent.host }),
    ...sent.headers,
  };
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const parsed: unknown = text === '' ? null : JSON.parse(text);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed });
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

const refusal = (errorCode: number) => ({
  errorCode,
  message: expect.any(String),
  reference: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
});

/** Begins a call at the node under test and answers its id in the vendor's form. */
async function placeCall(callId: string, call: object = {}, key?: string, applicationId = application) {
  const body = {
    applicationId,
    call: { callId, from: '+12015555555', to: '+12017777777', ...call },
    legs: { caller: { transport: 'rtp', codec: 'PCMU' } },
  };
  const made = await gateway.ask('POST', '/v1/calls', { body, ...(key === undefined ? {} : { key }) });
  expect(made.status).toBe(201);
  return String(made.json()['callRef']);
}

async function joins(callRef: string, conferenceId: string): Promise<void> {
  const { calls } = gateway.runtime.ports.ledger;
  const call = await calls.get(callRef);
  if (call === null) throw new Error('no call');
  await calls.save({ ...call, conference: { conferenceId, joinedAt: new Date().toISOString(), muted: false } });
}

const SVAML = JSON.stringify({ instructions: [{ name: 'stopRecording' }], action: { name: 'continue' } });

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
    await gateway.application('sinch', { applicationKey: 'no-secret' });
    const nobody = { applicationKey: 'no-secret', applicationSecret: 'bm9ib2R5' };
    expect((await ask('GET', target, { as: nobody })).body).toEqual(refusal(40108));
  });

  it('keeps applications with the same key apart by their secrets, each with its own clock', async () => {
    const secret = 'b3RoZXItc2VjcmV0LTEyMw==';
    const settings = { applicationKey: KEY, applicationSecret: secret, timestampToleranceSeconds: '3600' };
    const other = await gateway.application('sinch', settings, BETA_KEY);
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

describe('calls (contract §3)', () => {
  it.each([
    '/sinch/calling/v1/calls/id/known',
    '/sinch/calling/v1/call/id/known',
    '/sinch/v1/calls/id/known',
    '/sinch/calling/v1/calls/id/known/',
    '//sinch//calling/v1/calls/id/known',
  ])('are shown at %s', async (path) => {
    if (path === '/sinch/calling/v1/calls/id/known') await placeCall('known', { vendor: { custom: 'text' } });
    const { status, body } = await ask('GET', path);
    expect([status, body]).toEqual([
      200,
      {
        from: { type: 'Number', endpoint: '+12015555555' },
        to: { type: 'Number', endpoint: '+12017777777' },
        domain: 'pstn',
        callId: 'known',
        duration: expect.any(Number),
        status: 'ONGOING',
        result: 'ANSWERED',
        reason: 'N/A',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        custom: 'text',
        userRate: { currencyId: 'USD', amount: 0 },
        debit: { currencyId: 'USD', amount: 0 },
      },
    ]);
  });

  it.each([
    ['/sinch/calling/v1/calls/id/managed', SVAML],
    ['/sinch/v1/calls/id/managed', '{"action":{"name":"stopRecording"}}'],
    ['/sinch/calling/v1/calls/id/managed/leg/callee', SVAML],
    ['/sinch/calling/v1/calls/id/managed/leg/BOTH', '{"instructions":[]}'],
  ])('are managed at %s: 204 and nothing else', async (path, body) => {
    if (path.startsWith('/sinch/calling/v1/calls/id/managed') && !path.includes('leg')) await placeCall('managed');
    const answer = await ask('PATCH', path, { body });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(node.commands.at(-1)).toMatchObject({ name: 'instruct', data: { role: 'manage' } });
  });

  it.each([
    ['{', 40003],
    ['', 40003],
    ['[]', 40003],
    ['{"action":{"name":"fly"}}', 40001],
    ['{"instructions":[{"name":"startRecording","options":{"destinationUrl":"ftp://x"}}]}', 40001],
    ['{"instructions":[{"name":"startRecording"}]}', 40002],
    ['{"instructions":[{"name":"startRecording","options":{"destinationUrl":"s3://b"}}]}', 40002],
  ])('refuse the SVAML %s with %i, and nothing is started', async (body, errorCode) => {
    const before = node.commands.length;
    const answer = await ask('PATCH', '/sinch/calling/v1/calls/id/managed', { body });
    expect([answer.status, answer.body]).toEqual([400, refusal(errorCode)]);
    expect(node.commands).toHaveLength(before);
  });

  it('refuse a leg that there is not, and calls that are unknown or over', async () => {
    const leg = await ask('PATCH', '/sinch/calling/v1/calls/id/managed/leg/third', { body: SVAML });
    expect(leg.body).toEqual(refusal(40001));
    const callRef = await placeCall('over');
    await gateway.ask('DELETE', `/v1/calls/${callRef}`);
    for (const callId of ['over', 'never-was']) {
      const answer = await ask('PATCH', `/sinch/calling/v1/calls/id/${callId}`, { body: SVAML });
      expect([answer.status, answer.body]).toEqual([404, refusal(40400)]);
    }
    expect(await ask('GET', '/sinch/calling/v1/calls/id/over')).toMatchObject({
      status: 200,
      body: { status: 'FINAL', result: 'ANSWERED', reason: 'MANAGERHANGUP' },
    });
  });
});

describe('callouts (contract §3)', () => {
  const ice = JSON.stringify({
    instructions: [
      {
        name: 'startRecording',
        options: { destinationUrl: 's3://b/', credentials: 'CANARYKEY:CANARYSECRET:eu-central-1' },
      },
    ],
    action: { name: 'connectPstn', number: '+46700000000' },
  });

  it.each(['/sinch/calling/v1/callouts', '/sinch/v1/callouts'])('are made at %s', async (path) => {
    const body = JSON.stringify({ method: 'customCallout', customCallout: { custom: 'mine', ice } });
    const headers = { 'X-CB-Session': 's-1', 'X-CB-Far-Too-Long-A-Name-For-This-Purpose': 'x' };
    const { status, body: made } = await ask('POST', path, { body, headers });
    expect([status, made]).toEqual([200, { callId: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
    const { callId } = made as { callId: string };
    expect(node.commands.at(-1)).toMatchObject({
      name: 'openCall',
      data: {
        answered: false,
        answerOnMedia: true,
        beginWhen: 'now',
        begin: { kind: 'document', role: 'ice' },
        identity: {
          callId,
          to: '+46700000000',
          direction: 'inbound',
          vendor: { custom: 'mine', callbackHeaders: { 'X-CB-Session': 's-1' } },
        },
      },
    });
    expect(await ask('GET', `/sinch/calling/v1/calls/id/${callId}`)).toMatchObject({ status: 200, body: { callId } });
  });

  it('begin with what they are for once they are answered', async () => {
    const ttsCallout = { destination: { type: 'number', endpoint: '+46700000000' }, text: 'Hello' };
    const body = JSON.stringify({ method: 'ttsCallout', ttsCallout });
    expect(await ask('POST', '/sinch/calling/v1/callouts', { body })).toMatchObject({ status: 200 });
    expect(node.commands.at(-1)).toMatchObject({ data: { beginWhen: 'answered', ringMs: 60_000 } });
  });

  it.each([
    ['{', 40003],
    ['{}', 40002],
    ['{"method":"ttsCallout","ttsCallout":{"text":"x"}}', 40002],
    ['{"method":"smsCallout","smsCallout":{}}', 40001],
    [JSON.stringify({ method: 'customCallout', customCallout: { ice: '{"action":{"name":"fly"}}' } }), 40001],
    [JSON.stringify({ method: 'customCallout', customCallout: { ice: '{' } }), 40003],
  ])('refuse %s with %i before anything rings', async (body, errorCode) => {
    const before = node.commands.length;
    expect((await ask('POST', '/sinch/calling/v1/callouts', { body })).body).toEqual(refusal(errorCode));
    expect(node.commands).toHaveLength(before);
  });

  it('leave no credential of their SVAML behind', async () => {
    expect(await gateway.everythingWritten()).not.toMatch(/CANARY(KEY|SECRET)/);
  });
});

describe('conferences (contract §3)', () => {
  const conferenceId = 'my conf/é';
  const path = '/sinch/calling/v1/conferences/id/my%20conf/%C3%A9';
  const signed = `/calling/v1/conferences/id/${conferenceId}`;

  beforeAll(async () => {
    await joins(await placeCall('first'), conferenceId);
    await joins(await placeCall('second', { from: '+13' }), conferenceId);
  });

  it('list who is in them, also when their ids hold slashes', async () => {
    const participant = { duration: expect.any(Number), muted: false, onhold: false };
    expect((await ask('GET', path, { signed })).body).toEqual({
      participants: [
        { cli: '12015555555', id: 'first', ...participant },
        { cli: '13', id: 'second', ...participant },
      ],
    });
  });

  it.each([
    ['mute', 'mute'],
    ['unmute', 'unmute'],
    ['onHold', 'mute'],
    ['resume', 'unmute'],
  ])('steer one participant: %s', async (command, action) => {
    const body = JSON.stringify({ command, moh: 'music1' });
    const answer = await ask('PATCH', `${path}/second`, { body });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(node.commands.at(-1)).toMatchObject({ name: 'participant', data: { action } });
  });

  it('remove one participant, or all', async () => {
    const before = node.commands.length;
    expect(await ask('DELETE', `${path}/second`)).toMatchObject({ status: 204, text: '' });
    expect(node.commands.slice(before)).toMatchObject([{ name: 'participant', data: { action: 'remove' } }]);
    expect(await ask('DELETE', path)).toMatchObject({ status: 204, text: '' });
    expect(node.commands.slice(before)).toHaveLength(3);
  });

  it.each([
    ['GET', '/sinch/calling/v1/conferences/id/nobody-there', '', 404, 40400],
    ['DELETE', '/sinch/calling/v1/conferences/id/nobody-there', '', 404, 40400],
    ['DELETE', '/sinch/calling/v1/conferences/id/nobody/first', '', 404, 40400],
    ['PATCH', `${path}/third`, '{"command":"mute"}', 404, 40400],
    ['PATCH', `${path}/first`, '{"command":"dance"}', 400, 40001],
    ['PATCH', `${path}/first`, '{}', 400, 40002],
    ['PATCH', `${path}/first`, '{', 400, 40003],
    ['GET', '/sinch/calling/v1/conferences/id/%ff', '', 400, 40003],
  ])('%s %s %s → %i %i', async (method, to, body, status, errorCode) => {
    const answer = await ask(method, to, { body });
    expect([answer.status, answer.body]).toEqual([status, refusal(errorCode)]);
  });
});

describe('callback URLs (contract §3)', () => {
  const path = `/sinch/v1/configuration/callbacks/applications/${KEY}`;

  it('are shown and changed; what is not named stays', async () => {
    expect(await ask('GET', path)).toMatchObject({ status: 200, body: { url: { primary: CALLBACK } } });
    const fallback = 'https://backup.example.com/sinch';
    const changed = await ask('POST', path, { body: JSON.stringify({ url: { fallback } }) });
    expect([changed.status, changed.text]).toEqual([200, '']);
    expect((await ask('GET', path.toLowerCase())).body).toEqual({ url: { primary: CALLBACK, fallback } });
    await ask('POST', path, { body: '{"url":{"fallback":""}}' });
    expect((await ask('GET', path)).body).toEqual({ url: { primary: CALLBACK } });
  });

  it.each([
    ['{}', 40002],
    ['{', 40003],
    ['{"url":{"primary":"ftp://x"}}', 40001],
    ['{"url":{"primary":5}}', 40001],
  ])('refuse %s with %i', async (body, errorCode) => {
    expect((await ask('POST', path, { body })).body).toEqual(refusal(errorCode));
  });

  it("are one's own", async () => {
    for (const method of ['GET', 'POST']) {
      const body = method === 'GET' ? '' : '{"url":{"primary":"https://x.example"}}';
      const answer = await ask(method, '/sinch/v1/configuration/callbacks/applications/other', { body });
      expect([answer.status, answer.body]).toEqual([404, refusal(40400)]);
    }
  });
});

it('has every route in OpenAPI', async () => {
  const { paths } = (await gateway.ask('GET', '/docs-json')).json() as unknown as {
    paths: Record<string, Record<string, { tags: string[]; security: object[] }>>;
  };
  const own = Object.entries(paths).filter(([path]) => path.startsWith('/sinch/'));
  expect(own.flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))).toEqual(
    expect.arrayContaining([
      'get /sinch/calling/v1/calls/id/{callId}',
      'patch /sinch/calling/v1/calls/id/{callId}',
      'patch /sinch/calling/v1/calls/id/{callId}/leg/{callLeg}',
      'post /sinch/calling/v1/callouts',
      'get /sinch/v1/configuration/callbacks/applications/{applicationKey}',
      'post /sinch/v1/configuration/callbacks/applications/{applicationKey}',
      expect.stringMatching(/^get \/sinch\/calling\/v1\/conferences\/id\/.*conferenceId/),
    ]),
  );
  for (const [, methods] of own)
    for (const { tags, security } of Object.values(methods))
      expect([tags, security]).toEqual([['sinch door'], [{ basic: [] }]]);
});

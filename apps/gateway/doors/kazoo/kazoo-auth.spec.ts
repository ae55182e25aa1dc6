import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { viewApplication } from '#libs/orchestration';
import { createGatewayContext } from '../../../wiring/gateway-context.js';
import { describeApi } from '../../create-gateway-app.js';
import { BETA_KEY, GatewayUnderTest, type Answer } from '../../testing/gateway-under-test.js';
import { KAZOO_ROUTES } from './kazoo-routes.js';
import { KazooTokens, TOKEN_LIFE_MS } from './kazoo-tokens.js';
import {
  ACCOUNT,
  API_KEY,
  credentials,
  KAZOO_ACCOUNT_SETTINGS,
  KazooClient,
  PASSWORD,
  USER,
} from './testing/kazoo-client.js';

const BETAS_ACCOUNT = 'b0'.repeat(16);

let gateway: GatewayUnderTest;
let applicationId: string;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start({
    configure: ({ http }) => Object.assign(http.doorHosts, { kazoo: ['crossbar.example'] }),
  });
  applicationId = await gateway.application('kazoo', KAZOO_ACCOUNT_SETTINGS);
  await gateway.application('kazoo', { accountId: BETAS_ACCOUNT, apiKey: 'b1'.repeat(32) }, BETA_KEY);
});

afterAll(() => gateway.stop());

function ask(
  method: string,
  path: string,
  body?: object | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return gateway.ask(method, `/kazoo/v2${path}`, { key: null, headers, ...(body === undefined ? {} : { body }) });
}

const userAuth = (data: object): Promise<Answer> => ask('PUT', '/user_auth', { data });

const INVALID_CREDENTIALS = {
  data: { message: 'invalid credentials' },
  error: '401',
  message: 'invalid_credentials',
  status: 'error',
  request_id: expect.any(String),
  node: expect.any(String),
  timestamp: expect.any(String),
};

describe('logging in', () => {
  it.each([
    ['the name of the account, as it is normalised', { account_name: 'acmeinc', credentials: credentials() }],
    ['its name as it is written', { account_name: 'Acme, Inc.', credentials: credentials() }],
    ['its realm', { account_realm: 'ACME.sip.example.com', credentials: credentials() }],
    ['one of its numbers', { phone_number: '+1 (415) 555-0101', credentials: credentials() }],
    ['SHA-1', { account_name: 'acmeinc', credentials: credentials(USER, PASSWORD, 'sha1'), method: 'sha' }],
    ['MD5, named', { account_name: 'acmeinc', credentials: credentials().toUpperCase(), method: 'md5' }],
  ])('takes %s', async (_what, data) => {
    const answer = await userAuth(data);
    expect([answer.status, answer.json()]).toEqual([
      201,
      {
        data: expect.objectContaining({ account_id: ACCOUNT, account_name: 'Acme, Inc.' }),
        auth_token: expect.any(String),
        revision: expect.any(String),
        status: 'success',
        request_id: answer.headers.get('x-request-id'),
        node: expect.stringMatching(/^[0-9a-f]{32}$/),
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        version: '4.3.141',
      },
    ]);
  });

  it('takes the API key', async () => {
    const answer = await ask('PUT', '/api_auth', { data: { api_key: API_KEY } });
    expect([answer.status, answer.json()['data']]).toEqual([201, expect.objectContaining({ account_id: ACCOUNT })]);
  });

  it.each([
    ['a wrong password', { account_name: 'acmeinc', credentials: credentials(USER, 'wrong') }],
    ['another user', { account_name: 'acmeinc', credentials: credentials('joe') }],
    ['an account that there is not', { account_name: 'nobody', credentials: credentials() }],
    ['the hash of another method', { account_name: 'acmeinc', credentials: credentials(), method: 'sha' }],
  ])('refuses %s, each in the same words', async (_what, data) => {
    const answer = await userAuth(data);
    expect([answer.status, answer.json()]).toEqual([401, INVALID_CREDENTIALS]);
  });

  it('refuses an account that has no user, whatever is sent', async () => {
    await gateway.application('kazoo', { accountName: 'nouser' });
    const answers = [credentials('', ''), credentials('undefined', 'undefined')].map((sent) =>
      userAuth({ account_name: 'nouser', credentials: sent }),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([401, 401]);
    expect((await ask('PUT', '/api_auth', { data: { api_key: 'aa'.repeat(32) } })).status).toBe(401);
  });

  it('names fields that are missing', async () => {
    const answers = await Promise.all([
      userAuth({}),
      userAuth({ credentials: credentials() }),
      userAuth({ credentials: credentials(), account_name: 'acmeinc', method: 'sha512' }),
      ask('PUT', '/api_auth', { data: {} }),
    ]);
    expect(
      answers.map((answer) => [answer.status, answer.json()['message'], Object.keys(answer.json()['data'] ?? {})]),
    ).toEqual([
      [400, 'validation error', ['credentials']],
      [400, 'validation error', ['account_name']],
      [400, 'validation error', ['method']],
      [400, 'validation error', ['api_key']],
    ]);
  });
});

describe('tokens', () => {
  const account = `/accounts/${ACCOUNT}`;

  it('are taken from the header, the body and the query, and Basic credentials stand in for them', async () => {
    const { token } = await KazooClient.logIn(gateway);
    const basic = Buffer.from(`${ACCOUNT}:${credentials()}`).toString('base64');
    const answers = await Promise.all([
      ask('GET', account, undefined, { 'x-auth-token': token }),
      ask('GET', `${account}?auth_token=${token}`),
      ask('POST', account, { verb: 'get', auth_token: token }),
      ask('GET', `${account}/`, undefined, { authorization: `Basic ${basic}` }),
    ]);
    for (const answer of answers) {
      expect([answer.status, answer.json()]).toEqual([
        200,
        expect.objectContaining({
          data: expect.objectContaining({ id: ACCOUNT, realm: 'acme.sip.example.com' }),
          auth_token: expect.any(String),
        }),
      ]);
    }
    expect(answers[0]?.json()['auth_token']).toBe(token);
  });

  it('are refused when missing, altered or made for something else', async () => {
    const { token } = await KazooClient.logIn(gateway);
    const [head = ''] = token.split('.');
    const altered = token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA');
    for (const sent of ['', 'x', `${head}.`, `${head}.rgs1.x.y.z`, altered, 'y'.repeat(5000)]) {
      const answer = await ask('GET', account, undefined, sent === '' ? {} : { 'x-auth-token': sent });
      expect([answer.status, answer.json()]).toEqual([401, INVALID_CREDENTIALS]);
    }
    const wrongBasic = Buffer.from(`${ACCOUNT}:${credentials(USER, 'wrong')}`).toString('base64');
    expect((await ask('GET', account, undefined, { authorization: `Basic ${wrongBasic}` })).status).toBe(401);
  });

  it('open no other account, whether there is one or not', async () => {
    const { token } = await KazooClient.logIn(gateway);
    const asked = [BETAS_ACCOUNT, 'c0'.repeat(16), 'x'];
    const answers = await Promise.all(
      asked.map((id) => ask('GET', `/accounts/${id}`, undefined, { 'x-auth-token': token })),
    );
    for (const answer of answers) {
      expect([answer.status, answer.json()]).toEqual([
        403,
        expect.objectContaining({
          data: { message: 'forbidden' },
          error: '403',
          message: 'forbidden',
          status: 'error',
        }),
      ]);
    }
  });

  it('tell whose they are, and are worth nothing after logging out', async () => {
    const client = await KazooClient.logIn(gateway);
    expect((await ask('GET', `/user_auth/${client.token}`)).json()['data']).toMatchObject({ account_id: ACCOUNT });
    const other = await KazooClient.logIn(gateway);
    expect((await client.ask('DELETE', '/user_auth')).status).toBe(200);
    expect((await client.ask('GET', '')).status).toBe(401);
    expect((await ask('GET', `/user_auth/${client.token}`)).status).toBe(401);
    expect((await other.ask('GET', '')).status).toBe(200);
  });

  it('are worth nothing once the credentials have changed', async () => {
    const id = await gateway.application('kazoo', { accountId: 'd0'.repeat(16), apiKey: 'd1'.repeat(32) });
    const client = await KazooClient.logIn(gateway, 'd0'.repeat(16), 'd1'.repeat(32));
    expect((await client.ask('GET', '')).status).toBe(200);
    await gateway.ask('PATCH', `/v1/applications/${id}`, { body: { settings: { apiKey: 'd2'.repeat(32) } } });
    expect((await client.ask('GET', '')).status).toBe(401);
  });

  it('are worth nothing after an hour', async () => {
    const { ports } = gateway.runtime;
    const record = await ports.ledger.applications.get(applicationId);
    if (record === null) throw new Error('there is no application');
    const application = { record, view: viewApplication(ports, record) };
    const madeBefore = (ms: number): string => {
      const clock = { now: () => new Date(Date.now() - ms) };
      return new KazooTokens({ ...createGatewayContext(gateway.runtime, () => ''), ports: { ...ports, clock } }).make(
        application,
      );
    };
    const statuses = await Promise.all(
      [TOKEN_LIFE_MS - 60_000, TOKEN_LIFE_MS].map(async (age) => {
        return (await ask('GET', account, undefined, { 'x-auth-token': madeBefore(age) })).status;
      }),
    );
    expect(statuses).toEqual([200, 401]);
  });

  it('leave no credential in what is stored or logged', async () => {
    const { token } = await KazooClient.logIn(gateway);
    const written = await gateway.everythingWritten();
    for (const secret of [API_KEY, PASSWORD, credentials(), token]) expect(written).not.toContain(secret);
    expect(written).toContain(applicationId);
  });
});

describe('the envelope of a request', () => {
  it('must be JSON, which is looked at before anything else', async () => {
    for (const body of ['{', '[]', '"x"', 'data=1']) {
      const answer = await ask('PUT', `/accounts/${ACCOUNT}/callflows`, body);
      expect([answer.status, answer.json()]).toEqual([
        400,
        expect.objectContaining({
          error: '400',
          message: 'parse_error',
          data: expect.objectContaining({ message: 'failed to parse request body' }),
        }),
      ]);
    }
  });

  it('is told once where it is no JSON', async () => {
    const { data } = (await ask('PUT', '/user_auth', '{')).json();
    expect(JSON.stringify(data).match(/line 1, column 2/gu)).toHaveLength(1);
  });

  it('brings a verb through POST, in body or query', async () => {
    const { token } = await KazooClient.logIn(gateway);
    const account = `/accounts/${ACCOUNT}`;
    const asked = [
      ask('POST', `${account}?verb=GET`, undefined, { 'x-auth-token': token }),
      ask('POST', account, { data: {}, verb: 'get' }, { 'x-auth-token': token }),
      ask('POST', account, { verb: 'fly' }, { 'x-auth-token': token }),
      ask('GET', `${account}?verb=delete`, undefined, { 'x-auth-token': token }),
    ];
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 405, 200]);
  });

  it('must ask a method that the address has, whoever asks', async () => {
    for (const path of ['/user_auth', `/accounts/${ACCOUNT}/channels`, `/accounts/${ACCOUNT}/callflows`]) {
      const answer = await ask('POST', path, { data: {} });
      expect([answer.status, answer.json()]).toEqual([
        405,
        expect.objectContaining({ error: '405', message: 'invalid_method', data: { message: 'method not allowed' } }),
      ]);
    }
  });
});

describe('what the door offers', () => {
  it('is JSON; other forms are not acceptable', async () => {
    const { token } = await KazooClient.logIn(gateway);
    const path = `/accounts/${ACCOUNT}/callflows`;
    const asked = ['text/html', 'audio/mpeg', 'application/x-json', 'application/json;q=0.5, text/html', '*/*'];
    const answers = await Promise.all(
      asked.map((accept) => ask('GET', path, undefined, { accept, 'x-auth-token': token })),
    );
    expect(answers.map(({ status }) => status)).toEqual([406, 406, 200, 200, 200]);
    expect(answers[0]?.json()).toMatchObject({ status: 'error', error: '406' });
  });

  it('is there by host name too, and then names places without the mount', async () => {
    const { token } = await KazooClient.logIn(gateway);
    const { hostname, port } = new URL(gateway.url);
    const path = `/v2/accounts/${ACCOUNT}/callflows`;
    const headers = { host: 'crossbar.example', 'x-auth-token': token };
    const sent = request({ hostname, port, method: 'PUT', path, headers });
    sent.end(JSON.stringify({ data: { numbers: ['4000'], flow: { module: 'hangup', data: {} } } }));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    expect([response.statusCode, response.headers.location]).toEqual([
      201,
      expect.stringMatching(new RegExp(`^${path}/[0-9a-f]{32}$`)),
    ]);
  });

  it('is in OpenAPI, route by route and method by method', () => {
    const described = Object.entries(describeApi(gateway.app).paths).flatMap(([path, methods]) =>
      path.startsWith('/kazoo/v2')
        ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${shapeOf(path)}`)
        : [],
    );
    const known = Object.entries(KAZOO_ROUTES).flatMap(([path, methods]) =>
      methods.map((method) => `${method} /kazoo/v2${shapeOf(path)}`),
    );
    expect(described.sort()).toEqual(known.sort());
    expect(describeApi(gateway.app).components?.securitySchemes).toMatchObject({ kazoo: { name: 'X-Auth-Token' } });
  });
});

/** A path with its variable parts alike, however they are named. */
function shapeOf(path: string): string {
  return path.replace(/:\w+|\{\w+\}/g, '*').replace(/\/$/, '');
}

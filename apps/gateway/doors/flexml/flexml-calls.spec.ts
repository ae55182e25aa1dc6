import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { OpenCall } from '#libs/orchestration';
import type { JsonObject } from '#libs/recording-model';
import { CommandServer } from '../../testing/command-server.js';
import { GatewayUnderTest, type Answer, type Body } from '../../testing/gateway-under-test.js';
import { FlexmlCallSchedule } from './flexml-call-schedule.js';
import { ALL_APPLICATIONS, FLEXML_SCHEDULE } from './flexml-calls.js';

const CALLS = '/carrierx/flexml/v1/calls';
const DIDS = '/carrierx/flexml/v1/dids';
const ENDPOINTS = '/carrierx/core/v2/endpoints';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NUMBERS = { calling_did: '15165550137', called_did: '15165550138' };

let gateway: GatewayUnderTest;
let node: Awaited<ReturnType<typeof CommandServer.start>>;
let applicationId: string;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  node = await CommandServer.start(gateway.runtime);
  applicationId = await gateway.application('flexml', {
    documentUrl: 'https://account.example.com/vm',
    statusCallbackUrl: 'https://account.example.com/ended',
    documentUserinfo: 'user:pw-of-the-document',
    login: 'endpoint',
    password: 'pw-alpha',
    accountToken: 'token-alpha',
  });
  await gateway.application('flexml', { login: 'other', password: 'pw-other' });
});

afterAll(async () => {
  await node.close();
  await gateway.stop();
});

type Login = 'endpoint:pw-alpha' | 'other:pw-other' | (string & {});

function ask(
  method: string,
  path: string,
  body?: object | string,
  login: Login = 'endpoint:pw-alpha',
): Promise<Answer> {
  const headers = { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  return gateway.ask(method, path, { key: null, headers, ...(body === undefined ? {} : { body }) });
}

async function created(path: string, body: object): Promise<Body> {
  const answer = await ask('POST', path, body);
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return answer.json();
}

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

const errorOf = (answer: Answer) => {
  const [error] = answer.json()['errors'] as unknown as { message: string; field: string | null }[];
  return [answer.status, error?.field ?? error?.message];
};

/** What nodes were asked to open for a call. */
function opened(sid: unknown): readonly OpenCall[] {
  return node.commands
    .filter(({ name }) => name === 'openCall')
    .map(({ data }) => data as unknown as OpenCall)
    .filter(({ identity }) => identity.callId === sid);
}

const scheduled = async () => (await ask('GET', CALLS)).json()['items'] as unknown as { call_sid: string }[];

async function untilOpened(sid: unknown): Promise<OpenCall> {
  for (;;) {
    const [call] = opened(sid);
    if (call !== undefined) return call;
    await delay(20);
  }
}

describe('POST /calls', () => {
  it('makes a call that begins with its own document when it is answered', async () => {
    const call = await created(CALLS, {
      ...NUMBERS,
      url: 'https://app.example.com/flexml?x=1',
      method: 'get',
      status_callback_url: 'https://app.example.com/ended',
      status_callback_method: 'GET',
      timeout: '45',
      attributes: { user: 7 },
      call_sid: 'mine',
    });
    expect(call).toEqual({
      account_sid: '',
      attributes: { user: 7 },
      call_sid: expect.stringMatching(UUID),
      called_did: '15165550138',
      calling_did: '15165550137',
      date_created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      delay: 0,
      method: 'GET',
      status_callback_method: 'GET',
      status_callback_url: 'https://app.example.com/ended',
      timeout: 45,
      url: 'https://app.example.com/flexml?x=1',
    });
    expect(opened(call['call_sid'])).toEqual([
      expect.objectContaining({
        identity: {
          callId: call['call_sid'],
          from: '15165550137',
          to: '15165550138',
          direction: 'outbound',
          vendor: {},
        },
        begin: {
          kind: 'request',
          request: { purpose: 'document', url: 'https://app.example.com/flexml?x=1', method: 'GET', userinfo: null },
          flowState: { statusCallback: { url: 'https://app.example.com/ended', method: 'GET' } },
        },
        beginWhen: 'answered',
        ringMs: 45_000,
      }),
    ]);
    const shown = await ask('GET', `${CALLS}/${String(call['call_sid'])}`);
    expect(shown.json()).toEqual(call);
    expect((await scheduled()).map(({ call_sid }) => call_sid)).not.toContain(call['call_sid']);
  });

  it('begins with the document of the account when neither Call nor DID names one', async () => {
    const call = await created(CALLS, NUMBERS);
    expect(opened(call['call_sid'])[0]?.begin).toEqual({
      kind: 'request',
      request: {
        purpose: 'document',
        url: 'https://account.example.com/vm',
        method: 'POST',
        userinfo: { secret: 'documentUserinfo' },
      },
      flowState: { statusCallback: null },
    });
  });

  it.each([
    ['nothing', {}, 422, 'calling_did'],
    ['no called number', { calling_did: '1' }, 422, 'called_did'],
    ['a number with spaces', { ...NUMBERS, called_did: '1 2' }, 422, 'called_did'],
    ['a relative URL', { ...NUMBERS, url: '/vm' }, 422, 'url'],
    ['credentials in a URL', { ...NUMBERS, url: 'https://u:p@app.example.com/' }, 422, 'url'],
    ['an unknown method', { ...NUMBERS, method: 'BREW' }, 422, 'method'],
    ['a negative delay', { ...NUMBERS, delay: -1 }, 422, 'delay'],
    ['an endless delay', { ...NUMBERS, delay: 1e12 }, 422, 'delay'],
    ['no ringing at all', { ...NUMBERS, timeout: 0 }, 422, 'timeout'],
    ['attributes that are a list', { ...NUMBERS, attributes: [1] }, 422, 'attributes'],
    ['attributes nested 17 deep', `{"attributes":${nested(17)},"calling_did":"1","called_did":"2"}`, 422, 'attributes'],
    [
      'attributes nested endlessly',
      `{"attributes":${nested(50_000)},"calling_did":"1","called_did":"2"}`,
      422,
      'attributes',
    ],
    ['no JSON', '{"calling_did"', 400, 'No JSON object could be decoded'],
  ])('refuses %s', async (_what, body, status, field) => {
    expect(errorOf(await ask('POST', CALLS, body))).toEqual([status, field]);
  });

  it('is open to the endpoint alone', async () => {
    expect(errorOf(await ask('POST', CALLS, NUMBERS, 'endpoint:pw-other'))).toEqual([401, 'Bad credentials']);
    expect(errorOf(await gateway.ask('GET', CALLS, { key: null }))).toEqual([401, 'Unauthorized']);
    // Nothing says where its calls begin.
    expect(errorOf(await ask('POST', CALLS, NUMBERS, 'other:pw-other'))).toEqual([422, 'url']);
  });
});

describe('calls that are scheduled', () => {
  it('take a delay with a fraction, as applications count it', async () => {
    for (const delay of [3599.271828, '3599.5']) {
      const call = await created(CALLS, { ...NUMBERS, delay });
      expect(call['delay']).toBe(3599);
      await ask('DELETE', `${CALLS}/${String(call['call_sid'])}`);
    }
  });

  it('are listed, made once when their time has come, and listed no more', async () => {
    const call = await created(CALLS, { ...NUMBERS, delay: 1 });
    expect(await scheduled()).toContainEqual(call);
    expect(opened(call['call_sid'])).toEqual([]);
    await untilOpened(call['call_sid']);
    while ((await scheduled()).some(({ call_sid }) => call_sid === String(call['call_sid']))) await delay(20);
    await gateway.app.get(FlexmlCallSchedule).placeDue();
    expect(opened(call['call_sid'])).toHaveLength(1);
    expect((await ask('GET', `${CALLS}/${String(call['call_sid'])}`)).status).toBe(200);
  });

  it('can be changed, called earlier and cancelled', async () => {
    const { call_sid: sid } = await created(CALLS, { ...NUMBERS, delay: 3600, timeout: 20 });
    const path = `${CALLS}/${String(sid)}`;
    const patched = await ask('PATCH', path, { called_did: '15165550139', account_sid: 'x' });
    expect([patched.status, patched.json()]).toEqual([
      200,
      expect.objectContaining({ called_did: '15165550139', delay: 3600, timeout: 20, account_sid: '' }),
    ]);
    const replaced = await ask('PUT', path, { ...NUMBERS, delay: 1800 });
    expect(replaced.json()).toMatchObject({ called_did: '15165550138', delay: 1800, timeout: 30 });
    expect(errorOf(await ask('PUT', path, { delay: 5 }))).toEqual([422, 'calling_did']);
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', path)).status).toBe(404);
    const { documents } = gateway.runtime.ports.ledger;
    expect(await documents.get(FLEXML_SCHEDULE, ALL_APPLICATIONS, String(sid))).toBeNull();

    const soon = await created(CALLS, { ...NUMBERS, delay: 3600 });
    await ask('PATCH', `${CALLS}/${String(soon['call_sid'])}`, { delay: 0 });
    expect((await untilOpened(soon['call_sid'])).ringMs).toBe(30_000);
  });

  it.each([
    ['was not made by who died over it', false, 1],
    ['was made by who died over it', true, 0],
  ])('are neither lost nor doubled: a call that %s', async (_what, wasMade, times) => {
    const { ledger } = gateway.runtime.ports;
    const { call_sid } = await created(CALLS, { ...NUMBERS, delay: 3600 });
    const sid = String(call_sid);
    const callRef = `call_${sid.replaceAll('-', '').slice(0, 20)}`;
    const past = new Date(Date.now() - 60_000).toISOString();
    const claimed = (body: JsonObject) => ({ ...body, stage: 'placing', callRef, dueAt: past, claimedAt: past });
    if (wasMade) {
      const call = await ledger.calls.findByCallId(applicationId, String((await created(CALLS, NUMBERS))['call_sid']));
      if (call !== null) await ledger.calls.save({ ...call, callRef, identity: { ...call.identity, callId: sid } });
    }
    await ledger.documents.update('flexml.calls', applicationId, sid, (current) =>
      current === null ? null : { body: claimed(current.body), sealed: null },
    );
    await ledger.documents.update(FLEXML_SCHEDULE, ALL_APPLICATIONS, sid, () => ({
      body: { applicationId, dueAt: past },
      sealed: null,
    }));
    const schedule = gateway.app.get(FlexmlCallSchedule);
    await Promise.all([schedule.placeDue(), schedule.placeDue()]);
    while ((await ledger.documents.get(FLEXML_SCHEDULE, ALL_APPLICATIONS, sid)) !== null) await delay(20);
    expect(opened(sid)).toHaveLength(times);
  });
});

describe('DELETE of a call that somebody began to make and died', () => {
  it.each([
    ['before it was made', false],
    ['after it was made: it is ended', true],
  ])('%s', async (_what, wasMade) => {
    const { ledger } = gateway.runtime.ports;
    const { call_sid } = await created(CALLS, wasMade ? NUMBERS : { ...NUMBERS, delay: 3600 });
    const sid = String(call_sid);
    const past = new Date(Date.now() - 60_000).toISOString();
    await ledger.documents.update('flexml.calls', applicationId, sid, (current) =>
      current === null ? null : { body: { ...current.body, stage: 'placing', claimedAt: past }, sealed: null },
    );
    expect((await ask('DELETE', `${CALLS}/${sid}`)).status).toBe(204);
    expect((await ask('GET', `${CALLS}/${sid}`)).status).toBe(404);
    const ended = (await ledger.calls.findByCallId(applicationId, sid))?.state ?? null;
    expect(ended).toBe(wasMade ? 'ended' : null);
  });
});

describe('calls that go on', () => {
  it('keep what is written of them, hear of it, and are ended by DELETE', async () => {
    const { call_sid: sid } = await created(CALLS, NUMBERS);
    const path = `${CALLS}/${String(sid)}`;
    const { callRef } = opened(sid)[0] ?? {};
    const changes = { url: 'https://app.example.com/other', attributes: { a: 1 } };
    const told = { status_callback_url: 'https://app.example.com/told', status_callback_method: 'GET' };
    expect((await ask('PATCH', path, { ...changes, ...told })).json()).toMatchObject({ ...changes, ...told });
    expect(node.commands.at(-1)).toEqual({
      name: 'callEvent',
      data: {
        callRef,
        event: {
          type: 'begin',
          begin: {
            kind: 'request',
            request: { purpose: 'document', url: changes.url, method: 'POST', userinfo: null },
            flowState: { statusCallback: { url: told.status_callback_url, method: 'GET' } },
          },
        },
      },
    });
    await ask('PATCH', path, { status_callback_url: null });
    expect(node.commands.at(-1)?.data).toMatchObject({ event: { begin: { flowState: { statusCallback: null } } } });
    expect((await ask('DELETE', path, undefined, 'other:pw-other')).status).toBe(404);
    expect((await ask('DELETE', path)).status).toBe(204);
    expect(node.commands.at(-1)).toMatchObject({
      name: 'hangup',
      data: { callRef: opened(sid)[0]?.callRef, by: null },
    });
    for (const method of ['GET', 'DELETE'])
      expect(errorOf(await ask(method, path))).toEqual([404, 'Cannot find item by SID']);
  });

  it('are forgotten when they have been over for long', async () => {
    const { call_sid } = await created(CALLS, NUMBERS);
    const sid = String(call_sid);
    const { calls } = gateway.runtime.ports.ledger;
    const call = await calls.findByCallId(applicationId, sid);
    if (call === null) throw new Error('no call');
    const schedule = gateway.app.get(FlexmlCallSchedule);
    await schedule.expire();
    expect((await ask('GET', `${CALLS}/${sid}`)).status).toBe(200);
    await calls.save({ ...call, state: 'ended', endedAt: new Date(Date.now() - 2 * 3_600_000).toISOString() });
    await schedule.expire();
    expect((await ask('GET', `${CALLS}/${sid}`)).status).toBe(404);
  });
});

describe('DIDs', () => {
  it('give calls their addresses, and an endpoint that has some calls from no other number', async () => {
    const settings = { login: 'with-numbers', password: 'pw-numbers' };
    const id = await gateway.application('flexml', settings);
    const as = (method: string, path: string, body?: object) => ask(method, path, body, 'with-numbers:pw-numbers');
    const did = await as('POST', DIDS, { phonenumber: '+15165550137', country_code: 'USA', method: 'GET' });
    expect([did.status, did.json()]).toEqual([
      200,
      {
        account_sid: '',
        country_code: 'USA',
        did_sid: expect.stringMatching(UUID),
        in_country_format: '15165550137',
        international_format: '+15165550137',
        method: 'GET',
        phonenumber: '15165550137',
        status_callback_method: 'POST',
        status_callback_url: null,
        url: null,
      },
    ]);
    expect(errorOf(await as('POST', DIDS, { phonenumber: '15165550137' }))).toEqual([409, 'phonenumber']);
    const path = `${DIDS}/${String(did.json()['did_sid'])}`;
    expect((await ask('PATCH', path, { url: 'https://x.example.com/' })).status).toBe(404);
    const changes = {
      url: 'https://did.example.com/vm',
      status_callback_url: 'https://did.example.com/ended',
      phonenumber: '1',
    };
    expect((await as('PATCH', path, changes)).json()).toMatchObject({
      ...changes,
      phonenumber: '15165550137',
      method: 'GET',
    });
    expect((await as('GET', DIDS)).json()).toMatchObject({ count: 1, total: 1, items: [{ url: changes.url }] });

    expect(errorOf(await as('POST', CALLS, { ...NUMBERS, calling_did: '19995550100' }))).toEqual([422, 'calling_did']);
    const call = await as('POST', CALLS, NUMBERS);
    expect(opened(call.json()['call_sid'])[0]?.begin).toMatchObject({
      request: { url: 'https://did.example.com/vm', method: 'GET' },
      flowState: { statusCallback: { url: 'https://did.example.com/ended', method: 'POST' } },
    });
    const put = await as('PUT', path, { url: 'https://did.example.com/2' });
    expect(put.json()).toMatchObject({ url: 'https://did.example.com/2', method: 'POST', status_callback_url: null });
    expect((await as('DELETE', path)).status).toBe(204);
    expect((await as('GET', path)).status).toBe(404);
    expect(await gateway.runtime.ports.ledger.documents.list('flexml.dids', id)).toEqual([]);
  });
});

describe('the endpoint', () => {
  it('has its default container written, which recordings without one use from then on', async () => {
    const [shown] = (await ask('GET', ENDPOINTS)).json()['items'] as unknown as Body[];
    const sid = String(shown?.['endpoint_sid']);
    expect(shown).toMatchObject({
      endpoint_sid: expect.stringMatching(UUID),
      properties: { container_sid: null, login: 'endpoint' },
    });
    const container = await created('/carrierx/core/v2/storage/containers', {});
    const patched = await ask('PATCH', `${ENDPOINTS}/${sid}`, {
      properties: { container_sid: container['container_sid'] },
    });
    expect(patched.json()['properties']?.['container_sid']).toBe(container['container_sid']);
    const application = await gateway.runtime.ports.ledger.applications.get(applicationId);
    expect(application?.settings['containerSid']).toBe(container['container_sid']);
    for (const properties of [{ container_sid: 'none-such' }, { container_sid: 7 }]) {
      expect(errorOf(await ask('PUT', `${ENDPOINTS}/${sid}`, { properties }))).toEqual([
        422,
        'properties.container_sid',
      ]);
    }
    const emptied = await ask('PUT', `${ENDPOINTS}/${sid}`, { properties: { container_sid: null } });
    expect(emptied.json()['properties']?.['container_sid']).toBeNull();
    expect((await ask('GET', `${ENDPOINTS}/${sid}`, undefined, 'other:pw-other')).status).toBe(404);
  });

  it('tells its password to the account alone', async () => {
    expect((await ask('GET', ENDPOINTS)).text).not.toContain('pw-alpha');
    const account = await gateway.ask('GET', ENDPOINTS, { key: 'token-alpha' });
    expect(account.text).toContain('"password":"pw-alpha"');
    expect(account.text).not.toContain('token-alpha');
  });
});

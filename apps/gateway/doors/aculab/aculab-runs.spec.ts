import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CallRecord } from '#libs/recording-model';
import { sampleRecordingRecord } from '#libs/testing';
import { aculab } from '#libs/vendor-adapters';
import { CommandServer } from '../../testing/command-server.js';
import { BETA_KEY, GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { AculabClient } from './testing/aculab-client.js';

const USER = '1-2-0/bob@example.com';
const KEY = 'access-key-of-bob';
const SERVICE = `${USER}/reminders`;
const PASSWORD = 'password of the service';
const INSTANCE = '06e122c3364cc74c.787379';

let gateway: GatewayUnderTest;
let node: Awaited<ReturnType<typeof CommandServer.start>>;
let bob: AculabClient;
let service: AculabClient;
let application: string;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  node = await CommandServer.start(gateway.runtime);
  const settings = {
    cloudUser: USER,
    accessKey: KEY,
    firstPage: 'https://app.example.net/first',
    pageCredentials: 'u:p',
  };
  application = await gateway.application('aculab', {
    ...settings,
    serviceName: 'reminders',
    servicePassword: PASSWORD,
  });
  bob = new AculabClient(gateway.url, USER, KEY);
  service = new AculabClient(gateway.url, SERVICE, PASSWORD);
}, 30_000);

afterAll(async () => {
  await node.close();
  await gateway.stop();
});

/** Begins a call of an application and answers its call reference. */
async function call(callId: string, applicationId = application, key?: string): Promise<string> {
  const answer = await gateway.ask('POST', '/v1/calls', {
    ...(key === undefined ? {} : { key }),
    body: {
      applicationId,
      call: { callId, from: '1', to: '2' },
      legs: { caller: { transport: 'rtp', codec: 'PCMU' } },
    },
  });
  return String(answer.json()['callRef']);
}

const sent = (name: string) =>
  node.commands.filter((each) => each.name === name).map(({ data }) => data as Record<string, unknown>);

describe('rest_interrupt', () => {
  it('tells of each id what became of it', async () => {
    const running = await call(`${INSTANCE}.1`);
    const over = await call('06e122c3364cc74c.1.1');
    await gateway.ask('DELETE', `/v1/calls/${over}`);
    const ids = [INSTANCE, '06e122c3364cc74c.1', 'ffffffffffffffff.9'].join('/');
    const answer = await bob.get('rest_interrupt', {
      application_instance_ids: ids,
      redirect_page: 'interrupted?why=test',
      redirect_method: 'GET',
    });
    expect([answer.status, answer.json()]).toEqual([
      200,
      {
        [INSTANCE]: { result: 'interrupted' },
        '06e122c3364cc74c.1': { result: 'application already completed' },
        'ffffffffffffffff.9': { result: 'no such application' },
      },
    ]);
    expect(sent('interrupt')).toEqual([
      {
        callRef: running,
        redirect: {
          purpose: 'redirect_page',
          url: 'https://app.example.net/interrupted?why=test',
          method: 'GET',
          userinfo: { secret: 'pageCredentials' },
        },
      },
    ]);
    expect((await bob.post('rest_interrupt', { application_instance_ids: INSTANCE })).status).toBe(200);
    expect(sent('interrupt').at(-1)).toEqual({ callRef: running, redirect: null });
  });

  it("reaches nobody else's run, and refuses what it cannot read", async () => {
    const foreign = await gateway.application(
      'aculab',
      { cloudUser: '1-2-0/eve@example.com', accessKey: 'eve' },
      BETA_KEY,
    );
    await call('aaaaaaaaaaaaaaaa.5.1', foreign, BETA_KEY);
    const answer = await bob.post('rest_interrupt', { application_instance_ids: 'aaaaaaaaaaaaaaaa.5' });
    expect(answer.json()).toEqual({ 'aaaaaaaaaaaaaaaa.5': { result: 'no such application' } });
    const refused = [
      { application_instance_ids: `${INSTANCE}//x` },
      { application_instance_ids: INSTANCE, redirect_page: 'ftp://app.example.net/' },
      { application_instance_ids: INSTANCE, redirect_page: 'https://u:p@app.example.net/' },
      { application_instance_ids: INSTANCE, redirect_page: 'x', redirect_method: 'PUT' },
      { application_instance_ids: Array.from({ length: 101 }, (_, i) => `x${i}`).join('/') },
    ];
    for (const parameters of refused) expect((await bob.post('rest_interrupt', parameters)).status).toBe(400);
  });
});

describe('service_start', () => {
  it('places the calls and answers their reference ids', async () => {
    const calls = [
      { to: 'tel:441908000002', from: '441908000001', token: 'ticket', outbound_parameters: 'a=1' },
      { to: 'sip:bob@example.com' },
    ];
    const answer = await service.post('service_start', { rest_calls: JSON.stringify(calls) });
    const ids = answer.json() as string[];
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f]{16}\.\d+$/), expect.stringMatching(/^[0-9a-f]{16}\.\d+$/)]);
    expect(sent('openCall').slice(-2)).toEqual([
      expect.objectContaining({
        beginWhen: 'answered',
        ringMs: 60_000,
        identity: {
          callId: `${ids[0]}.1`,
          from: '441908000001',
          to: 'tel:441908000002',
          direction: 'outbound',
          vendor: { application_instance_id: ids[0], token: 'ticket', outbound_parameters: 'a=1' },
        },
      }),
      expect.objectContaining({ identity: expect.objectContaining({ from: '', to: 'sip:bob@example.com' }) }),
    ]);
    const status = (await bob.get('application_status', { application_instance_id: ids[0] ?? '' })).json();
    expect(status).toMatchObject({
      adr: {
        application_instance_id: ids[0],
        application_name: 'reminders',
        direction: 'out',
        state: 'running',
        start_datetime: expect.stringMatching(/^\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d$/),
        stop_time: null,
        duration: 0,
      },
      cdrs: [{ call_id: `${ids[0]}.1`, call_to: 'tel:441908000002', end_time: null }],
      errs: [],
      fdrs: [],
    });
  });

  it('takes one object, by GET, under its older name as well', async () => {
    const one = JSON.stringify({ to: '441908000002', from: '441908000001' });
    for (const name of ['rest_calls', 'outbound_parameters'])
      expect((await service.get('service_start', { [name]: one })).json()).toEqual([expect.any(String)]);
  });

  it('knows a telephone number with hyphens, and a SIP user without a prefix', async () => {
    const started = async (call: object) =>
      (await service.post('service_start', { rest_calls: JSON.stringify(call) })).status;
    expect(await started({ to: '44-1908-273800', from: '1' })).toBe(200);
    expect(await started({ to: '44-1908-273800' })).toBe(400);
    expect(await started({ to: 'tel:44--1908', from: '1' })).toBe(400);
    expect(await started({ to: 'bob' })).toBe(200);
  });

  it.each([
    ['no JSON', '{'],
    ['an empty list', '[]'],
    ['a text', '"441908000002"'],
    ['no destination', '{}'],
    ['an unknown prefix', '{"to":"fax:1","from":"2"}'],
    ['a telephone number without from', '{"to":"441908000002"}'],
    ['a token that is no text', '{"to":"con:room","token":7}'],
    ['too many calls', JSON.stringify(Array.from({ length: 101 }, () => ({ to: 'con:room' })))],
  ])('refuses %s and places nothing', async (_what, restCalls) => {
    const before = sent('openCall').length;
    const answer = await service.post('service_start', { rest_calls: restCalls });
    expect([answer.status, answer.json()]).toEqual([
      400,
      expect.objectContaining({ error: expect.objectContaining({ code: '0002' }) }),
    ]);
    expect(sent('openCall')).toHaveLength(before);
  });

  it('is opened by a token for the service of its name, and for no other', async () => {
    const tokenFor = async (name: string) =>
      bob.bearing((await bob.post('access-token/new-access-token', { service: name })).json() as string);
    const calls = { rest_calls: '{"to":"con:room"}' };
    const reminders = await tokenFor('reminders');
    expect((await reminders.post('service_start', calls)).json()).toEqual([expect.any(String)]);
    const others = [
      await (await tokenFor('surveys')).post('service_start', calls),
      await bob
        .bearing((await bob.post('access-token/new-access-token', { filetypes: 'media' })).json() as string)
        .post('service_start', calls),
      await reminders.get('file_list', { filetype: 'media' }),
      await reminders.post('rest_interrupt', { application_instance_ids: INSTANCE }),
    ];
    expect(others.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  });

  it('wants the password of the service, and opens nothing else', async () => {
    const calls = { rest_calls: '{"to":"con:room"}' };
    for (const stranger of [
      bob,
      new AculabClient(gateway.url, SERVICE, KEY),
      new AculabClient(gateway.url, `${USER}/other`, PASSWORD),
    ])
      expect((await stranger.post('service_start', calls)).status).toBe(401);
    expect((await service.get('file_list', { filetype: 'media' })).status).toBe(401);
    expect((await new AculabClient(gateway.url, SERVICE, KEY).get('file_list', { filetype: 'media' })).status).toBe(
      401,
    );
  });
});

describe('REST logs', () => {
  it('are listed and handed out as text', async () => {
    await call('0123456789abcdef.77.1');
    const name = Object.keys((await bob.get('file_list', { filetype: 'rest' })).json() as object).find((each) =>
      each.includes('0123456789abcdef.77'),
    );
    expect(name).toMatch(/^\/rest_logs\/\d{4}\/\d\d\/\d\d\/0123456789abcdef\.77\.txt$/);
    const log = await bob.post('file_get', { filetype: 'rest', filename: name ?? '' });
    expect(log).toMatchObject({ status: 200, contentType: 'text/plain; charset=utf-8' });
    expect(log.bytes.toString()).toContain('call 0123456789abcdef.77.1 from 1 to 2');
    const none = await bob.post('file_get', {
      filetype: 'rest',
      filename: '/rest_logs/2026/01/01/0123456789abcdef.78.txt',
    });
    expect(none.status).toBe(404);
  });
});

describe('a run with many calls after it', () => {
  it('is found by its instance id, also when its call has a name of its own', async () => {
    const inForm = await call('1234567890abcdef.42.1');
    const recorded = await call('a call of our own');
    const { calls, recordings } = gateway.runtime.ports.ledger;
    const record = await calls.get(recorded);
    if (record === null) throw new Error('there is no call');
    const instanceId = aculab.instanceIdOf(record.identity);
    const names = { application_instance_id: instanceId };
    const owner = { tenantId: 'alpha', applicationId: application, callRef: recorded };
    await recordings.accept(sampleRecordingRecord({ ...owner, names }));
    const createdAt = new Date(Date.now() + 60_000).toISOString();
    const later = Array.from({ length: 1001 }, (_, index) => `later${index}`);
    const laterCall = (name: string): CallRecord => {
      return { ...record, callRef: name, identity: { ...record.identity, callId: name }, createdAt, state: 'ended' };
    };
    await Promise.all(later.map((name) => calls.save(laterCall(name))));
    const ids = ['1234567890abcdef.42', instanceId];
    const answer = await bob.post('rest_interrupt', { application_instance_ids: ids.join('/') });
    expect(answer.json()).toEqual(Object.fromEntries(ids.map((id) => [id, { result: 'interrupted' }])));
    expect(
      sent('interrupt')
        .slice(-2)
        .map(({ callRef }) => callRef)
        .toSorted(),
    ).toEqual([inForm, recorded].toSorted());
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayUnderTest, type Answer, type Body } from '../../testing/gateway-under-test.js';
import { AnsweringReceiver } from './testing/answering-receiver.js';
import { ACCOUNT, KAZOO_ACCOUNT_SETTINGS, KazooClient } from './testing/kazoo-client.js';
import { documentId, KazooFileRecordings, listOf } from './testing/kazoo-recordings.js';

let gateway: GatewayUnderTest;
let receiver: AnsweringReceiver;
let client: KazooClient;
let files: KazooFileRecordings;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start({ works: true });
  receiver = await AnsweringReceiver.start();
  const settings = { ...KAZOO_ACCOUNT_SETTINGS, storeRecordings: 'true' };
  files = new KazooFileRecordings(gateway, await gateway.application('kazoo', settings));
  client = await KazooClient.logIn(gateway);
});

afterAll(async () => {
  await gateway.stop();
  await receiver.close();
});

const hookData = (path: string, more: object = {}): object => ({
  name: `hook ${path}`,
  hook: 'object',
  uri: `${receiver.url}${path}`,
  ...more,
});

async function create(path: string, more: object = {}): Promise<Body> {
  const answer = await client.ask('PUT', '/webhooks', { data: hookData(path, more) });
  if (answer.status !== 201) throw new Error(answer.text);
  const { data } = answer.json();
  if (data === undefined) throw new Error(answer.text);
  return data;
}

const remove = (hook: Body): Promise<Answer> => client.ask('DELETE', `/webhooks/${String(hook['id'])}`);

describe('webhooks (contract §3.1)', () => {
  it('are made with the defaults of the schema, shown, changed, replaced and removed', async () => {
    const made = await create('/crud', { custom_data: { type: 'call_recording', action: 'all', tenant: 'blue' } });
    const id = String(made['id']);
    expect(made).toEqual({
      ...hookData('/crud', { custom_data: { type: 'call_recording', action: 'all', tenant: 'blue' } }),
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      http_verb: 'post',
      format: 'form-data',
      retries: 2,
      enabled: true,
      include_internal_legs: true,
    });
    expect((await client.ask('GET', `/webhooks/${id}`)).json()['data']).toEqual(made);
    expect(await listOf(client, '/webhooks')).toEqual([made]);
    const patched = await client.ask('PATCH', `/webhooks/${id}`, {
      data: { format: 'json', custom_data: { tenant: null } },
    });
    expect(patched.json()['data']).toEqual({
      ...made,
      format: 'json',
      custom_data: { type: 'call_recording', action: 'all' },
    });
    const replaced = await client.ask('POST', `/webhooks/${id}`, { data: hookData('/other', { retries: '3' }) });
    expect(replaced.json()['data']).toMatchObject({
      id,
      uri: `${receiver.url}/other`,
      format: 'form-data',
      retries: 3,
    });
    expect(replaced.json()['data']).not.toHaveProperty('custom_data');
    const removed = await client.ask('DELETE', `/webhooks/${id}`);
    expect([removed.status, removed.json()['data']?.['_read_only']]).toEqual([200, { deleted: true }]);
    for (const method of ['GET', 'DELETE']) {
      const gone = await client.ask(method, `/webhooks/${id}`);
      expect([gone.status, gone.json()['data']]).toEqual([404, { message: 'bad identifier', cause: id }]);
    }
    expect(await listOf(client, '/webhooks')).toEqual([]);
  });

  it('are none of them lost when many are made at once', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, (_, index) => create(`/many/${index}`)));
    const listed = (await listOf(client, '/webhooks')).map((hook) => String(hook['id']));
    expect(listed.sort()).toEqual(made.map((hook) => String(hook['id'])).sort());
    await Promise.all(made.map(remove));
    expect(await listOf(client, '/webhooks')).toEqual([]);
  });

  it('are checked, all failures together', async () => {
    const answer = await client.ask('PUT', '/webhooks', {
      data: {
        hook: 'object',
        uri: 'ftp://x',
        http_verb: 'delete',
        format: 'xml',
        retries: 9,
        enabled: 'perhaps',
        custom_data: { a: { b: 1 } },
      },
    });
    expect([answer.status, answer.json()['message'], answer.json()['data']]).toEqual([
      400,
      'validation error',
      {
        name: { required: { message: 'Field is required but missing' } },
        uri: { error: { message: 'invalid client URL' } },
        http_verb: { enum: { message: expect.any(String), target: ['get', 'post', 'put'], value: 'delete' } },
        format: { enum: { message: expect.any(String), target: ['form-data', 'json'], value: 'xml' } },
        retries: { maximum: { message: 'Value must be at most 4', target: 4, value: 9 } },
        enabled: { type: { message: 'Value did not match type(s): boolean', target: 'boolean', value: 'perhaps' } },
        'custom_data.a': { type: { message: 'Value did not match type(s): string', target: 'string' } },
      },
    ]);
    expect(await listOf(client, '/webhooks')).toEqual([]);
  });

  it('keep credentials of their uri sealed', async () => {
    const hook = await create('/sealed', {
      uri: 'https://user:canary-4711@app.example.com/hook',
      hook: 'channel_create',
    });
    expect(await gateway.everythingWritten()).not.toContain('canary-4711');
    await remove(hook);
  });
});

describe('what webhooks are told', () => {
  const formsOf = async (path: string, count: number, text: string): Promise<Record<string, string>[]> =>
    (await receiver.requests(path, count, text)).map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

  it('goes to those that want it, as form data by default', async () => {
    const hooks = [
      await create('/all', { custom_data: { type: 'call_recording', action: 'all', tenant: 'blue' } }),
      await create('/created', { custom_data: { type: 'call_recording', action: 'doc_created' }, format: 'json' }),
      await create('/faxes', { custom_data: { type: 'fax', action: 'all' } }),
      await create('/half', { custom_data: { type: 'call_recording' } }),
      await create('/calls', { hook: 'channel_create' }),
      await create('/off', { enabled: false }),
    ];
    const id = documentId(await files.record({}));
    await client.ask('DELETE', `/recordings/${id}`);
    const told = await formsOf('/all', 3, id);
    expect(told.map((form) => form['action'])).toEqual(['doc_created', 'doc_edited', 'doc_deleted']);
    expect(told[0]).toEqual({ id, account_id: ACCOUNT, action: 'doc_created', type: 'call_recording', tenant: 'blue' });
    const [first] = await receiver.requests('/all', 3, id);
    expect(first).toMatchObject({
      method: 'POST',
      headers: {
        'x-hook-id': hooks[0]?.['id'],
        'x-account-id': ACCOUNT,
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
    const [created] = await receiver.requests('/created', 1, id);
    expect(created?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(created?.body ?? '{}')).toMatchObject({ id, action: 'doc_created' });
    const paths = new Set(receiver.received.filter(({ body }) => body.includes(id)).map(({ url }) => url));
    expect([...paths].sort()).toEqual(['/all', '/created']);
    await Promise.all(hooks.map(remove));
  });

  it('still reaches a webhook that was renamed while its recording was kept', async () => {
    const hook = await create('/renamed');
    const id = documentId(await files.record({}));
    await client.ask('PATCH', `/webhooks/${String(hook['id'])}`, { data: { name: 'another name' } });
    await client.ask('DELETE', `/recordings/${id}`);
    expect((await formsOf('/renamed', 3, id)).at(-1)).toMatchObject({ action: 'doc_deleted' });
    await remove(hook);
  });
});

describe('a webhook that was off for a while', () => {
  it('is told what it missed before what comes next', async () => {
    const hook = await create('/away');
    const hookPath = `/webhooks/${String(hook['id'])}`;
    const own = await files.accept({});
    await client.ask('PATCH', hookPath, { data: { enabled: false } });
    const id = documentId(await files.finish(own));
    await client.ask('PATCH', hookPath, { data: { enabled: true } });
    await client.ask('DELETE', `/recordings/${id}`);
    const told = (await receiver.requests('/away', 3, id)).map(({ body }) => new URLSearchParams(body).get('action'));
    expect(told).toEqual(['doc_created', 'doc_edited', 'doc_deleted']);
    await remove(hook);
  });

  it('never hears of recordings that were asked for meanwhile', async () => {
    const hook = await create('/asleep', { enabled: false });
    const id = documentId(await files.record({}));
    await client.ask('PATCH', `/webhooks/${String(hook['id'])}`, { data: { enabled: true } });
    await client.ask('DELETE', `/recordings/${id}`);
    const next = documentId(await files.record({}));
    await receiver.requests('/asleep', 2, next);
    expect(receiver.received.filter(({ body }) => body.includes(id))).toEqual([]);
    await remove(hook);
  });
});

describe('failures', () => {
  const CREATED_ONLY = { type: 'call_recording', action: 'doc_created' };

  const attemptsOf = (path: string): Promise<Body[]> => listOf(client, `/webhooks${path}/attempts`);

  it('are written down, and six within a minute switch the webhook off until it is switched on again', async () => {
    receiver.statuses.set('/failing', 500);
    const hook = await create('/failing');
    const id = String(hook['id']);
    await files.record({});
    await files.record({});
    while ((await attemptsOf(`/${id}`)).length < 4) await delay(20);
    expect((await client.ask('GET', `/webhooks/${id}`)).json()['data']).toMatchObject({ enabled: true });
    const [newest] = await attemptsOf(`/${id}`);
    expect(newest).toEqual({
      hook_id: id,
      result: 'failure',
      reason: 'bad response code',
      response_code: '500',
      response_body: 'said the receiver',
      'retries left': 1,
      timestamp: expect.any(Number),
    });
    expect(await attemptsOf('')).toHaveLength(4);
    await files.record({});
    let shown: Body | undefined;
    do {
      shown = (await client.ask('GET', `/webhooks/${id}`)).json()['data'];
      await delay(20);
    } while (shown?.['enabled'] !== (false as unknown));
    expect(shown).toMatchObject({ enabled: false, disable_reason: 'too many failed attempts' });
    const before = receiver.received.filter(({ url }) => url === '/failing').length;
    await files.record({});
    expect(receiver.received.filter(({ url }) => url === '/failing')).toHaveLength(before);

    receiver.statuses.delete('/failing');
    const enabled = await client.ask('PATCH', '/webhooks', { data: { 're-enable': true } });
    expect([enabled.status, enabled.json()['data']]).toEqual([200, 'hooks updated']);
    const [on] = await listOf(client, '/webhooks');
    expect(on).toMatchObject({ id, enabled: true });
    expect(on).not.toHaveProperty('disable_reason');
    const recording = documentId(await files.record({}));
    await receiver.requests('/failing', 2, recording);
    expect(await attemptsOf(`/${id}`)).toHaveLength(6);
    await remove(hook);
  });

  it('without an answer are tried again, as often as the webhook says', async () => {
    const gone = await AnsweringReceiver.start();
    await gone.close();
    const hook = await create('/nobody', { uri: `${gone.url}/nobody`, retries: 2, custom_data: CREATED_ONLY });
    await files.record({});
    const attempts = `/webhooks/${String(hook['id'])}/attempts`;
    while ((await listOf(client, attempts)).length < 2) await delay(50);
    const left = (await listOf(client, attempts)).map((attempt) => [attempt['reason'], attempt['retries left']]);
    expect(left).toEqual([
      ['kazoo http client error', 0],
      ['kazoo http client error', 1],
    ]);
    await remove(hook);
  });

  it('page like every listing', async () => {
    receiver.statuses.set('/paged', 404);
    const hook = await create('/paged');
    await files.record({});
    while ((await attemptsOf('')).length < 2) await delay(20);
    const first = (await client.ask('GET', '/webhooks/attempts?page_size=1')).json();
    expect([first['page_size'], first['data']]).toMatchObject([1, [{ response_code: '404' }]]);
    expect(first['next_start_key']).toEqual(expect.any(String));
    await remove(hook);
    expect((await client.ask('GET', `/webhooks/${String(hook['id'])}/attempts`)).status).toBe(404);
    expect(await attemptsOf('')).toEqual([]);
  });

  it.each([
    [{}, 'required'],
    [{ 're-enable': 'no' }, 'enum'],
  ])('switches nothing on for %j', async (data, rule) => {
    const answer = await client.ask('PATCH', '/webhooks', { data });
    expect([answer.status, answer.json()['data']?.['re-enable']]).toEqual([400, { [rule]: expect.any(Object) }]);
  });
});

it('shows webhooks that stand in the settings, under the ids that their deliveries bear', async () => {
  const account = { accountId: 'a0'.repeat(16), apiKey: 'a1'.repeat(32), storeRecordings: 'true' };
  const applicationId = await gateway.application('kazoo', { ...account, webhookUri: `${receiver.url}/short` });
  const own = await KazooClient.logIn(gateway, account.accountId, account.apiKey);
  const [hook] = await listOf(own, '/webhooks');
  await new KazooFileRecordings(gateway, applicationId).record({});
  const [told] = await receiver.requests('/short', 1);
  expect(told?.headers['x-hook-id']).toBe(hook?.['id']);
  const changed = await own.ask('PATCH', `/webhooks/${String(hook?.['id'])}`, {
    data: { name: 'short', format: 'json' },
  });
  expect(changed.json()['data']).toMatchObject({ id: hook?.['id'], uri: `${receiver.url}/short`, format: 'json' });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayUnderTest } from '../../testing/gateway-under-test.js';
import { KAZOO_ACCOUNT_SETTINGS, KazooClient } from './testing/kazoo-client.js';

let gateway: GatewayUnderTest;
let client: KazooClient;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  await gateway.application('kazoo', KAZOO_ACCOUNT_SETTINGS);
  client = await KazooClient.logIn(gateway);
});

afterAll(() => gateway.stop());

const recordCall = (data: object): object => ({ module: 'record_call', data, children: {} });

let numbers = 0;
/** A callflow with a number of its own. */
function callflow(members: object = {}): { data: object } {
  numbers += 1;
  return {
    data: {
      name: 'support line',
      numbers: [`+1415555${String(numbers).padStart(4, '0')}`],
      flow: recordCall({ action: 'start', url: 'https://user:s3cret-word@rec.example.com/kzr' }),
      ...members,
    },
  };
}

async function created(members: object = {}): Promise<string> {
  const answer = await client.ask('PUT', '/callflows', callflow(members));
  if (answer.status !== 201) throw new Error(answer.text);
  return String(answer.json()['data']?.['id']);
}

describe('storing a callflow', () => {
  it('answers 201 with its place and the defaults of the schema, and reads back the same', async () => {
    const flow = {
      module: 'record_call',
      data: { time_limit: '1200' },
      children: { _: recordCall({ action: 'stop' }) },
    };
    const answer = await client.ask(
      'PUT',
      '/callflows',
      callflow({ patterns: ['^2[0-9]{3}$'], flow, pvt_type: 'x', id: 'y' }),
    );
    const data = answer.json()['data'];
    const id = String(data?.['id']);
    expect([answer.status, answer.headers.get('location')]).toEqual([
      201,
      `/kazoo/v2/accounts/${client.accountId}/callflows/${id}`,
    ]);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    const defaults = { method: 'put', record_on_answer: false, record_on_bridge: false, should_follow_transfer: true };
    expect(data).toEqual({
      id,
      name: 'support line',
      numbers: [expect.any(String)],
      patterns: ['^2[0-9]{3}$'],
      flow: {
        module: 'record_call',
        data: { action: 'start', time_limit: 1200, ...defaults },
        children: {
          _: { module: 'record_call', data: { action: 'stop', time_limit: 3600, ...defaults }, children: {} },
        },
      },
    });
    const read = await client.ask('GET', `/callflows/${id}`);
    expect([read.status, read.json()['data'], read.json()['revision']]).toEqual([200, data, answer.json()['revision']]);
  });

  it('is refused with all failures together', async () => {
    const flow = {
      module: 'record_call',
      data: { time_limit: 20000, action: 'mask' },
      children: { _: recordCall({ format: 'ogg' }), '1.2': { module: 'nonsense', data: {} } },
    };
    const answer = await client.ask('PUT', '/callflows', { data: { name: 'x', patterns: ['(a', 7], flow } });
    expect([answer.status, answer.json()]).toEqual([
      400,
      {
        data: {
          'patterns.0': { error: { message: 'the pattern cannot be read', value: '(a' } },
          'patterns.1': { type: { message: 'Value did not match type(s): string', target: 'string', value: 7 } },
          'flow.data.time_limit': { maximum: { message: 'Value must be at most 10800', target: 10800, value: 20000 } },
          'flow.data.action': {
            enum: { message: 'Value not found in enumerated list of values', target: ['start', 'stop'], value: 'mask' },
          },
          'flow.children._.data.format': {
            enum: { message: 'Value not found in enumerated list of values', target: ['mp3', 'wav'], value: 'ogg' },
          },
          'flow.children.1%2E2.module': {
            error: { message: 'unable to find callflow schema for module nonsense', value: 'nonsense' },
          },
        },
        error: '400',
        message: 'validation error',
        status: 'error',
        auth_token: client.token,
        request_id: expect.any(String),
        node: expect.any(String),
        timestamp: expect.any(String),
        version: '4.3.141',
      },
    ]);
  });

  it('wants a number or a pattern, and a flow', async () => {
    for (const data of [{ numbers: [], patterns: [] }, {}]) {
      const answer = await client.ask('PUT', '/callflows', { data });
      expect([answer.status, answer.json()['data']]).toEqual([
        400,
        {
          numbers: { required: { message: 'Field is required but missing' } },
          flow: { required: { message: 'Field is required but missing' } },
        },
      ]);
    }
  });

  it('refuses a number that another callflow has', async () => {
    const id = await created({ numbers: ['2999'] });
    const answer = await client.ask('PUT', '/callflows', callflow({ numbers: ['2998', '2999'] }));
    expect([answer.status, answer.json()['data']]).toEqual([
      400,
      { numbers: { unique: { message: `Number 2999 exists in callflow ${id}`, cause: id, value: '2999' } } },
    ]);
    expect((await client.ask('POST', `/callflows/${id}`, callflow({ numbers: ['2999'] }))).status).toBe(200);
  });

  it('is refused when it is too large', async () => {
    const answer = await client.ask('PUT', '/callflows', callflow({ name: 'x'.repeat(70_000) }));
    expect([answer.status, answer.json()]).toEqual([413, expect.objectContaining({ error: '413', status: 'error' })]);
  });

  it('leaves no credential of it where others can read it', async () => {
    const id = await created();
    expect(await gateway.everythingWritten()).not.toContain('s3cret-word');
    expect((await client.ask('GET', `/callflows/${id}`)).text).toContain('s3cret-word');
  });
});

describe('stored callflows', () => {
  it('are listed in pages, without their flows', async () => {
    const other = await gateway.application('kazoo', { accountId: 'e0'.repeat(16), apiKey: 'e1'.repeat(32) });
    expect(other).not.toBe('');
    const lister = await KazooClient.logIn(gateway, 'e0'.repeat(16), 'e1'.repeat(32));
    expect((await lister.ask('GET', '/callflows')).json()).toMatchObject({ data: [], page_size: 0 });
    for (const name of ['one', 'two', 'three']) await lister.ask('PUT', '/callflows', callflow({ name }));
    const first = (await lister.ask('GET', '/callflows?page_size=2')).json();
    const rest = (
      await lister.ask('GET', `/callflows?page_size=2&start_key=${String(first['next_start_key'])}`)
    ).json();
    expect([first['page_size'], rest['page_size'], rest['next_start_key']]).toEqual([2, 1, undefined]);
    expect([first['data'], rest['data']].flat()).toEqual(
      ['one', 'two', 'three'].map((name) => ({
        id: expect.any(String),
        name,
        numbers: [expect.any(String)],
        patterns: [],
        modules: ['record_call'],
      })),
    );
    const whole = (await lister.ask('GET', '/callflows?paginate=false')).json();
    expect([whole['data'], whole['page_size']]).toEqual([[first['data'], rest['data']].flat(), undefined]);
    const filtered = (await lister.ask('GET', '/callflows?filter_name=two')).json();
    expect(filtered['data']).toEqual([expect.objectContaining({ name: 'two' })]);
    expect((await lister.ask('GET', '/callflows?page_size=none')).status).toBe(400);
  });

  it('are changed in part by PATCH and as a whole by POST', async () => {
    const id = await created({ patterns: ['^77'] });
    const patched = await client.ask('PATCH', `/callflows/${id}`, {
      data: { name: 'sales', flow: { data: { time_limit: 60 } } },
    });
    expect([patched.status, patched.json()['data']]).toEqual([
      200,
      expect.objectContaining({
        id,
        name: 'sales',
        patterns: ['^77'],
        flow: expect.objectContaining({ data: expect.objectContaining({ time_limit: 60, action: 'start' }) }),
      }),
    ]);
    const replaced = await client.ask('POST', `/callflows/${id}`, callflow({ name: 'other' }));
    expect(replaced.json()['data']).toMatchObject({ id, name: 'other', patterns: [] });
    expect((await client.ask('PATCH', `/callflows/${id}`, { data: { numbers: null } })).status).toBe(400);
    expect(String(replaced.json()['revision'])).toMatch(/^3-[0-9a-f]{32}$/);
  });

  it('are gone once deleted, also by a tunnelled verb', async () => {
    for (const remove of [
      ['DELETE', ''],
      ['POST', '?verb=delete'],
    ] as const) {
      const id = await created();
      const answer = await client.ask(remove[0], `/callflows/${id}${remove[1]}`);
      expect([answer.status, answer.json()['data']]).toEqual([
        200,
        expect.objectContaining({ id, _read_only: { deleted: true } }),
      ]);
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const gone = await client.ask(method, `/callflows/${id}`, method === 'PATCH' ? { data: {} } : undefined);
        expect([gone.status, gone.json()['message'], gone.json()['data']]).toEqual([
          404,
          'bad_identifier',
          { message: 'bad identifier', cause: id },
        ]);
      }
    }
  });
});

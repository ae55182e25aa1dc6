import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayUnderTest, type Answer, type Body } from '../../testing/gateway-under-test.js';

const CORE = '/carrierx/core/v2/storage';

let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  await gateway.application('flexml', { accountToken: 'token' });
});
afterAll(() => gateway.stop());

function core(
  method: string,
  path: string,
  body?: object | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return gateway.ask(method, CORE + path, { key: 'token', headers, ...(body === undefined ? {} : { body }) });
}

function upload(query: string, bytes: string): Promise<Answer> {
  return core('POST', `/files${query}`, Buffer.from(bytes), { 'content-type': 'application/octet-stream' });
}

describe('lists', () => {
  let sid = '';
  beforeAll(async () => {
    sid = String((await core('POST', '/containers', {})).json()['container_sid']);
    for (let i = 0; i < 12; i += 1)
      await upload(
        `?container_sid=${sid}&name=f${i}.txt&integer_key_1=${i}&string_key_1=${i % 2 === 0 ? 'even' : 'odd one'}`,
        'x'.repeat(i),
      );
  });
  const list = async (query: Record<string, string>) => {
    const filter = `container_sid eq ${sid}${query['filter'] === undefined ? '' : ` and ${query['filter']}`}`;
    return (await core('GET', `/files?${new URLSearchParams({ ...query, filter }).toString()}`)).json();
  };
  const keys = (body: Body) => (body['items'] as unknown as Body[]).map((item) => Number(item['integer_key_1']));

  it('come in pages of 10 with totals', async () => {
    expect(await list({})).toMatchObject({ count: 10, has_more: true, limit: 10, offset: 0, total: 12 });
    expect(await list({ offset: '10' })).toMatchObject({ count: 2, has_more: false, offset: 10, total: 12 });
    expect(await list({ limit: '1000' })).toMatchObject({ count: 12, has_more: false, limit: 1000 });
    expect((await core('GET', '/files?limit=1001')).status).toBe(400);
    expect((await core('GET', '/files?offset=-1')).status).toBe(400);
  });

  it('go on behind and before a file', async () => {
    const all = (await list({ limit: '100' }))['items'] as unknown as Body[];
    const third = String(all[2]?.['file_sid']);
    expect(keys(await list({ after: third, limit: '3' }))).toEqual([3, 4, 5]);
    expect(keys(await list({ before: third, limit: '10' }))).toEqual([0, 1]);
    expect((await core('GET', `/files?after=${third}&offset=1`)).status).toBe(400);
  });

  it('are ordered and shuffled', async () => {
    expect(keys(await list({ order: 'integer_key_1 desc', limit: '3' }))).toEqual([11, 10, 9]);
    expect(keys(await list({ order: 'file_bytes asc', limit: '3' }))).toEqual([0, 1, 2]);
    expect(keys(await list({ order: 'shuffle', limit: '100' })).sort((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
    expect((await core('GET', '/files?order=a sideways')).status).toBe(400);
  });

  it.each([
    ['integer_key_1 lt 2', [0, 1]],
    ['integer_key_1 le 1 and integer_key_1 gt 0', [1]],
    ['integer_key_1 gte 10', [10, 11]],
    ['integer_key_1 ne 0 and integer_key_1 lte 2', [1, 2]],
    ["string_key_1 eq 'odd one' and integer_key_1 lt 4", [1, 3]],
    ['string_key_1 eq "odd one" and integer_key_1 lt 2', [1]],
    ['string_key_1 like odd% and integer_key_1 lt 2', [1]],
    ["name like '%1.TXT'", [1, 11]],
    ['integer_key_1 in (3, "5", 99)', [3, 5]],
    ['string_key_2 eq null and integer_key_1 eq 4', [4]],
    ['string_key_2 ne null', []],
    ['no_such.field eq 1', []],
    ["name eq o'brien", []],
  ])('are filtered by %s', async (filter, expected) => {
    expect(keys(await list({ filter, limit: '100' }))).toEqual(expected);
  });

  it.each([
    'name',
    'name eq',
    'name is 1 or 2',
    'name eq a or name eq b',
    "name eq 'a",
    'name in 1',
    'name in (1',
    'name constructor 1',
    'name eq a constructor b',
    '(name eq a)',
    'a..b eq',
    'x'.repeat(3000),
  ])('refuse filter %# that cannot be read', async (filter) => {
    const answer = await core('GET', `/files?${new URLSearchParams({ filter }).toString()}`);
    expect([answer.status, (answer.json()['errors'] as unknown as { field: string }[])[0]?.field]).toEqual([
      400,
      'filter',
    ]);
  });

  it('show the fields that are wanted', async () => {
    const items = (await list({ includeFields: 'file_sid,name', limit: '1' }))['items'] as unknown as Body[];
    expect(Object.keys(items[0] ?? {}).sort()).toEqual(['file_sid', 'name']);
    const others = (await list({ exclude_fields: 'name', limit: '1' }))['items'] as unknown as Body[];
    expect(others[0]).not.toHaveProperty('name');
  });
});

describe('a token with scopes', () => {
  const as = (token: string, method: string, path: string, body?: object) =>
    gateway.ask(method, path, { key: token, ...(body === undefined ? {} : { body }) });
  beforeAll(async () => {
    await gateway.application('flexml', {
      accountToken: 'whole',
      scopedTokens: 'reads storage.read; writes storage.create,storage.update; all storage.manage',
    });
  });

  it('does in the Storage API what its scopes name, and nothing else', async () => {
    const sid = String((await as('writes', 'POST', `${CORE}/containers`, {})).json()['container_sid']);
    const one = `${CORE}/containers/${sid}`;
    const statuses = async (token: string) => [
      (await as(token, 'GET', one)).status,
      (await as(token, 'PATCH', one, { name: token })).status,
      (await as(token, 'DELETE', `${CORE}/containers/none`)).status,
      (await as(token, 'GET', '/carrierx/core/v2/endpoints')).status,
      (await as(token, 'GET', '/carrierx/flexml/v1/dids')).status,
    ];
    expect(await statuses('reads')).toEqual([200, 403, 403, 403, 403]);
    expect(await statuses('writes')).toEqual([403, 200, 403, 403, 403]);
    expect(await statuses('all')).toEqual([200, 200, 404, 403, 403]);
    expect(await statuses('whole')).toEqual([200, 200, 404, 200, 200]);
    expect(await statuses('token')).toEqual([404, 404, 404, 200, 200]);
    const refused = await as('reads', 'DELETE', one);
    expect([refused.json()['errors'], refused.headers.get('www-authenticate')]).toEqual([
      [{ message: 'The token lacks the scope storage.delete', type: 'auth.invalid', field: 'scope' }],
      null,
    ]);
  });

  it.each(['storage.read', 'token storage.everything', 'token'])(
    'is refused as a setting: %j',
    async (scopedTokens) => {
      const settings = { scopedTokens };
      const answer = await gateway.ask('POST', '/v1/applications', { body: { name: 'x', vendor: 'flexml', settings } });
      expect([answer.status, answer.json()['field']]).toEqual([400, 'settings.scopedTokens']);
    },
  );
});

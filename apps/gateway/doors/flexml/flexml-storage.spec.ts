import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayUnderTest, BETA_KEY, type Answer, type Body } from '../../testing/gateway-under-test.js';

const CORE = '/carrierx/core/v2/storage';

let gateway: GatewayUnderTest;
let alpha = '';

beforeAll(async () => {
  gateway = await GatewayUnderTest.start();
  alpha = await gateway.application('flexml', {
    accountToken: 'token-alpha',
    login: 'endpoint',
    password: 'pw-alpha',
    partnerSid: 'partner-1',
  });
  await gateway.application('flexml', { accountToken: 'token-other', login: 'endpoint', password: 'pw-other' });
  await gateway.application('flexml', { accountToken: 'token-beta' }, BETA_KEY);
});
afterAll(() => gateway.stop());

function core(
  method: string,
  path: string,
  body?: object | string | Uint8Array,
  headers: Record<string, string> = {},
  token = 'token-alpha',
): Promise<Answer> {
  return gateway.ask(method, CORE + path, { key: token, headers, ...(body === undefined ? {} : { body }) });
}

async function container(fields: object = {}, token?: string): Promise<Body> {
  const answer = await core('POST', '/containers', fields, {}, token);
  expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('container_sid')]);
  return answer.json();
}

/** Uploads bytes with the fields in the query. */
function upload(query: string, bytes: string, token?: string): Promise<Answer> {
  return core('POST', `/files${query}`, Buffer.from(bytes), { 'content-type': 'application/octet-stream' }, token);
}

async function multipart(parts: readonly (readonly [string, string, string?])[]): Promise<Answer> {
  const form = new FormData();
  for (const [name, text, file] of parts) {
    if (file === undefined) form.append(name, text);
    else form.append(name, new Blob([text]), file);
  }
  const response = await fetch(`${gateway.url}${CORE}/files`, {
    method: 'POST',
    headers: { authorization: 'Bearer token-alpha' },
    body: form,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as Body };
}

const errorOf = (answer: Answer) => [
  answer.status,
  (answer.json()['errors'] as unknown as { message: string }[])[0]?.message,
];

describe('who may use the Core API', () => {
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  const list = (headers: Record<string, string>) => gateway.ask('GET', `${CORE}/containers`, { key: null, headers });

  it('is proved by the account token or by login and password of the endpoint', async () => {
    expect((await list({ authorization: 'Bearer token-alpha' })).status).toBe(200);
    expect((await list(basic('endpoint:pw-alpha'))).status).toBe(200);
    expect((await list(basic('endpoint:pw-other'))).status).toBe(200);
  });

  it.each([
    ['a wrong token', { authorization: 'Bearer token-gamma' }, 'Bad credentials'],
    ['a wrong password', basic('endpoint:pw-gamma'), 'Bad credentials'],
    ['no password', basic('endpoint:'), 'Bad credentials'],
    ['another scheme', { authorization: 'Digest x' }, 'Bad credentials'],
    ['the key of the own API', { authorization: `Bearer ${BETA_KEY}` }, 'Bad credentials'],
    ['nothing', {}, 'Unauthorized'],
  ])('is refused to %s', async (_what, headers, message) => {
    const answer = await list(headers as Record<string, string>);
    expect(errorOf(answer)).toEqual([401, message]);
    expect(answer.headers.get('www-authenticate')).toContain('Basic');
  });

  it('is open to pages of any origin', async () => {
    const preflight = await gateway.ask('OPTIONS', `${CORE}/containers`, { key: null });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect((await core('GET', '/containers')).headers.get('access-control-allow-origin')).toBe('*');
    expect((await core('GET', '/containers/none')).headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('containers', () => {
  it('are made with the defaults of the contract', async () => {
    const made = await container();
    expect(made).toMatchObject({
      name: 'N/A',
      type: 'internal',
      partner_sid: 'partner-1',
      quota_bytes: 1_073_741_824,
      quota_files: 100,
      total_bytes: 0,
      total_files: 0,
      available_bytes_percent: 100,
      available_files_percent: 100,
      allow_publish: true,
      publish_domain: 'https://storage.carrierx.com',
      default_file_lifecycle_action: 'no_action',
      default_file_lifecycle_ttl: -1,
      default_file_publish: 'file_sid',
      durability_class: 'unassigned',
      string_key_1: null,
      threshold_bytes: null,
      threshold_grace_period: 0,
    });
    expect(made['container_sid']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('take numbers as text, both names of the quota in files, and ignore what may only be read', async () => {
    const made = await container({
      integer_key_1: '39984',
      quota_bytes: '5000',
      quota_count: 7,
      total_files: 99,
      container_sid: 'mine',
      colour: 'red',
    });
    expect(made).toMatchObject({ integer_key_1: 39984, quota_bytes: 5000, quota_files: 7, total_files: 0 });
    expect([made['container_sid'], made['colour']]).toEqual([expect.not.stringContaining('mine'), undefined]);
  });

  it('are provisioned as BLAST does it: looked for, made, given more room', async () => {
    // The base URL ends in a slash and the paths begin with one (contract §4).
    const look = () =>
      gateway.ask('GET', '/carrierx//core/v2//storage/containers?filter=string_key_1 eq blast-17', {
        key: 'token-alpha',
      });
    expect((await look()).json()).toMatchObject({ count: 0, items: [], total: 0 });
    const made = await container({
      string_key_1: 'blast-17',
      name: 'Recordings',
      unique: true,
      quota_files: 10,
      quota_bytes: 1000,
    });
    const found = (await look()).json();
    expect(found).toMatchObject({
      count: 1,
      total: 1,
      has_more: false,
      limit: 10,
      offset: 0,
      pagination: expect.anything(),
    });
    const sid = String(made['container_sid']);
    const patched = await core('PATCH', `/containers/${sid}`, { quota_files: 20, quota_bytes: 4000 });
    expect(patched.json()).toMatchObject({
      container_sid: sid,
      quota_files: 20,
      quota_bytes: 4000,
      name: 'Recordings',
      unique: true,
    });
    expect((await core('GET', `/containers/${sid}`)).json()).toEqual(patched.json());
  });

  it('get their defaults back by PUT, and go by DELETE when they are empty', async () => {
    const sid = String((await container({ name: 'a', string_key_2: 'b' }))['container_sid']);
    expect((await core('PUT', `/containers/${sid}`, { name: 'c' })).json()).toMatchObject({
      name: 'c',
      string_key_2: null,
    });
    await upload(`?container_sid=${sid}&name=x.txt`, 'x');
    expect((await core('DELETE', `/containers/${sid}`)).status).toBe(409);
    const [file] = (await core('GET', `/files?filter=container_sid eq ${sid}`)).json()['items'] as unknown as Body[];
    await core('DELETE', `/files/${String(file?.['file_sid'])}`);
    const deleted = await core('DELETE', `/containers/${sid}`);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect(errorOf(await core('DELETE', `/containers/${sid}`))).toEqual([404, 'Cannot find item by SID']);
  });

  it('keep the credentials of external stores to themselves', async () => {
    const made = await container({
      type: 'aws',
      external_attributes: { bucket: 'b', secret: 'canary-external-secret', retries: 3 },
    });
    expect(made['external_attributes']).toEqual({ bucket: '***', secret: '***', retries: 3 });
    const sid = String(made['container_sid']);
    await core('PATCH', `/containers/${sid}`, { external_attributes: made['external_attributes'], name: 'n' });
    expect((await core('GET', `/containers/${sid}`)).json()).toMatchObject({
      name: 'n',
      external_attributes: { secret: '***' },
    });
    expect(await gateway.everythingWritten()).not.toContain('canary-external-secret');
  });

  it.each([
    [{ quota_files: -1 }, 'quota_files'],
    [{ quota_bytes: 'lots' }, 'quota_bytes'],
    [{ integer_key_1: 1.5 }, 'integer_key_1'],
    [{ allow_publish: 'perhaps' }, 'allow_publish'],
    [{ default_file_publish: 'always' }, 'default_file_publish'],
    [{ allowed_classifications: ['films'] }, 'allowed_classifications'],
    [{ external_attributes: [] }, 'external_attributes'],
    [{ name: 'x'.repeat(2000) }, 'name'],
  ])('refuse %#: what cannot be', async (fields, field) => {
    const answer = await core('POST', '/containers', fields);
    expect([answer.status, (answer.json()['errors'] as unknown as { field: string }[])[0]?.field]).toEqual([
      422,
      field,
    ]);
  });

  it('refuse a body that is no JSON object', async () => {
    for (const body of ['{', '[]', 'null', '7'])
      expect(errorOf(await core('POST', '/containers', body))).toEqual([400, 'No JSON object could be decoded']);
  });

  it('of another application or tenant are not there', async () => {
    const sid = String((await container())['container_sid']);
    for (const token of ['token-other', 'token-beta']) {
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const answer = await core(
          method,
          `/containers/${sid}`,
          method === 'PATCH' || method === 'PUT' ? {} : undefined,
          {},
          token,
        );
        expect(errorOf(answer)).toEqual([404, 'Cannot find item by SID']);
      }
      expect(errorOf(await upload(`?container_sid=${sid}`, 'x', token))[0]).toBe(404);
    }
  });
});

describe('files', () => {
  it('come as bytes with their fields in the query', async () => {
    const sid = String((await container())['container_sid']);
    const answer = await upload(`?container_sid=${sid}&name=note.txt&integer_key_1=12&string_key_1=user-7`, 'hello');
    expect(answer.status).toBe(201);
    const file = answer.json();
    const fileSid = String(file['file_sid']);
    expect(file).toMatchObject({
      container_sid: sid,
      name: 'note.txt',
      file_access_name: `${fileSid}.txt`,
      file_bytes: 5,
      content_format: 'txt',
      content_classification: 'document',
      content_duration: null,
      mime_type: 'text/plain',
      integer_key_1: 12,
      string_key_1: 'user-7',
      lifecycle_action: 'no_action',
      lifecycle_ttl: -1,
      publish: 'file_sid',
      publish_uri: `https://storage.carrierx.com/f/${fileSid}`,
      type: 'file',
    });
    expect((await core('GET', `/files/${fileSid}`)).json()).toEqual(file);
    const data = await core('GET', `/files/${fileSid}/data`);
    expect([data.text, data.headers.get('content-type')]).toEqual(['hello', 'text/plain']);
    expect((await core('GET', `/containers/${sid}`)).json()).toMatchObject({
      total_bytes: 5,
      total_files: 1,
      available_files_percent: 99,
    });
  });

  it.each([
    ['before', 0],
    ['behind', 1],
  ])('come as multipart, the object %s the data', async (_where, position) => {
    const sid = String((await container())['container_sid']);
    const parts: [string, string, string?][] = [['data', 'abc', 'voice.wav']];
    parts.splice(position, 0, [
      'file_object',
      JSON.stringify({ container_sid: sid, string_key_2: 'k', lifecycle_ttl: '60', lifecycle_action: 'delete' }),
    ]);
    const answer = await multipart(parts);
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({
      container_sid: sid,
      name: 'voice.wav',
      file_bytes: 3,
      string_key_2: 'k',
      lifecycle_ttl: 60,
      mime_type: 'audio/x-wav',
    });
    expect((await core('GET', `/containers/${sid}`)).json()).toMatchObject({ total_bytes: 3, total_files: 1 });
  });

  it('leave nothing behind when there is no room for them', async () => {
    const sid = String((await container({ quota_bytes: 10, quota_files: 2 }))['container_sid']);
    const before = (await core('GET', '/files')).json()['total'];
    const namespace = `alpha/${alpha}`;
    const stored = (await gateway.runtime.mediaStore.list(namespace)).length;
    expect((await upload(`?container_sid=${sid}`, 'x'.repeat(11))).status).toBe(409);
    expect((await upload(`?container_sid=${sid}`, 'x'.repeat(10))).status).toBe(201);
    expect((await upload(`?container_sid=${sid}`, 'x')).status).toBe(409);
    expect((await core('GET', '/files')).json()['total']).toBe(Number(before) + 1);
    expect((await core('GET', `/containers/${sid}`)).json()).toMatchObject({
      total_bytes: 10,
      total_files: 1,
      available_bytes_percent: 0,
    });
    expect((await gateway.runtime.mediaStore.list(namespace)).length).toBe(stored + 1);
  });

  it('keep their bytes and get other fields by PATCH and PUT', async () => {
    const file = (await upload('?name=a.txt&string_key_1=one', 'abc')).json();
    const sid = String(file['file_sid']);
    const patched = (
      await core('PATCH', `/files/${sid}`, { lifecycle_ttl: -1, string_key_2: 'two', file_bytes: 9 })
    ).json();
    expect(patched).toMatchObject({ string_key_1: 'one', string_key_2: 'two', file_bytes: 3, lifecycle_ttl: -1 });
    const put = (await core('PUT', `/files/${sid}`, { string_key_3: 'three' })).json();
    expect(put).toMatchObject({ string_key_1: null, string_key_3: 'three', file_bytes: 3 });
    expect((await core('PATCH', `/files/${sid}`, { desired_bitrate: 33 })).status).toBe(422);
  });

  it('move between containers with the room they take', async () => {
    const [from, to] = [await container(), await container({ quota_bytes: 4 })].map((each) =>
      String(each['container_sid']),
    );
    const sid = String((await upload(`?container_sid=${from ?? ''}`, 'four')).json()['file_sid']);
    expect((await core('PATCH', `/files/${sid}`, { container_sid: to })).json()).toMatchObject({ container_sid: to });
    expect((await core('GET', `/containers/${from ?? ''}`)).json()).toMatchObject({ total_bytes: 0, total_files: 0 });
    expect((await core('GET', `/containers/${to ?? ''}`)).json()).toMatchObject({ total_bytes: 4, total_files: 1 });
    const second = String((await upload(`?container_sid=${from ?? ''}`, 'x')).json()['file_sid']);
    expect((await core('PATCH', `/files/${second}`, { container_sid: to })).status).toBe(409);
    expect((await core('PATCH', `/files/${second}`, { container_sid: 'none' })).status).toBe(404);
  });

  it('free their room when they are deleted', async () => {
    const sid = String((await container())['container_sid']);
    const file = String((await upload(`?container_sid=${sid}`, 'gone')).json()['file_sid']);
    const deleted = await core('DELETE', `/files/${file}`);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect((await core('GET', `/containers/${sid}`)).json()).toMatchObject({ total_bytes: 0, total_files: 0 });
    for (const method of ['GET', 'DELETE'])
      expect(errorOf(await core(method, `/files/${file}`))).toEqual([404, 'Cannot find item by SID']);
    expect((await gateway.ask('GET', `/carrierx/f/${file}`, { key: null })).status).toBe(404);
  });

  it('are refused in other kinds of body, without data, and of kinds the container does not take', async () => {
    expect(errorOf(await core('POST', '/files', { name: 'a' }))).toEqual([415, 'Unsupported Media Type']);
    expect(errorOf(await multipart([['file_object', '{}']]))).toEqual([422, 'The part data is missing']);
    expect(
      errorOf(
        await multipart([
          ['file_object', '{'],
          ['data', 'x', 'x.txt'],
        ]),
      ),
    ).toEqual([400, 'No JSON object could be decoded']);
    const sid = String((await container({ blocked_classifications: ['document'] }))['container_sid']);
    expect((await upload(`?container_sid=${sid}&name=a.txt`, 'x')).status).toBe(422);
  });
});

describe('public links', () => {
  const link = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    gateway.ask(method, path, { key: null, headers });

  it('lead to the file with and without extension, whatever the query says', async () => {
    const sid = String((await upload('?name=a.mp3', '0123456789')).json()['file_sid']);
    for (const path of [
      `/carrierx/f/${sid}`,
      `/carrierx/f/${sid}.mp3`,
      `/f/${sid}`,
      `/carrierx/f/${sid}?format=17.wav`,
      `/carrierx//f/${sid}.MP3`,
    ]) {
      const answer = await link(path);
      expect([path, answer.status, answer.text, answer.headers.get('content-type')]).toEqual([
        path,
        200,
        '0123456789',
        'audio/mpeg',
      ]);
    }
    expect((await link(`/carrierx/f/${sid}.wav`)).status).toBe(404);
    const range = await link(`/carrierx/f/${sid}`, { range: 'bytes=2-4' });
    expect([range.status, range.text, range.headers.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10']);
    const head = await link(`/carrierx/f/${sid}`, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.text]).toEqual([200, '10', '']);
    expect((await link(`/carrierx/f/${sid}`, { range: 'bytes=10-' })).status).toBe(416);
  });

  it('lead by access name where the file is published so, and only there', async () => {
    const container_ = String((await container({ default_file_publish: 'file_access_name' }))['container_sid']);
    const file = (await upload(`?container_sid=${container_}&name=a.mp3`, 'named')).json();
    const sid = String(file['file_sid']);
    expect(file['publish_uri']).toBe(`https://storage.carrierx.com/c/${container_}/${sid}.mp3`);
    expect((await link(`/carrierx/c/${container_}/${sid}.mp3?x=1`)).text).toBe('named');
    expect((await link(`/carrierx/f/${sid}`)).status).toBe(404);
    expect((await link(`/f/${sid}`)).status).toBe(404);
    await core('PATCH', `/files/${sid}`, { file_access_name: 'greeting.mp3' });
    expect((await link(`/carrierx/c/${container_}/greeting.mp3`)).text).toBe('named');
    expect((await link(`/carrierx/c/${container_}/${sid}.mp3`)).status).toBe(404);
    const second = String((await upload(`?container_sid=${container_}`, 'x')).json()['file_sid']);
    expect((await core('PATCH', `/files/${second}`, { file_access_name: 'greeting.mp3' })).status).toBe(409);
  });

  it('lead nowhere when the container allows no publishing', async () => {
    const container_ = String((await container())['container_sid']);
    const sid = String((await upload(`?container_sid=${container_}`, 'private')).json()['file_sid']);
    expect((await link(`/carrierx/f/${sid}`)).status).toBe(200);
    await core('PATCH', `/containers/${container_}`, { allow_publish: false });
    for (const path of [`/carrierx/f/${sid}`, `/f/${sid}`]) expect((await link(path)).status).toBe(404);
    expect((await core('GET', `/files/${sid}/data`)).text).toBe('private');
  });
});

describe('lists', () => {
  let sid = '';
  beforeAll(async () => {
    sid = String((await container())['container_sid']);
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

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

async function multipart(parts: readonly (readonly [string, string, (string | undefined)?])[]): Promise<Answer> {
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

const fieldOf = (answer: Answer) => (answer.json()['errors'] as unknown as Body[])[0]?.['field'];

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
    const answer = await list(headers);
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
    [{ allow_publish: 'constructor' }, 'allow_publish'],
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
    const refused = await upload(`?container_sid=${sid}`, 'x');
    expect([refused.status, fieldOf(refused)]).toEqual([409, 'container_sid']);
    expect(gateway.log.filter((line) => line.includes('destination.full'))).toEqual([]);
    const nowhere = await upload('?container_sid=1c2d3e4f-0000-4000-8000-000000000000', 'x');
    expect([nowhere.status, fieldOf(nowhere)]).toEqual([404, 'container_sid']);
    expect((await core('GET', '/files')).json()['total']).toBe(Number(before) + 1);
    expect((await core('GET', `/containers/${sid}`)).json()).toMatchObject({
      total_bytes: 10,
      total_files: 1,
      available_bytes_percent: 0,
    });
    expect((await gateway.runtime.mediaStore.list(namespace)).length).toBe(stored + 1);
  });

  it.each([
    ['a field before', 0, undefined],
    ['a field behind', 1, undefined],
    ['a file before', 0, 'object.json'],
    ['a file behind', 1, 'object.json'],
  ])('leave nothing behind when their object cannot be read, %s the data', async (_where, position, asFile) => {
    const before = (await core('GET', '/files')).json()['total'];
    const stored = await gateway.runtime.mediaStore.list(`alpha/${alpha}`);
    const parts: [string, string, string | undefined][] = [['data', 'abc', 'voice.txt']];
    parts.splice(position, 0, ['file_object', '{', asFile]);
    expect(errorOf(await multipart(parts))).toEqual([400, 'No JSON object could be decoded']);
    parts.splice(position, 1, ['file_object', '{"lifecycle_ttl":"soon"}', asFile]);
    expect((await multipart(parts)).status).toBe(422);
    expect((await core('GET', '/files')).json()['total']).toBe(before);
    expect(await gateway.runtime.mediaStore.list(`alpha/${alpha}`)).toEqual(stored);
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

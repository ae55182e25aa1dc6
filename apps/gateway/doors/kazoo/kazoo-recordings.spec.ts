import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BETA_KEY, GatewayUnderTest, type Answer, type Body } from '../../testing/gateway-under-test.js';
import { AnsweringReceiver } from './testing/answering-receiver.js';
import { KAZOO_ACCOUNT_SETTINGS, KazooClient } from './testing/kazoo-client.js';
import { documentId, KAZOO_CALL, KazooFileRecordings, listOf } from './testing/kazoo-recordings.js';

const OWNER = KAZOO_CALL.vendor.owner_id;
const BETAS_ACCOUNT = 'b0'.repeat(16);
const LATER_ACCOUNT = 'c0'.repeat(16);

let gateway: GatewayUnderTest;
let receiver: AnsweringReceiver;
let client: KazooClient;
let files: KazooFileRecordings;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start({ works: true });
  receiver = await AnsweringReceiver.start();
  const settings = { ...KAZOO_ACCOUNT_SETTINGS, storeRecordings: 'true', webhookUri: `${receiver.url}/hook` };
  files = new KazooFileRecordings(gateway, await gateway.application('kazoo', settings));
  client = await KazooClient.logIn(gateway);
});

afterAll(async () => {
  await gateway.stop();
  await receiver.close();
});

const notFound = (id: string) => ({
  error: '404',
  message: 'bad_identifier',
  data: { message: 'bad identifier', cause: id },
});

async function bytesOf(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}/kazoo/v2/accounts/${client.accountId}${path}`, {
    headers: { 'x-auth-token': client.token, ...headers },
  });
}

describe('a recording', () => {
  let recording: Body;
  let id: string;

  beforeAll(async () => {
    recording = await files.record({ format: 'mp3', label: 'support line' });
    id = documentId(recording);
  });

  it('is shown by its document (contract §2.4)', async () => {
    const answer = await client.ask('GET', `/recordings/${id}`);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      status: 'success',
      data: {
        id: expect.stringMatching(/^\d{6}-[0-9a-f]{32}$/),
        name: expect.stringMatching(/^[0-9a-f]{32}\.mp3$/),
        content_type: 'audio/mpeg',
        media_type: 'mp3',
        media_source: 'recorded',
        source_type: 'kzc_recording',
        direction: 'inbound',
        duration: 1,
        duration_ms: 1000,
        caller_id_name: 'Jane Doe',
        call_id: KAZOO_CALL.callId,
        owner_id: OWNER,
        origin: 'callflow : support line',
      },
    });
  });

  it.each(['application/json', 'application/x-json', '*/*', 'text/html, */*;q=0.1'])(
    'is JSON for %s',
    async (accept) => {
      const answer = await client.ask('GET', `/recordings/${id}`, undefined, { accept });
      expect([answer.status, answer.json()['data']?.['id']]).toEqual([200, id]);
    },
  );

  it.each([
    ['Accept: audio/mpeg', '', 'audio/mpeg'],
    ['Accept: audio/mp3', '', 'audio/mp3'],
    ['?accept=audio/mpeg', '?accept=audio/mpeg', 'application/json'],
  ])('is audio for %s', async (_what, query, accept) => {
    const answer = await bytesOf(`/recordings/${id}${query}`, { accept });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const name = String((await client.ask('GET', `/recordings/${id}`)).json()['data']?.['name']);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition')]).toEqual([
      200,
      'audio/mpeg',
      `attachment; filename=${name}`,
    ]);
    expect(bytes.length).toBe(Number(recording['receipt']?.['sizeBytes']));
  });

  it('is sent inline and in ranges', async () => {
    const answer = await bytesOf(`/recordings/${id}?inline=true`, { accept: 'audio/mpeg', range: 'bytes=0-9' });
    expect([answer.status, answer.headers.get('content-range'), answer.headers.get('content-disposition')]).toEqual([
      206,
      `bytes 0-9/${String(recording['receipt']?.['sizeBytes'])}`,
      expect.stringMatching(/^inline; filename=[0-9a-f]{32}\.mp3$/),
    ]);
    const beyond = await bytesOf(`/recordings/${id}`, { accept: 'audio/mpeg', range: 'bytes=99999999-' });
    expect([beyond.status, ((await beyond.json()) as Body)['status']]).toEqual([416, 'error']);
  });

  it('comes back as it was stored: a wav also when mp3 is asked for', async () => {
    const wav = documentId(await files.record({ format: 'wav' }));
    const answer = await bytesOf(`/recordings/${wav}`, { accept: 'audio/mpeg' });
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([answer.headers.get('content-type'), bytes.subarray(0, 4).toString()]).toEqual(['audio/x-wav', 'RIFF']);
  });

  it('is not offered as anything else', async () => {
    const answer = await client.ask('GET', `/recordings/${id}`, undefined, { accept: 'image/png' });
    expect([answer.status, answer.json()['error']]).toEqual([406, '406']);
  });

  it('is not found under any other name, in the form that the name asks for', async () => {
    const unknown = `202611-${'0'.repeat(32)}`;
    const other = await client.ask('GET', `/recordings/${unknown}`);
    expect([other.status, other.json()]).toEqual([404, expect.objectContaining(notFound(unknown))]);
    for (const accept of ['application/json', 'audio/mpeg']) {
      const short = await client.ask('GET', `/recordings/${'0'.repeat(32)}`, undefined, { accept });
      expect([short.status, short.json()]).toMatchObject([404, { message: 'bad identifier', data: ['0'.repeat(32)] }]);
    }
    const cdr = String(recording['names']?.['cdrId']);
    expect((await client.ask('GET', `/recordings/${encodeURIComponent(cdr)}`)).status).toBe(404);
  });

  it.each(['PUT', 'POST'])('cannot be written with %s', async (method) => {
    const answer = await client.ask(method, `/recordings/${id}`, { data: {} });
    expect([answer.status, answer.json()['message']]).toEqual([405, 'invalid_method']);
  });

  it('takes no notes before 5.x', async () => {
    const answer = await client.ask('PATCH', `/recordings/${id}`, { data: { user_metadata: { a: 1 } } });
    expect(answer.status).toBe(405);
  });

  it('is another tenant’s secret', async () => {
    await gateway.application('kazoo', { accountId: BETAS_ACCOUNT, apiKey: 'b1'.repeat(32) }, BETA_KEY);
    const beta = await KazooClient.logIn(gateway, BETAS_ACCOUNT, 'b1'.repeat(32));
    const answer = await beta.ask('GET', `/recordings/${id}`);
    expect([answer.status, answer.json()]).toEqual([404, expect.objectContaining(notFound(id))]);
    expect(await listOf(beta)).toEqual([]);
  });
});

describe('DELETE', () => {
  it('takes the recording and its file away, and tells it', async () => {
    const id = documentId(await files.record({}));
    const answer = await client.ask('DELETE', `/recordings/${id}`);
    expect([answer.status, answer.json()['data']]).toEqual([
      200,
      expect.objectContaining({ id, _read_only: { deleted: true } }),
    ]);
    for (const accept of ['application/json', 'audio/mpeg']) {
      const gone = await client.ask('GET', `/recordings/${id}`, undefined, { accept });
      expect([gone.status, gone.json()]).toEqual([404, expect.objectContaining(notFound(id))]);
    }
    expect((await client.ask('DELETE', `/recordings/${id}`)).status).toBe(404);
    expect((await listOf(client)).map((document) => document['id'])).not.toContain(id);
    const told = (await receiver.requests('/hook', 3, id)).map(({ body }) => new URLSearchParams(body).get('action'));
    expect(told).toEqual(['doc_created', 'doc_edited', 'doc_deleted']);
  });

  it('is tunnelled through POST', async () => {
    const id = documentId(await files.record({}));
    const answer = await client.ask('POST', `/recordings/${id}`, { data: {}, verb: 'delete' });
    expect([answer.status, answer.json()['data']?.['_read_only']]).toEqual([200, { deleted: true }]);
  });

  it('leaves the file at the url alone', async () => {
    const id = documentId(await files.record({ url: `${receiver.url}/kzr` }));
    expect((await client.ask('DELETE', `/recordings/${id}`)).status).toBe(200);
    const methods = (await receiver.requests('/kzr', 1)).map(({ method }) => method);
    expect(methods).toEqual(['PUT']);
  });
});

describe('which recordings have a document (contract §2.1, §6)', () => {
  it('has none when nothing was to be stored', async () => {
    const settings = { accountId: 'd0'.repeat(16), apiKey: 'd1'.repeat(32) };
    const kept = new KazooFileRecordings(gateway, await gateway.application('kazoo', settings));
    await kept.record({}, ['discarded']);
    const account = await KazooClient.logIn(gateway, settings.accountId, settings.apiKey);
    expect(await listOf(account)).toEqual([]);
  });

  it('has one when the deployment has a place for recordings without a url', async () => {
    const settings = { accountId: '1a'.repeat(16), apiKey: '1b'.repeat(32), storeRecordings: 'true' };
    const host = `${receiver.url}/bigcouch`;
    const id = await gateway.application('kazoo', { ...settings, thirdPartyBigcouchHost: host });
    await new KazooFileRecordings(gateway, id).record({});
    const [upload] = await receiver.requests('/bigcouch', 1);
    expect(upload?.url).toMatch(/^\/bigcouch\/call_recording_7f3a2c1e%40192\.0\.2\.10\.mp3\?from=/);
    const account = await KazooClient.logIn(gateway, settings.accountId, settings.apiKey);
    const [listed] = await listOf(account);
    expect([listed?.['url'], listed?.['_read_only']]).toEqual([undefined, { content_types: ['audio/mpeg'] }]);
    // The file lies there alone: it is not fetched back.
    const audio = await account.ask('GET', `/recordings/${String(listed?.['id'])}`, undefined, {
      accept: 'audio/mpeg',
    });
    expect([audio.status, audio.json()['message']]).toEqual([404, 'bad_identifier']);
  });

  it('keeps the document of one that was too short, without audio; 5.x does not', async () => {
    const id = documentId(await files.record({ record_min_sec: 5 }, ['discarded']));
    const [listed] = (await listOf(client)).filter((document) => String(document['id']) === id);
    expect(listed).toMatchObject({ _read_only: { content_types: [] } });
    const audio = await client.ask('GET', `/recordings/${id}`, undefined, { accept: 'audio/mpeg' });
    expect([audio.status, audio.json()]).toMatchObject([
      404,
      { message: 'bad_identifier', data: { details: id, message: 'bad identifier' } },
    ]);
    const later = { accountId: 'e0'.repeat(16), apiKey: 'e1'.repeat(32), version: '5.x', storeRecordings: 'true' };
    const short = new KazooFileRecordings(gateway, await gateway.application('kazoo', later));
    await short.record({ record_min_sec: 5 }, ['discarded']);
    expect(await listOf(await KazooClient.logIn(gateway, later.accountId, later.apiKey))).toEqual([]);
  });

  it('lists one whose upload failed without audio, and says why (contract §4.6)', async () => {
    receiver.statuses.set('/refuses', 403);
    const id = documentId(await files.record({ url: `${receiver.url}/refuses` }, ['failed']));
    const [listed] = (await listOf(client)).filter((document) => String(document['id']) === id);
    expect(listed).toMatchObject({ url: `${receiver.url}/refuses`, _read_only: { content_types: [] } });
    const line = { id, attachment_name: listed?.['name'], resp_code: 403, reason: 'bad response code' };
    expect(await listOf(client, '/att_handlers_errors')).toEqual([line]);
    expect(await listOf(client, '/att_handlers_errors/handler/overridden')).toEqual([line]);
    expect(await listOf(client, '/att_handlers_errors/handler/other')).toEqual([]);
    const detail = (await client.ask('GET', `/att_handlers_errors/${id}`)).json()['data'];
    expect(detail).toEqual({
      ...line,
      db_name: expect.stringMatching(/^account\/4a\/6b\/[0-9a-f]{28}-\d{6}$/),
      document_id: id,
      handler_props: { handler: 'http' },
      options: { content_type: 'audio/mpeg' },
      req_url: expect.stringContaining(`${receiver.url}/refuses/call_recording_`),
      resp_body: expect.stringContaining('said the receiver'),
      handler_id: 'overridden',
    });
    const other = await client.ask('GET', `/att_handlers_errors/202611-${'0'.repeat(32)}`);
    expect([other.status, other.json()['message']]).toEqual([404, 'bad_identifier']);
  });
});

describe('notes (5.x)', () => {
  it('are the one thing that can be changed', async () => {
    const settings = { accountId: LATER_ACCOUNT, apiKey: 'c1'.repeat(32), version: '5.x', storeRecordings: 'true' };
    const later = new KazooFileRecordings(gateway, await gateway.application('kazoo', settings));
    const account = await KazooClient.logIn(gateway, LATER_ACCOUNT, settings.apiKey);
    const id = documentId(await later.record({}));
    const patch = (data: object): Promise<Answer> => account.ask('PATCH', `/recordings/${id}`, { data });
    expect((await patch({ user_metadata: { ticket: { id: 7, open: true }, note: 'x' } })).status).toBe(200);
    const merged = await patch({ user_metadata: { ticket: { open: false }, note: null } });
    expect(merged.json()['data']?.['user_metadata']).toEqual({ ticket: { id: 7, open: false } });
    const [listed] = await listOf(account, '/recordings?filter_user_metadata.ticket.id=7');
    expect(listed?.['user_metadata']).toEqual({ ticket: { id: 7, open: false } });
    const refused = await patch({ user_metadata: {}, name: 'other' });
    expect([refused.status, refused.json()]).toMatchObject([
      400,
      { message: 'validation error', data: { name: { forbidden: { message: 'Read-only property' } } } },
    ]);
    expect((await patch({ user_metadata: 'text' })).json()['data']?.['user_metadata']).toHaveProperty('type');
    expect((await patch({ user_metadata: { long: 'x'.repeat(20_000) } })).status).toBe(400);
  });
});

describe('the listing', () => {
  const account = { accountId: 'f0'.repeat(16), apiKey: 'f1'.repeat(32), storeRecordings: 'true' };
  let listing: KazooClient;
  let ids: string[];

  beforeAll(async () => {
    const own = new KazooFileRecordings(gateway, await gateway.application('kazoo', account));
    listing = await KazooClient.logIn(gateway, account.accountId, account.apiKey);
    ids = [];
    for (const [index, owner] of ['u1', 'u2', 'u1', 'u2', 'u1'].entries()) {
      const vendor = { owner_id: owner, custom_channel_vars: { account_id: account.accountId, seat: index } };
      ids.unshift(documentId(await own.record({ label: `line ${index}` }, ['available'], 1, vendor)));
    }
  });

  const idsOf = (documents: readonly Body[]): string[] => documents.map((document) => String(document['id']));

  it('is newest first, with the kinds of audio there are', async () => {
    const answer = await listing.ask('GET', '/recordings');
    const documents = answer.json()['data'] as unknown as Body[];
    expect(idsOf(documents)).toEqual(ids);
    expect(documents.map((document) => document['_read_only'])).toEqual(
      ids.map(() => ({ content_types: ['audio/mpeg'] })),
    );
    expect([answer.json()['page_size'], answer.json()['next_start_key']]).toEqual([5, undefined]);
  });

  it.each(['', '&ascending=true'])('is walked page by page%s', async (order) => {
    const walked: string[] = [];
    const sizes: unknown[] = [];
    let key = '';
    do {
      const answer = (await listing.ask('GET', `/recordings?page_size=2${order}${key}`)).json();
      walked.push(...idsOf(answer['data'] as unknown as Body[]));
      sizes.push(answer['page_size']);
      const next = answer['next_start_key'] as unknown as string | undefined;
      if (next !== undefined) expect(next).toMatch(/^[\w-]+$/);
      key = next === undefined ? '' : `&start_key=${next}`;
    } while (key !== '');
    expect(walked).toEqual(order === '' ? ids : [...ids].reverse());
    expect(sizes).toEqual([2, 2, 1]);
  });

  it('comes in one piece when it is not to be paginated', async () => {
    const answer = (await listing.ask('GET', '/recordings?paginate=false&page_size=1')).json();
    expect([idsOf(answer['data'] as unknown as Body[]), answer['page_size']]).toEqual([ids, undefined]);
  });

  it("shows a user's own", async () => {
    expect(idsOf(await listOf(listing, '/users/u2/recordings'))).toEqual([ids[1], ids[3]]);
    expect(await listOf(listing, '/users/nobody/recordings')).toEqual([]);
  });

  it.each([
    ['filter_owner_id=u2', [1, 3]],
    ['filter_not_owner_id=u2', [0, 2, 4]],
    ['filter_custom_channel_vars.seat=3', [1]],
    ['has_key=custom_channel_vars.seat&filter_owner_id=u1', [0, 2, 4]],
    ['key_missing=owner_id', []],
    ['has_value=origin', [0, 1, 2, 3, 4]],
    ['missing_value=endpoint_id&filter_duration=1', [0, 1, 2, 3, 4]],
    ['filter_origin=callflow%20%3A%20line%200', [4]],
    ['filter__read_only.content_types=x', []],
  ])('is filtered by %s', async (query, expected) => {
    const found = idsOf(await listOf(listing, `/recordings?${query}`));
    expect(found).toEqual(expected.map((index) => ids[index]));
  });

  it('goes by the end of the recordings, not by when they were asked for', async () => {
    const settings = { accountId: '2a'.repeat(16), apiKey: '2b'.repeat(32), storeRecordings: 'true' };
    const own = new KazooFileRecordings(gateway, await gateway.application('kazoo', settings));
    const other = await KazooClient.logIn(gateway, settings.accountId, settings.apiKey);
    const long = await own.accept({});
    const short = documentId(await own.record({}));
    const before = (await other.ask('GET', '/recordings')).json()['data'] as unknown as Body[];
    expect(idsOf(before)).toEqual([short]);
    const last = documentId(await own.finish(long));
    const first = (await other.ask('GET', '/recordings?page_size=1')).json();
    expect(idsOf(first['data'] as unknown as Body[])).toEqual([last]);
    const key = String(first['next_start_key']);
    expect(idsOf(await listOf(other, `/recordings?page_size=1&start_key=${key}`))).toEqual([short]);
    expect(idsOf(await listOf(other, '/recordings?ascending=true'))).toEqual([short, last]);
  });

  const NOW = Math.floor(Date.now() / 1000) + 62_167_219_200;

  it('covers the time that is asked for, in Gregorian seconds', async () => {
    expect(await listOf(listing, `/recordings?created_to=${NOW - 3600}`)).toEqual([]);
    expect(await listOf(listing, `/recordings?created_from=${NOW + 3600}`)).toEqual([]);
    expect(idsOf(await listOf(listing, `/recordings?created_from=${NOW - 3600}`))).toEqual(ids);
    expect(idsOf(await listOf(listing, `/recordings?created_from=${NOW - 3600}&created_to=${NOW + 3600}`))).toEqual(
      ids,
    );
  });

  it.each([
    [`created_from=${NOW}&created_to=${NOW - 1}`, 'created_from', 'date_range'],
    [`created_from=${NOW - 40 * 86_400}&created_to=${NOW}`, 'created_from', 'date_range'],
    ['created_from=yesterday', 'created_from', 'date_range'],
    ['created_to=99999999999999', 'created_to', 'date_range'],
    ['page_size=0', 'page_size', 'minimum'],
    ['start_key=x%00y', 'start_key', 'invalid'],
  ])('refuses %s', async (query, field, rule) => {
    const answer = await listing.ask('GET', `/recordings?${query}`);
    expect([answer.status, answer.json()]).toMatchObject([
      400,
      { message: 'validation error', data: { [field]: { [rule]: { message: expect.any(String) } } } },
    ]);
  });
});

it('asks who is there first', async () => {
  for (const path of ['/recordings', '/webhooks', '/storage', '/att_handlers_errors']) {
    const answer = await gateway.ask('GET', `/kazoo/v2/accounts/${client.accountId}${path}`, { key: null });
    expect([path, answer.status, answer.json()['message']]).toEqual([path, 401, 'invalid_credentials']);
    const other = await gateway.ask('GET', `/kazoo/v2/accounts/${BETAS_ACCOUNT}${path}`, {
      key: null,
      headers: { 'x-auth-token': client.token },
    });
    expect([path, other.status, other.json()['message']]).toEqual([path, 403, 'forbidden']);
  }
});

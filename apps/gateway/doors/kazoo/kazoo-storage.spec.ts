import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAzurite, startGoogleFake, startStrictS3, type StrictS3 } from '#libs/storage/testing';
import { GatewayUnderTest, type Answer, type Body } from '../../testing/gateway-under-test.js';
import { AnsweringReceiver } from './testing/answering-receiver.js';
import { ACCOUNT, KAZOO_ACCOUNT_SETTINGS, KazooClient } from './testing/kazoo-client.js';
import { documentId, KazooFileRecordings, listOf } from './testing/kazoo-recordings.js';

const S3_ID = '403f90f67d1b71341f2ea6426eed3d90';
const HTTP_ID = '0123456789abcdef0123456789abcdef';
const SECRET = 'canary-secret-0815';
const KEY = 'CANARYKEY4711';

let gateway: GatewayUnderTest;
let receiver: AnsweringReceiver;
let s3: StrictS3;
let client: KazooClient;
let files: KazooFileRecordings;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start({ works: true });
  receiver = await AnsweringReceiver.start();
  s3 = await startStrictS3({ accessKeyId: KEY, secretAccessKey: SECRET, buckets: ['recordings'] });
  files = new KazooFileRecordings(gateway, await gateway.application('kazoo', KAZOO_ACCOUNT_SETTINGS));
  client = await KazooClient.logIn(gateway);
});

afterAll(async () => {
  await gateway.stop();
  await receiver.close();
  await s3.close();
});

function s3Handler(more: object = {}): object {
  const { hostname, port } = new URL(s3.url);
  const address = { scheme: 'http', host: hostname, port: Number(port), bucket_access_method: 'path' };
  return {
    handler: 's3',
    name: 'S3',
    settings: { bucket: 'recordings', key: KEY, secret: SECRET, ...address, ...more },
  };
}

const httpHandler = (path: string, more: object = {}): object => ({
  handler: 'http',
  settings: { url: receiver.url + path, ...more },
});

const plan = (handler: string, params: object = {}): object => ({
  modb: { types: { call_recording: { attachments: { handler, params } } } },
});

const ask = (method: string, data?: object, query = ''): Promise<Answer> =>
  client.ask(method, `/storage${query}`, data === undefined ? undefined : { data });

const failuresOf = (answer: Answer): Body => {
  expect([answer.status, answer.json()['message']]).toEqual([400, 'validation error']);
  return answer.json()['data'] as unknown as Body;
};

describe('the storage document (contract §2.5)', () => {
  it('is tried before it is kept, and shown with its credentials masked', async () => {
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
      const none = await ask(method, method === 'GET' ? undefined : {});
      expect([none.status, none.json()['data']]).toEqual([404, { message: 'bad identifier', cause: ACCOUNT }]);
    }
    const document = { attachments: { [S3_ID]: s3Handler() }, plan: plan(S3_ID, { folder_path: 'calls' }) };
    const made = await ask('PUT', document);
    expect([made.status, made.json()['data']]).toEqual([
      201,
      { id: ACCOUNT, attachments: { [S3_ID]: s3Handler({ key: '***', secret: '***' }) }, plan: document.plan },
    ]);
    expect(
      s3.requests.filter((line) => line.includes('_test_credentials_file.txt')).map((line) => line.split(' ')[0]),
    ).toEqual(['PUT', 'DELETE']);
    expect(s3.objects()).toEqual([]);
    expect((await ask('GET')).json()['data']).toEqual(made.json()['data']);
    expect((await ask('PUT', document)).status).toBe(409);
    const written = await gateway.everythingWritten();
    for (const canary of [SECRET, KEY]) expect(written).not.toContain(canary);
  });

  it('sends recordings without a url where its plan says, and no others', async () => {
    const id = documentId(await files.record({}));
    const name = (await client.ask('GET', `/recordings/${id}`)).json()['data']?.['name'];
    const folder = `calls/account/4a/6b/${ACCOUNT.slice(4)}-${id.slice(0, 6)}`;
    expect(s3.objects().map(({ key }) => key)).toEqual([`${folder}/${id}_${String(name)}`]);
    await files.record({ url: `${receiver.url}/own` });
    await receiver.requests('/own', 1);
    expect(s3.objects()).toHaveLength(1);
    const [listed] = (await listOf(client)).filter((document) => String(document['id']) === id);
    expect(listed?.['_read_only']).toEqual({ content_types: ['audio/mpeg'] });
  });

  it('keeps credentials that come back as they were shown', async () => {
    const shown = (await ask('GET')).json()['data'] as unknown as { attachments: object; plan: object };
    const replaced = await ask('POST', shown);
    expect(replaced.status).toBe(200);
    const added = await ask('PATCH', { attachments: { [HTTP_ID]: httpHandler('/plan') } });
    expect(Object.keys(added.json()['data']?.['attachments'] ?? {})).toEqual([S3_ID, HTTP_ID]);
    const [probe] = await receiver.requests('/plan', 1);
    expect(probe).toMatchObject({ method: 'PUT', headers: { 'content-type': 'text/plain' } });
    const mark = /^\/plan\/([0-9a-f]{32})_test_credentials_file\.txt$/.exec(probe?.url ?? '')?.[1];
    expect(probe?.body).toBe(`some random content: ${String(mark)}`);
    await files.record({});
    expect(s3.objects()).toHaveLength(2);
  });

  it('changes where the next recordings go', async () => {
    expect((await ask('PATCH', { plan: plan(HTTP_ID, { folder_path: null }) })).status).toBe(200);
    const id = documentId(await files.record({}, ['available'], 1, { owner_id: 'jane' }));
    const requests = await receiver.requests('/plan', 2);
    expect(requests.map(({ url }) => url).filter((url) => url.includes(id))).toEqual([
      expect.stringContaining(`/${ACCOUNT}/jane/${id}/`),
    ]);
  });

  it.each([false, true])('sends a form with the metadata and the audio, in base64: %s', async (base64) => {
    const path = `/form-${String(base64)}`;
    const settings = { url: receiver.url + path, verb: 'post', send_multipart: true, base64_encode_data: base64 };
    const changed = await ask('PATCH', { attachments: { [HTTP_ID]: { settings } }, plan: plan(HTTP_ID, { folder_path: null }) });
    expect(changed.status).toBe(200);
    const id = documentId(await files.record({ format: 'wav' }));
    const [, upload] = await receiver.requests(path, 2);
    const name = String((await client.ask('GET', `/recordings/${id}`)).json()['data']?.['name']);
    const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(String(upload?.headers['content-type']))?.[1] ?? '';
    const [metadata = '', audio = ''] = (upload?.body ?? '').split(`\r\n--${boundary}`).slice(1);
    const head = (partName: string, type: string) =>
      `\r\ncontent-disposition: form-data; name=${partName}\r\ncontent-type: ${type}\r\n\r\n`;
    expect(metadata.startsWith(head(id, 'application/json'))).toBe(true);
    expect(JSON.parse(metadata.slice(metadata.indexOf('{')))).toMatchObject({ id, name, content_type: 'audio/x-wav' });
    expect(audio.startsWith(head(name, 'audio/x-wav'))).toBe(true);
    const sent = Buffer.from(audio.slice(head(name, 'audio/x-wav').length), base64 ? 'base64' : 'latin1');
    expect(sent.subarray(0, 4).toString()).toBe('RIFF');
    expect(sent.length).toBe(sent.readUInt32LE(4) + 8);
    expect(upload?.body.endsWith(`\r\n--${boundary}--`)).toBe(true);
    expect(Number(upload?.headers['content-length'])).toBe(upload?.body.length);
  });

  it('is not kept when a handler does not take the test file', async () => {
    receiver.statuses.set('/broken', 507);
    const before = (await ask('GET')).json()['data'];
    const refused = failuresOf(await ask('PATCH', { attachments: { [HTTP_ID]: httpHandler('/broken') } }));
    expect(refused).toEqual({
      [`attachments.${HTTP_ID}`]: {
        invalid: {
          error_code: '507',
          error_body: expect.stringContaining('said the receiver'),
          message: expect.any(String),
        },
      },
    });
    const denied = failuresOf(
      await ask('PATCH', { attachments: { [S3_ID]: { settings: { secret: 'wrong-secret' } } } }),
    );
    expect(denied).toHaveProperty([`attachments.${S3_ID}`, 'invalid', 'error_code'], '403');
    expect(JSON.stringify(denied)).not.toContain('wrong-secret');
    expect((await ask('GET')).json()['data']).toEqual(before);
  });

  it('is checked, all failures together', async () => {
    const failures = failuresOf(
      await ask('POST', {
        attachments: {
          short: { handler: 's3' },
          [S3_ID]: s3Handler({ bucket: 'a b', key: '', port: 'http', scheme: 'ftp' }),
          [HTTP_ID]: { handler: 'ftp', settings: {} },
          ['a'.repeat(32)]: httpHandler('', { url: 'ftp://x', verb: 'PATCH' }),
        },
        plan: plan('nobody'),
      }),
    );
    expect(Object.keys(failures).sort()).toEqual(
      [
        'attachments.short',
        'attachments.short.settings',
        `attachments.${S3_ID}.settings.bucket`,
        `attachments.${S3_ID}.settings.key`,
        `attachments.${S3_ID}.settings.port`,
        `attachments.${S3_ID}.settings.scheme`,
        `attachments.${HTTP_ID}.handler`,
        `attachments.${'a'.repeat(32)}.settings.url`,
        `attachments.${'a'.repeat(32)}.settings.verb`,
        'plan.modb.types.call_recording.attachments.handler',
      ].sort(),
    );
    expect(failuresOf(await ask('POST', {}, '?validate_settings=false'))).toHaveProperty('validate_settings.forbidden');
  });

  it('stores to Azure and Google, too', async () => {
    const azurite = await startAzurite({ containers: ['recordings'] });
    const google = await startGoogleFake({ buckets: ['recordings'], accessTokens: ['ya29.kazoo'] });
    try {
      const { account, accountKey: key, url: endpoint } = azurite;
      const azure = { handler: 'azure', settings: { account, container: 'recordings', key, endpoint } };
      expect((await ask('POST', { attachments: { [S3_ID]: azure }, plan: plan(S3_ID) })).status).toBe(200);
      const first = documentId(await files.record({}));
      const names: string[] = [];
      for await (const { name } of azurite.service.getContainerClient('recordings').listBlobsFlat()) names.push(name);
      expect(names).toEqual([expect.stringMatching(new RegExp(`^${first}_[0-9a-f]{32}\\.mp3$`))]);

      const settings = { bucket: 'recordings', access_token: 'ya29.kazoo', endpoint: google.url };
      const gcs = { attachments: { [S3_ID]: { handler: 'google_storage', settings } }, plan: plan(S3_ID) };
      expect((await ask('POST', gcs)).status).toBe(200);
      const second = documentId(await files.record({}));
      expect(google.objects().map(({ name }) => name)).toEqual([expect.stringContaining(`${second}_`)]);
      const stale = { attachments: { [S3_ID]: { settings: { access_token: 'ya29.stale' } } } };
      expect(failuresOf(await ask('PATCH', stale))).toHaveProperty([`attachments.${S3_ID}`, 'invalid']);
    } finally {
      await azurite.close();
      await google.close();
    }
  });

  it.each([
    ['handler that only Kazoo speaks to', { handler: 'dropbox', settings: { oauth_doc_id: 'x' } }],
    [
      'google_storage handler without a token',
      { handler: 'google_storage', settings: { bucket: 'b', oauth_doc_id: 'x' } },
    ],
  ])('takes no %s', async (_what, handler) => {
    const failures = failuresOf(await ask('POST', { attachments: { [S3_ID]: handler } }));
    expect(failures).toHaveProperty([`attachments.${S3_ID}`, 'invalid', 'error_code'], 'unsupported');
  });

  it('goes away, and recordings without a url are stored nowhere again', async () => {
    const removed = await ask('DELETE');
    expect([removed.status, removed.json()['data']?.['_read_only']]).toEqual([200, { deleted: true }]);
    expect((await ask('GET')).status).toBe(404);
    const count = s3.objects().length;
    await files.record({}, ['discarded']);
    expect(s3.objects()).toHaveLength(count);
  });
});

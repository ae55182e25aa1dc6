import { expect } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesBelow } from '#libs/testing';
import { startStrictS3, startUploadServer } from '../../libs/storage/testing/index.js';
import { SAMPLE_APPLICATION_KEY } from '../../examples/sinch-app/index.js';
import { Journeys, talk, until, type JourneyCall, type LiveGateway } from './support/index.js';

const journeys = new Journeys();

const BASIC_USER = 'journey';

/** Every credential that stands in a document or a setting below. */
const CANARIES = {
  awsSecretKey: 'canary-aws-7d1f0a55',
  wrongAwsSecretKey: 'canary-wrong-aws-0b6e2c11',
  gcpAccessToken: 'ya29.canary-gcp-3c9e5b20',
  azureAccountKey: Buffer.from('canary-azure-f4a1d2c3').toString('base64'),
  azureSasToken: 'sv=2026&sig=canary-sas-99b1',
  actionPassword: 'canary-action-5be0c7',
  statusPassword: 'canary-status-1f2e3d',
  documentPassword: 'canary-document-77aa88',
  uploadPassword: 'canary-upload-c3d4e5',
  planSecret: 'canary-plan-8877ff00',
  cipherKey: 'cafe5ec7e7cafe5ec7e7cafe5ec7e7aa',
  cipherVector: 'feed5ec7e7feed5ec7e7feed5ec7e7bb',
  pagePassword: 'canary-page-0a1b2c',
  pageCredentials: 'canary-pages-4d5e6f',
  sinchSecret: 'canary-sinch-s3-2a2b2c',
  sinchGsSecret: 'canary-sinch-gs-6a6b6c',
  sinchApplicationSecret: Buffer.from('canary-sinch-app-1').toString('base64'),
  sourcePassword: 'canary-source-d0d1d2',
} as const;

/** A credential is found however it is written: plain, decoded, percent-encoded, as Basic. */
const FORMS: ReadonlyMap<string, string> = new Map(
  Object.entries(CANARIES).flatMap(([name, value]) => {
    const basic = Buffer.from(`${BASIC_USER}:${value}`).toString('base64');
    const decoded = Buffer.from(value, 'base64').toString('latin1');
    const forms = [value, encodeURIComponent(value), basic, ...(decoded.startsWith('canary') ? [decoded] : [])];
    return forms.map((form) => [form, name] as const);
  }),
);

function canariesIn(text: string): string[] {
  return [...FORMS].filter(([form]) => text.includes(form)).map(([form, name]) => `${name} as ${form}`);
}

/** `http://journey:PASSWORD@…` */
function withPassword(url: string, password: string): string {
  return url.replace('//', `//${BASIC_USER}:${password}@`);
}

const others: (() => readonly { readonly url: string; readonly text: string }[])[] = [];

async function app(gateway: LiveGateway, routes: Parameters<LiveGateway['app']>[0]) {
  const started = await gateway.app(routes);
  others.push(() => started.received);
  return started;
}

async function talkAndHangUp(call: JourneyCall): Promise<void> {
  await talk(call);
  await call.hangup('caller');
  await call.ended();
}

journeys.it('FlexML: keys of stores that work and of stores that refuse, passwords in URLs', async (gateway) => {
  const s3 = await gateway.with(
    startStrictS3({ accessKeyId: 'AKIACANARY', secretAccessKey: CANARIES.awsSecretKey, buckets: ['canary-bucket'] }),
  );
  const heard: string[] = [];
  const site = await app(gateway, {
    '/first': (request) => {
      heard.push(request.headers['authorization'] ?? '');
      return `<Response>
        <Record recordSession="true" trim="do-not-trim" awsAccessKey="AKIACANARY" awsSecretKey="${CANARIES.awsSecretKey}" awsBucketName="canary-bucket"
          recordingStatusCallback="${withPassword(`${site.url}/status`, CANARIES.statusPassword)}"/>
        <Record recordSession="true" trim="do-not-trim" awsAccessKey="AKIACANARY" awsSecretKey="${CANARIES.wrongAwsSecretKey}" awsBucketName="canary-bucket"
          recordingStatusCallback="${withPassword(`${site.url}/status`, CANARIES.statusPassword)}"/>
        <Record recordSession="true" trim="do-not-trim" gcpBucketName="b" gcpProject="p" gcpAccessToken="${CANARIES.gcpAccessToken}"/>
        <Record recordSession="true" trim="do-not-trim" azureAccountName="a" azureContainerName="c" azureAccountKey="${CANARIES.azureAccountKey}"/>
        <Record recordSession="true" trim="do-not-trim" azureAccountName="a" azureContainerName="c" azureSasToken="${CANARIES.azureSasToken.replace('&', '&amp;')}"/>
        <Record trim="do-not-trim" timeout="20" action="${withPassword(`${site.url}/action`, CANARIES.actionPassword)}"/>
      </Response>`;
    },
    '/action': (request) => {
      heard.push(request.headers['authorization'] ?? '');
      return '<Response><Hangup/></Response>';
    },
    '/status': (request) => {
      heard.push(request.headers['authorization'] ?? '');
      return { status: 204 };
    },
  });
  const dead = await gateway.with(startUploadServer());
  const refuse = { status: 403, body: 'no' };
  for (const path of ['/upload/storage/v1/b/b/o', '/a/c', '/']) dead.answers.set(path, [refuse]);
  const settings = {
    documentUrl: `${site.url}/first`,
    documentUserinfo: `${BASIC_USER}:${CANARIES.documentPassword}`,
    s3Endpoint: s3.url,
    gcsEndpoint: `${dead.url}/nowhere`,
    azureEndpoint: `${dead.url}/nowhere`,
  };
  const call = await gateway.place({ vendor: 'flexml', settings });
  await until(
    'all run',
    async () => (await call.recordings()).filter(({ state }) => state === 'capturing').length === 6,
  );
  await talkAndHangUp(call);
  await until('one is stored', () => s3.objects().length === 1);
  await until('one was refused', async () =>
    (await call.recordings()).some(({ failure }) => failure?.code === 'destination.denied'),
  );
  await until('both are told', () => site.at('/status').length === 2 && site.at('/action').length === 1);
  // The credentials do reach those they are meant for.
  const basic = (password: string) => `Basic ${Buffer.from(`${BASIC_USER}:${password}`).toString('base64')}`;
  expect(heard.toSorted()).toEqual(
    [CANARIES.documentPassword, CANARIES.actionPassword, CANARIES.statusPassword, CANARIES.statusPassword]
      .map(basic)
      .toSorted(),
  );
});

journeys.it('Kazoo: password of the upload URL, secret of the storage plan', async (gateway) => {
  const server = await gateway.with(startUploadServer({ userinfo: `${BASIC_USER}:${CANARIES.uploadPassword}` }));
  const s3 = await gateway.with(
    startStrictS3({ accessKeyId: 'AKIAPLAN', secretAccessKey: CANARIES.planSecret, buckets: ['plan-bucket'] }),
  );
  const { hostname, port } = new URL(s3.url);
  const handler = '0123456789abcdef0123456789abcdef';
  const plan = {
    attachments: {
      [handler]: {
        handler: 's3',
        name: 's3',
        settings: {
          bucket: 'plan-bucket',
          key: 'AKIAPLAN',
          secret: CANARIES.planSecret,
          host: hostname,
          port: Number(port),
          scheme: 'http',
          bucket_access_method: 'path',
        },
      },
    },
    plan: { modb: { types: { call_recording: { attachments: { handler } } } } },
  };
  const upload = {
    module: 'record_call',
    data: { action: 'start', format: 'wav', url: withPassword(`${server.url}/kzr`, CANARIES.uploadPassword) },
  };
  const planned = { module: 'record_call', data: { action: 'start', format: 'wav' } };
  const flow = {
    ...upload,
    children: { _: { ...planned, children: { _: { module: 'user', data: { id: 'u' }, children: {} } } } },
  };
  const site = await app(gateway, { '/callflow': JSON.stringify(flow) });
  const call = await gateway.place({
    vendor: 'kazoo',
    settings: {
      callflowUrl: `${site.url}/callflow`,
      storagePlan: JSON.stringify(plan),
      webhookUri: `${site.url}/hook`,
    },
  });
  await until(
    'both run',
    async () => (await call.recordings()).filter(({ state }) => state === 'capturing').length === 2,
  );
  await talkAndHangUp(call);
  for (const number of [0, 1]) await call.available(number);
  expect([server.received.length, s3.objects().length]).toEqual([1, 1]);
});

journeys.it('Aculab: cipher, passwords of pages', async (gateway) => {
  const site = await app(gateway, {
    '/first': () =>
      JSON.stringify({
        actions: [
          {
            record: {
              milliseconds_max_silence: 20_000,
              encryption_cipher: { type: 'aescbc', key: CANARIES.cipherKey, vector: CANARIES.cipherVector },
              next_page: { url: withPassword(`${site.url}/next`, CANARIES.pagePassword) },
              recording_available_page: { url: withPassword(`${site.url}/available`, CANARIES.pagePassword) },
            },
          },
        ],
      }),
    '/next': '{"actions":[]}',
  });
  const settings = {
    firstPage: `${site.url}/first`,
    finalPage: `${site.url}/final`,
    pageCredentials: `${BASIC_USER}:${CANARIES.pageCredentials}`,
  };
  const call = await gateway.place({ vendor: 'aculab', settings });
  await call.reaches(0, 'armed');
  await talkAndHangUp(call);
  await call.available();
  await until('all pages', () => site.received.length === 4);
});

journeys.it('Sinch: credentials of destinations, the secret of the application', async (gateway) => {
  const s3 = await gateway.with(
    startStrictS3({ accessKeyId: 'AKIASINCH', secretAccessKey: CANARIES.sinchSecret, buckets: ['sinch-bucket'] }),
  );
  const record = (destinationUrl: string, credentials: string) => ({
    name: 'startRecording',
    options: { destinationUrl, credentials },
  });
  const site = await app(gateway, {
    '/cb': ({ text }) =>
      text.includes('"ice"')
        ? JSON.stringify({
            instructions: [record('s3://sinch-bucket/', `AKIASINCH:${CANARIES.sinchSecret}:eu-central-1`)],
            action: { name: 'connectPstn', number: '+12017777777' },
          })
        : '',
  });
  const settings = {
    applicationKey: SAMPLE_APPLICATION_KEY,
    applicationSecret: CANARIES.sinchApplicationSecret,
    callbackUrl: `${site.url}/cb`,
    s3Endpoint: s3.url,
    gsEndpoint: s3.url,
  };
  const call = await gateway.place({ vendor: 'sinch', settings });
  await call.capturing();
  await talk(call);
  const document = JSON.stringify({
    instructions: [record('gs://sinch-bucket/x.mp3', `AKIASINCH:${CANARIES.sinchGsSecret}`)],
  });
  await gateway.api.instruct(call.callRef, { document, role: 'manage' });
  await call.capturing(1);
  await talkAndHangUp(call);
  await call.reaches(0, 'available');
  await call.reaches(1, 'failed');
});

journeys.it('bad documents and sources: what is refused is not repeated', async (gateway) => {
  const flexml = await gateway.api.application('flexml', {});
  const source = { kind: 'url', url: `${withPassword('http://127.0.0.1:9', CANARIES.sourcePassword)}/x.wav` };
  const started = await gateway.api.start({ applicationId: flexml, call: { from: '1', to: '2' }, source, spec: {} });
  const call = await gateway.place({ vendor: 'sinch', settings: {}, fetchDocument: false });
  const bad = {
    document: JSON.stringify({
      instructions: [
        { name: 'startRecording', options: { destinationUrl: 's3://', credentials: `A:${CANARIES.sinchSecret}:x` } },
      ],
    }),
    role: 'manage',
  };
  expect((await gateway.api.ask('POST', `/v1/calls/${call.callRef}/instructions`, bad)).status).toBe(400);
  const broken = { document: `<Response><Record awsSecretKey="${CANARIES.awsSecretKey}" <<</Response>` };
  const plain = await gateway.place({ vendor: 'flexml', settings: {}, fetchDocument: false });
  expect((await gateway.api.ask('POST', `/v1/calls/${plain.callRef}/instructions`, broken)).status).toBe(400);
  await gateway.api.recording(started.recordings[0]?.id ?? '');
  for (const each of [call, plain]) {
    await each.hangup();
    await each.ended();
  }
});

journeys.afterwards(
  'no key, value or stream of Redis holds a credential, nor any file or file name of the gateway',
  async (gateway) => {
    const redis = gateway.roles.runtime.connections.open('subscriber');
    const raw: string[] = [];
    for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
      const [next, keys] = await redis.scan(cursor, 'COUNT', 500);
      cursor = next;
      for (const key of keys) {
        const value = await readKey(redis, key);
        raw.push(`${key} ${JSON.stringify(value)}`);
      }
    }
    expect(raw.length).toBeGreaterThan(30);
    // The search itself is no dud.
    expect(canariesIn(`x${CANARIES.awsSecretKey}x`)).toHaveLength(1);
    expect(
      raw.filter((text) => canariesIn(text).length > 0).map((text) => [text.slice(0, 120), canariesIn(text)]),
    ).toEqual([]);
    const files = filesBelow(gateway.dataDirectory);
    const findings: unknown[] = [];
    let journal = '';
    for (const file of files) {
      // Of the append-only file nothing is ever taken back: it shows whatever was written at any time.
      // What is on its way may be gone by now.
      const text = await readFile(join(gateway.dataDirectory, file), 'latin1').catch(() => '');
      if (file.includes('.aof')) journal += text;
      const found = [...canariesIn(file), ...canariesIn(text)];
      if (found.length > 0) findings.push([file, found]);
    }
    expect(findings).toEqual([]);
    expect(journal).toContain('canary-bucket');
  },
);

journeys.afterwards('no log line, no answer of the API and no request to an application shows one', async (gateway) => {
  const { api, log } = gateway;
  const lists = ['/v1/applications', '/v1/calls', '/v1/recordings?limit=100', '/metrics', '/docs-json'];
  for (const path of lists) await api.ask('GET', path);
  const { items } = await api.get<{ items: { id: string }[] }>('/v1/recordings?limit=100');
  for (const { id } of items)
    for (const part of ['', '/events', '/deliveries']) await api.ask('GET', `/v1/recordings/${id}${part}`);
  expect([items.length > 8, log.length > 0, api.answers.length > 100]).toEqual([true, true, true]);
  expect(log.flatMap((line) => canariesIn(line).map((found) => [line, found]))).toEqual([]);
  expect(api.answers.flatMap((answer) => canariesIn(answer).map((found) => [answer.slice(0, 200), found]))).toEqual([]);
  const sent = others.flatMap((received) => received()).map(({ url, text }) => `${url} ${text}`);
  expect(sent.length).toBeGreaterThan(10);
  expect(sent.flatMap((request) => canariesIn(request).map((found) => [request, found]))).toEqual([]);
});

type Redis = ReturnType<LiveGateway['roles']['runtime']['connections']['open']>;

async function readKey(redis: Redis, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, '0', '-1');
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      return null;
  }
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WireRequest } from '#libs/recording-model';
import { toneWav } from '../../testing/audio.js';
import { CALL, FileRecordings, first, items, UPLOAD } from '../../testing/file-recordings.js';
import { GatewayUnderTest, type Body } from '../../testing/gateway-under-test.js';
import { startHttpReceiver, type HttpReceiver } from '../../testing/http-receiver.js';
import { KAZOO_ACCOUNT_SETTINGS, KazooClient } from '../kazoo/testing/kazoo-client.js';

let gateway: GatewayUnderTest;
let files: FileRecordings;
/** Stands for whatever lies behind the gateway: nothing may ever arrive here. */
let inside: HttpReceiver;

beforeAll(async () => {
  inside = await startHttpReceiver();
  gateway = await GatewayUnderTest.start({
    works: true,
    configure: ({ outbound }) => Object.assign(outbound, { allowHttp: false, allowPrivateNetworks: false }),
  });
  files = new FileRecordings(gateway);
});

afterAll(async () => {
  await gateway.stop();
  await inside.close();
  expect(inside.received).toEqual([]);
});

const WAYS = ['http:', 'https:'] as const;
type Way = (typeof WAYS)[number];

/** By plain http, or by https at an address that is not public. */
const place = (way: Way): string => inside.url.replace('http:', way);

async function record(applicationId: string, document: string): Promise<Body> {
  const started = await files.start({ applicationId, source: UPLOAD, call: CALL, document });
  if (started.status !== 201) throw new Error(started.text);
  const id = String(first(started)['id']);
  await files.deliver(id, toneWav(1));
  return gateway.until(id, 'available', 'failed');
}

const REFUSED = {
  state: 'failed',
  failure: { code: 'outbound.refused', stage: 'store', blame: 'request', message: expect.any(String) },
};

const FLEXML_STORES = {
  s3Endpoint: 'awsAccessKey="A" awsSecretKey="S" awsBucketName="bucket"',
  gcsEndpoint: 'gcpBucketName="bucket" gcpProject="p" gcpAccessToken="t"',
  azureEndpoint: 'azureAccountName="acct" azureContainerName="box" azureAccountKey="a2V5"',
} as const;

const SINCH_STORES = {
  s3Endpoint: ['s3://bucket/', 'A:S:eu-central-1'],
  gsEndpoint: ['gs://bucket/x.mp3', 'A:S'],
} as const;

describe.each(WAYS)('stores behind the gateway, by %s', (way) => {
  it.each(Object.entries(FLEXML_STORES))('FlexML %s: nothing is written there', async (setting, attributes) => {
    const application = await gateway.application('flexml', { [setting]: place(way) });
    const document = `<Response><Record recordSession="true" ${attributes}/></Response>`;
    expect(await record(application, document)).toMatchObject(REFUSED);
  });

  it.each(Object.entries(SINCH_STORES))(
    'Sinch %s: nothing is written there',
    async (setting, [destinationUrl, credentials]) => {
      const application = await gateway.application('sinch', { [setting]: place(way) });
      const options = { destinationUrl, credentials };
      const document = JSON.stringify({
        instructions: [{ name: 'startRecording', options }],
        action: { name: 'connectPstn', number: '+12017777777' },
      });
      expect(await record(application, document)).toMatchObject(REFUSED);
    },
  );

  it('Kazoo: no url of a callflow is written to', async () => {
    const application = await gateway.application('kazoo', { urlBlacklist: '' });
    const document = JSON.stringify({ module: 'record_call', data: { action: 'start', url: `${place(way)}/kzr` } });
    expect(await record(application, document)).toMatchObject(REFUSED);
  });
});

describe('the Kazoo door', () => {
  const HANDLER = '403f90f67d1b71341f2ea6426eed3d90';
  const { accountId } = KAZOO_ACCOUNT_SETTINGS;
  let client: KazooClient;

  beforeAll(async () => {
    await gateway.application('kazoo', KAZOO_ACCOUNT_SETTINGS);
    client = await KazooClient.logIn(gateway, accountId);
  });

  it.each(WAYS)('tries no storage handler behind the gateway, and tells nothing of it, by %s', async (way) => {
    const { hostname: host, port } = new URL(inside.url);
    const login = { key: 'KEY-OF-S3', secret: 'secret-of-s3' };
    const s3 = {
      ...login,
      scheme: way.slice(0, -1),
      host,
      port: Number(port),
      bucket: 'recordings',
      bucket_access_method: 'path',
    };
    const handlers = {
      s3,
      azure: { account: 'account', container: 'recordings', key: 'a2V5', endpoint: place(way) },
      google_storage: { bucket: 'recordings', access_token: 'token-of-google', endpoint: place(way) },
      http: { url: place(way) },
    };
    for (const [handler, settings] of Object.entries(handlers)) {
      const data = { attachments: { [HANDLER]: { handler, settings } } };
      const answer = await client.ask('PUT', '/storage', { data });
      expect([handler, answer.status, answer.json()['data']]).toEqual([
        handler,
        400,
        { [`attachments.${HANDLER}`]: { invalid: expect.objectContaining({ error_code: 'outbound.refused' }) } },
      ]);
    }
  });
});

describe('requests to applications', () => {
  it.each(WAYS)('no callback is sent behind the gateway, by %s, and the delivery says why', async (way) => {
    const settings = {
      flexml: {},
      kazoo: { webhookUri: place(way), storeRecordings: 'true' },
      aculab: { firstPage: place(way), finalPage: place(way) },
      sinch: { callbackUrl: place(way), fallbackUrl: place(way), s3Endpoint: place(way) },
    };
    const documents = {
      flexml: `<Response><Record recordSession="true" recordingStatusCallback="${place(way)}/status"/></Response>`,
      kazoo: JSON.stringify({ module: 'record_call', data: { action: 'start' } }),
      aculab: JSON.stringify({
        actions: [{ record: { next_page: { url: place(way) }, recording_available_page: { url: place(way) } } }],
      }),
      sinch: JSON.stringify({
        instructions: [
          { name: 'startRecording', options: { destinationUrl: 's3://bucket/', credentials: 'A:S:eu-central-1' } },
        ],
        action: { name: 'connectPstn', number: '+12017777777' },
      }),
    };
    for (const [vendor, document] of Object.entries(documents)) {
      const application = await gateway.application(vendor, settings[vendor as keyof typeof settings]);
      const { id } = await record(application, document);
      let attempts: Body[] = [];
      while (attempts.length === 0) {
        const deliveries = items(await gateway.ask('GET', `/v1/recordings/${String(id)}/deliveries`));
        attempts = deliveries.flatMap((delivery) => delivery['attempts'] as unknown as Body[]);
      }
      expect([vendor, attempts]).toEqual([
        vendor,
        attempts.map(() =>
          expect.objectContaining({ status: null, error: expect.stringMatching(/not allowed|may talk to/) }),
        ),
      ]);
    }
  });

  it.each(WAYS)('no document is asked for behind the gateway, by %s', async (way) => {
    const request: WireRequest = { method: 'POST', url: place(way), headers: {}, body: '', userinfo: null };
    await expect(gateway.runtime.outbound.flow.fetch(request, {})).rejects.toMatchObject({ code: 'outbound.refused' });
  });

  it.each(WAYS)('no audio is fetched from behind the gateway, by %s', async (way) => {
    const signal = AbortSignal.timeout(5000);
    const nobody = { tenantId: 'alpha', applicationId: 'none', userinfo: null, decryption: null, secrets: {} };
    const play = { ...nobody, url: `${place(way)}/a.wav` };
    await expect(gateway.runtime.ports.prompts?.fetch(play, signal)).rejects.toMatchObject({
      code: 'outbound.refused',
    });
    const application = await gateway.application('flexml', {});
    const source = { kind: 'url', url: `${place(way)}/x.wav` };
    const started = await files.start({ applicationId: application, call: CALL, source, spec: {} });
    const failed = await gateway.until(String(first(started)['id']), 'available', 'failed');
    expect(failed).toMatchObject({ failure: { code: 'outbound.refused' } });
  });
});

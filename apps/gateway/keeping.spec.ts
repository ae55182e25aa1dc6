import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { randomBytes, type JsonWebKey } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStrictS3 } from '../../libs/storage/testing/index.js';
import { toneWav } from './testing/audio.js';
import { CALL, FileRecordings, first, UPLOAD } from './testing/file-recordings.js';
import { BETA_KEY, GatewayUnderTest, type Body } from './testing/gateway-under-test.js';

let gateway: GatewayUnderTest;
let recordings: FileRecordings;
let application: string;

beforeAll(async () => {
  gateway = await GatewayUnderTest.start({ works: true });
  recordings = new FileRecordings(gateway);
  application = await gateway.application('flexml', { storageUrl: gateway.url, retentionSeconds: '3600' });
});

afterAll(() => gateway.stop());

const available = async (spec: object = {}): Promise<string> => {
  const recording = await recordings.available(application, spec);
  expect(recording['state']).toBe('available');
  return String(recording['id']);
};
const show = async (id: string): Promise<Body> => (await gateway.ask('GET', `/v1/recordings/${id}`)).json();

describe('keeping a recording', () => {
  it('follows the rule of its application, until it is told otherwise', async () => {
    const id = await available();
    const { receipt, deleteAt, legalHold, deletedAt } = await show(id);
    const storedAt = Date.parse(String(receipt?.['storedAt']));
    expect(Math.abs(Date.parse(String(deleteAt)) - storedAt - 3_600_000)).toBeLessThan(5000);
    expect([legalHold, deletedAt]).toEqual([false, null]);
    const changed = await gateway.ask('PATCH', `/v1/recordings/${id}`, { body: { retentionSeconds: null } });
    expect([changed.status, changed.json()['deleteAt']]).toEqual([200, null]);
    const limited = await gateway.ask('PATCH', `/v1/recordings/${id}`, { body: { retentionSeconds: 60 } });
    expect(limited.json()['deleteAt']).toBe(new Date(storedAt + 60_000).toISOString());
  });

  it.each([[{ retentionSeconds: 0 }], [{ retentionSeconds: 'x' }], [{ legalHold: 'yes' }], [{ deleteAt: 'now' }]])(
    'refuses %j and names the field',
    async (body) => {
      const answer = await gateway.ask('PATCH', `/v1/recordings/${await available()}`, { body });
      expect([answer.status, answer.json()['field']]).toEqual([400, Object.keys(body)[0]]);
    },
  );

  it('says of a value of the wrong kind which kind it must be', async () => {
    const answer = await gateway.ask('PATCH', `/v1/recordings/${await available()}`, { body: { retentionSeconds: '60' } });
    expect(answer.json()['detail']).toBe('retentionSeconds must be an integer number');
  });

  it.each([
    ['retentionSeconds', '-5'],
    ['retentionSeconds', '0'],
    ['retentionSeconds', 'a week'],
    ['transcriptionEngine', 'crystal-ball'],
  ])('refuses an application whose %s is %j', async (name, value) => {
    const answer = await gateway.ask('POST', '/v1/applications', { body: { name: 'x', vendor: 'flexml', settings: { [name]: value } } });
    expect([answer.status, answer.json()['field']]).toEqual([400, `settings.${name}`]);
  });

  it('under legal hold nobody deletes it', async () => {
    const id = await available();
    expect((await gateway.ask('PATCH', `/v1/recordings/${id}`, { body: { legalHold: true } })).json()['legalHold']).toBe(true);
    const refused = await gateway.ask('DELETE', `/v1/recordings/${id}`);
    expect([refused.status, refused.json()['code']]).toEqual([409, 'request.conflict']);
    expect((await gateway.ask('GET', `/v1/recordings/${id}/audio`)).status).toBe(200);
    await gateway.ask('PATCH', `/v1/recordings/${id}`, { body: { legalHold: false } });
    expect((await gateway.ask('DELETE', `/v1/recordings/${id}`)).status).toBe(200);
  });

  it('once deleted leaves a record, an event, and no audio anywhere', async () => {
    const id = await available();
    const { names } = await show(id);
    const link = `/f/${String(names?.['fileSid'])}`;
    expect((await gateway.ask('GET', link, { key: null })).status).toBe(200);
    const deleted = (await gateway.ask('DELETE', `/v1/recordings/${id}`)).json();
    expect(Date.parse(String(deleted['deletedAt']))).toBeGreaterThan(0);
    expect((await gateway.ask('DELETE', `/v1/recordings/${id}`)).json()['deletedAt']).toBe(deleted['deletedAt']);
    for (const [path, status] of [[`/v1/recordings/${id}/audio`, 409], [`/v1/recordings/${id}/peaks`, 409], [link, 404]] as const) {
      expect([path, (await gateway.ask('GET', path)).status]).toEqual([path, status]);
    }
    const events = (await gateway.ask('GET', `/v1/recordings/${id}/events`)).json()['items'] as unknown as Body[];
    expect(events.filter(({ name }) => String(name) === 'recording.deleted').length).toBe(1);
  });

  it('is nothing another tenant can do', async () => {
    const id = await available();
    for (const [method, body] of [['DELETE', undefined], ['PATCH', { legalHold: true }]] as const) {
      const answer = await gateway.ask(method, `/v1/recordings/${id}`, { key: BETA_KEY, ...(body === undefined ? {} : { body }) });
      expect([method, answer.status]).toEqual([method, 404]);
    }
    expect((await show(id))['legalHold']).toBe(false);
  });
});

describe('peaks', () => {
  it('of the waveform are there once the recording is encoded', async () => {
    const id = await available();
    const peaks = (await gateway.ask('GET', `/v1/recordings/${id}/peaks`)).json() as unknown as { length: number; data: number[] };
    expect(peaks).toMatchObject({ version: 2, channels: 1, sample_rate: 8000, samples_per_pixel: 160, bits: 8, length: 50 });
    expect(peaks.data.length).toBe(100);
    expect(Math.min(...peaks.data)).toBeLessThan(-10);
    expect(Math.max(...peaks.data)).toBeGreaterThan(10);
  });

  it('of a file that its application has encrypted are not made, and others lie sealed', async () => {
    const aculab = await gateway.application('aculab', { cloudUser: 'peaks@example.com', mediaStoreUrl: gateway.url });
    const cipher = { type: 'aescbc', key: '00112233445566778899aabbccddeeff', vector: '000102030405060708090a0b0c0d0e0f' };
    const document = JSON.stringify({ actions: [{ record: { encryption_cipher: cipher, next_page: { url: 'http://127.0.0.1:9/next' } } }] });
    const started = await recordings.start({ applicationId: aculab, source: UPLOAD, call: CALL, document });
    const id = String(first(started)['id']);
    await recordings.deliver(id, toneWav(1));
    await gateway.until(id, 'available');
    const none = await gateway.ask('GET', `/v1/recordings/${id}/peaks`);
    expect([none.status, none.json()['detail']]).toEqual([409, expect.stringContaining('encrypted')]);
    const plain = await available();
    expect(await readdir(gateway.runtime.ports.settings.peaksDirectory)).toEqual(expect.arrayContaining([plain]));
    expect(await readdir(gateway.runtime.ports.settings.peaksDirectory)).not.toContain(id);
    expect(await gateway.filesHolding('samples_per_pixel')).toEqual([]);
  });

  it('are no business of another tenant', async () => {
    const answer = await gateway.ask('GET', `/v1/recordings/${await available()}/peaks`, { key: BETA_KEY });
    expect(answer.status).toBe(404);
  });
});

/** As somebody checks a signature who has nothing of the gateway but the published key: by openssl. */
async function isGenuine(signed: string, signature: string, { x = '' }: JsonWebKey): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'recgate-openssl-'));
  try {
    const head = Buffer.from('302a300506032b6570032100', 'hex');
    const files = { key: Buffer.concat([head, Buffer.from(x, 'base64url')]), signed, signature: Buffer.from(signature, 'base64url') };
    for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
    const options = ['pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey', 'key', '-rawin', '-in', 'signed', '-sigfile', 'signature'];
    return spawnSync('openssl', options, { cwd: directory }).status === 0;
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe('the manifest', () => {
  it('says, signed, what became of a recording', async () => {
    const id = await available();
    const { receipt, history } = await show(id);
    const answer = await gateway.ask('GET', `/v1/recordings/${id}/manifest`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('application/jose')]);
    const [header = '', payload = '', signature = ''] = answer.text.split('.');
    const { keys } = (await gateway.ask('GET', '/v1/manifest-keys')).json() as unknown as { keys: JsonWebKey[] };
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const key = keys.find((each) => each['kid'] === kid) ?? {};
    expect(await isGenuine(`${header}.${payload}`, signature, key)).toBe(true);
    expect(await isGenuine(`${header}.${payload}x`, signature, key)).toBe(false);
    const manifest = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    expect(manifest).toMatchObject({ manifest: 1, recording: { id, state: 'available' }, object: receipt, history });
    expect(manifest['encoder']).toMatchObject({ name: 'PCM, 16 bits', container: 'wav', codec: 'pcm16', sampleRate: 8000, samples: 8000, sizeBytes: 16_044 });
    expect(manifest['media']).toEqual([expect.objectContaining({ party: 'caller', peakDbfs: expect.any(Number) })]);
    expect(manifest['events']).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'recording.available' })]));
  });

  it('is no business of another tenant', async () => {
    const answer = await gateway.ask('GET', `/v1/recordings/${await available()}/manifest`, { key: BETA_KEY });
    expect(answer.status).toBe(404);
  });
});

describe('audio on its way', () => {
  it('lies in clear nowhere in the data directory, from the upload until the store has it', async () => {
    const keys = { accessKeyId: 'AKIAONITSWAY00000001', secretAccessKey: 'way secret' };
    const s3 = await startStrictS3({ ...keys, buckets: ['calls'] });
    try {
      const sinch = await gateway.application('sinch', {
        destinationUrl: 's3://calls/way.wav',
        credentials: `${keys.accessKeyId}:${keys.secretAccessKey}:eu-central-1`,
        s3Endpoint: s3.url,
      });
      const document = JSON.stringify({
        instructions: [{ name: 'startRecording', options: { format: 'wav' } }],
        action: { name: 'continue' },
      });
      const started = await recordings.start({ applicationId: sinch, source: UPLOAD, call: CALL, document, role: 'ace' });
      const id = String(first(started)['id']);
      // Unlike any other that these tests have stored.
      const audio = Buffer.concat([toneWav(1).subarray(0, 44), randomBytes(16_000)]);
      const piece = audio.subarray(8000, 8064);
      s3.faults.failNext = 1000;
      await recordings.deliver(id, audio);
      await gateway.until(id, 'storing');
      expect(await readdir(gateway.runtime.ports.settings.renditionDirectory)).not.toEqual([]);
      expect(await gateway.filesHolding(piece)).toEqual([]);
      s3.faults.failNext = 0;
      await gateway.until(id, 'available');
      expect(s3.object('calls', 'way.wav')?.includes(piece)).toBe(true);
      expect(await gateway.filesHolding(piece)).toEqual([]);
    } finally {
      await s3.close();
    }
  });
});

describe('with manifests in the store', () => {
  it('each recording has one beside it', async () => {
    const keys = { accessKeyId: 'AKIAMANIFEST00000001', secretAccessKey: 'manifest secret' };
    const s3 = await startStrictS3({ ...keys, buckets: ['calls'] });
    const own = await GatewayUnderTest.start({ works: true, configure: ({ storage }) => (storage.manifests = true) });
    try {
      const sinch = await own.application('sinch', {
        destinationUrl: 's3://calls/evidence/call.wav',
        credentials: `${keys.accessKeyId}:${keys.secretAccessKey}:eu-central-1`,
        s3Endpoint: s3.url,
      });
      const document = JSON.stringify({
        instructions: [{ name: 'startRecording', options: { format: 'wav' } }],
        action: { name: 'continue' },
      });
      const files = new FileRecordings(own);
      const started = await files.start({ applicationId: sinch, source: UPLOAD, call: CALL, document, role: 'ace' });
      const id = String(first(started)['id']);
      await files.deliver(id, toneWav(1));
      await own.until(id, 'available');
      const jws = s3.object('calls', 'evidence/call.wav.manifest.jws')?.toString() ?? '';
      const manifest = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as { object: object };
      expect(manifest.object).toMatchObject({ location: 's3://calls/evidence/call.wav', sizeBytes: s3.object('calls', 'evidence/call.wav')?.length });
      expect(jws).not.toContain(Buffer.from(keys.secretAccessKey).toString('base64url').slice(2, -2));
    } finally {
      await own.stop();
      await s3.close();
    }
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { SAMPLE_SPEC, sampleRecordingRecord } from '#libs/testing';
import { toneWav } from './testing/audio.js';
import { FileRecordings, items } from './testing/file-recordings.js';
import { BETA_KEY, GatewayUnderTest, type Body } from './testing/gateway-under-test.js';
import { startHttpReceiver, type HttpReceiver } from './testing/http-receiver.js';

let gateway: GatewayUnderTest;
let recordings: FileRecordings;
let receiver: HttpReceiver;
let flexml: string;

beforeAll(async () => {
  receiver = await startHttpReceiver();
  gateway = await GatewayUnderTest.start({ works: true });
  recordings = new FileRecordings(gateway);
  flexml = await gateway.application('flexml', { storageUrl: gateway.url });
});

afterAll(async () => {
  await gateway.stop();
  await receiver.close();
});

describe('audio', () => {
  let path: string;
  const whole = toneWav(1);

  beforeAll(async () => {
    path = `/v1/recordings/${String((await recordings.available(flexml))['id'])}/audio`;
  });

  const ranged = (range: string, headers = {}) => gateway.ask('GET', path, { headers: { range, ...headers } });

  it('is announced by HEAD', async () => {
    const { status, headers, text } = await gateway.ask('HEAD', path);
    expect([
      status,
      headers.get('content-length'),
      headers.get('accept-ranges'),
      headers.get('content-type'),
      text,
    ]).toEqual([200, '16044', 'bytes', 'audio/x-wav', '']);
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.-]+\.wav"$/);
  });

  it.each([
    ['bytes=0-43', 206, 'bytes 0-43/16044', 44],
    ['bytes=16000-', 206, 'bytes 16000-16043/16044', 44],
    ['bytes=-4', 206, 'bytes 16040-16043/16044', 4],
    ['bytes=-99999', 206, 'bytes 0-16043/16044', 16_044],
    ['bytes=16043-99999999999999999999', 206, 'bytes 16043-16043/16044', 1],
    ['bytes=0-1,5-6', 200, null, 16_044],
    ['bytes=9-3', 200, null, 16_044],
    ['samples=0-1', 200, null, 16_044],
    ['bytes=-', 200, null, 16_044],
  ])('%s is answered with %s, %s', async (range, status, contentRange, length) => {
    const response = await fetch(gateway.url + path, {
      headers: { authorization: 'Bearer alpha-key-0123456789', range },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([response.status, response.headers.get('content-range'), bytes.length]).toEqual([
      status,
      contentRange,
      length,
    ]);
    const from = contentRange === null ? 0 : Number(/ (\d+)-/.exec(contentRange)?.[1]);
    expect(bytes.equals(whole.subarray(from, from + length))).toBe(true);
  });

  it.each(['bytes=16044-', 'bytes=20000-30000', 'bytes=-0'])('%s lies outside', async (range) => {
    const answer = await ranged(range);
    expect([answer.status, answer.headers.get('content-range'), answer.json()['code']]).toEqual([
      416,
      'bytes */16044',
      'range.not_satisfiable',
    ]);
    expect(answer.headers.get('content-disposition')).toBeNull();
  });

  it('holds a conditional range only for the very same file', async () => {
    const etag = (await gateway.ask('HEAD', path)).headers.get('etag') ?? '';
    expect((await ranged('bytes=0-1', { 'if-range': etag })).status).toBe(206);
    expect((await ranged('bytes=0-1', { 'if-range': '"other"' })).status).toBe(200);
  });

  const receipt = {
    location: 's3://calls/a.wav',
    url: 'https://calls.s3.amazonaws.com/a.wav',
    etag: null,
    sizeBytes: 1,
    sha256: '00',
    verifiedBy: 'status',
    storedAt: '2026-01-01T00:00:00.000Z',
  } as const;
  const deletedAt = '2026-01-02T00:00:00.000Z';
  const ownStore = { ...receipt, location: 'media://alpha/app/f/a.wav', url: 'media://alpha/app/f/a.wav' };

  it.each([
    ['lies elsewhere', { receipt, spec: { ...SAMPLE_SPEC, destination: { kind: 'none', reason: 'test' } as const } }, 's3://calls/a.wav'],
    ['was overwritten', { receipt: ownStore, names: { fileSid: 'f-1' } }, 'Other audio has taken the place of recording gone-2 in its file f-1'],
    ['was deleted', { receipt: ownStore, deletedAt }, `deleted at ${deletedAt}`],
  ])('that %s is a conflict that says so', async (what, facts, detail) => {
    const id = `gone-${['lies elsewhere', 'was overwritten', 'was deleted'].indexOf(what) + 1}`;
    await gateway.runtime.ports.ledger.recordings.accept(sampleRecordingRecord({ id, tenantId: 'alpha', state: 'available', ...facts }));
    const answer = await gateway.ask('GET', `/v1/recordings/${id}/audio`);
    expect([answer.status, answer.json()['detail']]).toEqual([409, expect.stringContaining(detail)]);
    const listed = items(await gateway.ask('GET', '/v1/recordings?limit=200')).find((each) => String(each['id']) === id);
    expect(listed?.['deletedAt']).toBe('deletedAt' in facts ? deletedAt : null);
  });
});

describe('public file links', () => {
  it('give out a file of the own store by its sid, with or without extension, to anybody', async () => {
    const done = await recordings.available(flexml);
    const sid = String((done['names'] as Body)['fileSid']);
    const whole = await gateway.ask('GET', `/f/${sid}`, { key: null });
    expect([whole.status, whole.headers.get('content-type'), whole.headers.get('content-length')]).toEqual([
      200,
      'audio/x-wav',
      '16044',
    ]);
    expect((await gateway.ask('GET', `/f/${sid}.wav?download=1&x=y`, { key: null })).status).toBe(200);
    const part = await gateway.ask('GET', `//f//${sid}`, { key: null, headers: { range: 'bytes=0-3' } });
    expect([part.status, part.text]).toEqual([206, 'RIFF']);
    const head = await gateway.ask('HEAD', `/f/${sid}`, { key: null });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '16044']);
    expect((await gateway.ask('GET', `/f/${sid}`, { key: null, headers: { range: 'bytes=99999-' } })).status).toBe(416);
  });

  it.each(['nothing', '..%2f..%2fetc%2fpasswd', '%00', 'a.b.c', '-'.repeat(500)])(
    'say no more than 404 for %s',
    async (name) => {
      const answer = await gateway.ask('GET', `/f/${name}`, { key: null });
      expect([answer.status, answer.json()['detail']]).toEqual([404, 'There is no such file']);
    },
  );
});

describe('deliveries', () => {
  it('show every attempt and are sent again on request', async () => {
    const spec = {
      subscriptions: [
        { name: 'recordingStatusCallback', events: ['recording.available'], url: `${receiver.url}/status` },
      ],
    };
    const done = await recordings.available(flexml, spec);
    const id = String(done['id']);
    const listed = async () => items(await gateway.ask('GET', `/v1/deliveries?recordingId=${id}`));
    const until = async (attempts: number): Promise<Body> => {
      for (;;) {
        const [delivery] = await listed();
        if (
          delivery !== undefined &&
          String(delivery['status']) === 'delivered' &&
          (delivery['attempts'] as unknown as Body[]).length === attempts
        )
          return delivery;
        await delay(20);
      }
    };
    const delivered = await until(1);
    expect(delivered).toMatchObject({
      recordingId: id,
      subscription: 'recordingStatusCallback',
      attempts: [{ status: 200, request: { method: 'POST', url: `${receiver.url}/status` } }],
    });
    expect(delivered).not.toHaveProperty('tenantId');
    const path = `/v1/deliveries/${encodeURIComponent(String(delivered['id']))}`;
    expect((await gateway.ask('GET', path)).json()).toEqual(delivered);
    expect(items(await gateway.ask('GET', `/v1/recordings/${id}/deliveries`))).toEqual([delivered]);
    const replayed = await gateway.ask('POST', `${path}/replay`);
    expect([replayed.status, replayed.json()]).toEqual([202, { ...delivered, status: 'pending', nextAttemptAt: null }]);
    const again = await until(2);
    expect((again['attempts'] as unknown as Body[])[0]).toEqual((delivered['attempts'] as unknown as Body[])[0]);
    const seen = receiver.received.filter(({ url }) => url === '/status');
    expect(seen).toHaveLength(2);
    expect(seen[1]?.headers['webhook-id']).toBe(seen[0]?.headers['webhook-id']);
    expect(seen[1]?.body).toBe(seen[0]?.body);
  });

  it('are nobody else’s, and are told from what never was by nothing', async () => {
    const [own] = (
      await gateway.runtime.ports.ledger.recordings.list({ tenantId: 'alpha', state: 'available', limit: 200 })
    ).items.filter(({ spec }) => spec.subscriptions.length > 0);
    const id = `${own?.id ?? ''}.recordingStatusCallback.3`;
    for (const [method, rest] of [
      ['GET', ''],
      ['POST', '/replay'],
    ] as const) {
      const theirs = await gateway.ask(method, `/v1/deliveries/${id}${rest}`, { key: BETA_KEY });
      const never = await gateway.ask(method, `/v1/deliveries/x.y.1${rest}`, { key: BETA_KEY });
      expect([theirs.status, theirs.text.replaceAll(id, 'x.y.1')]).toEqual([404, never.text]);
    }
    expect((await gateway.ask('GET', `/v1/deliveries?recordingId=${own?.id ?? ''}`, { key: BETA_KEY })).status).toBe(
      404,
    );
    expect((await gateway.ask('GET', '/v1/deliveries')).json()['field']).toBe('recordingId');
  });
});

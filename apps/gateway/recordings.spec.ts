import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { sampleRecordingRecord } from '#libs/testing';
import { toneWav } from './testing/audio.js';
import { CALL, FileRecordings, first, items, UPLOAD } from './testing/file-recordings.js';
import { BETA_KEY, GatewayUnderTest, type Body } from './testing/gateway-under-test.js';
import { startHttpReceiver, type HttpReceiver } from './testing/http-receiver.js';

const CANARY = 'canary-5f2d91';

let gateway: GatewayUnderTest;
let recordings: FileRecordings;
let receiver: HttpReceiver;
let flexml: string;
let sinch: string;

beforeAll(async () => {
  receiver = await startHttpReceiver();
  gateway = await GatewayUnderTest.start({ works: true });
  recordings = new FileRecordings(gateway);
  flexml = await gateway.application('flexml', { storageUrl: gateway.url });
  sinch = await gateway.application('sinch', {
    callbackUrl: `${receiver.url}/sinch`,
    applicationSecret: Buffer.from(CANARY).toString('base64'),
  });
});

afterAll(async () => {
  await gateway.stop();
  await receiver.close();
});

describe('a recording of an uploaded file', () => {
  it('waits for its bytes, then becomes available and is downloaded as it was', async () => {
    const started = await recordings.start({ applicationId: flexml, source: UPLOAD, call: CALL, spec: {} });
    expect(started.status).toBe(201);
    const { id, state } = first(started);
    expect(state).toBe('accepted');
    expect(started.headers.get('location')).toBe(`/v1/recordings/${String(id)}`);
    const early = await gateway.ask('GET', `/v1/recordings/${String(id)}/audio`);
    expect([early.status, early.json()['code'], early.json()['detail']]).toEqual([
      409,
      'request.conflict',
      expect.stringContaining('accepted'),
    ]);
    expect((await recordings.put(String(id), toneWav(1.5))).status).toBe(202);
    const done = await gateway.until(String(id), 'available', 'failed');
    expect(done).toMatchObject({
      state: 'available',
      durationMs: 1500,
      source: UPLOAD,
      capture: { reason: 'hangup', capturedSamples: 12_000, media: [{ party: 'caller', packetsReceived: 0 }] },
      rendition: { samples: 12_000, sizeBytes: 24_044, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      receipt: { sizeBytes: 24_044, verifiedBy: 'read-back' },
      failure: null,
    });
    expect((done['history'] as unknown as Body[]).map((entry) => entry['state'])).toEqual([
      'accepted',
      'armed',
      'capturing',
      'captured',
      'encoding',
      'storing',
      'available',
    ]);
    const audio = await fetch(`${gateway.url}/v1/recordings/${String(id)}/audio`, {
      headers: { authorization: 'Bearer alpha-key-0123456789' },
    });
    expect(Buffer.from(await audio.arrayBuffer()).equals(toneWav(1.5))).toBe(true);
    const again = await recordings.put(String(id), toneWav(1));
    expect([again.status, again.json()['code']]).toEqual([409, 'request.conflict']);
  });

  it('takes the bytes whatever they are called, and fails with what is no audio', async () => {
    const id = String(
      first(await recordings.start({ applicationId: flexml, source: UPLOAD, call: CALL, spec: {} }))['id'],
    );
    expect(
      (await recordings.put(id, Buffer.from('{"not":"audio"}'), { 'content-type': 'application/json' })).status,
    ).toBe(202);
    const done = await gateway.until(id, 'available', 'failed');
    expect(done['failure']).toMatchObject({ code: 'media.format', stage: 'capture', blame: 'media' });
  });

  it('refuses an empty body, and bytes for a recording of another kind', async () => {
    const id = String(
      first(await recordings.start({ applicationId: flexml, source: UPLOAD, call: CALL, spec: {} }))['id'],
    );
    expect((await recordings.put(id, Buffer.alloc(0))).status).toBe(400);
    await gateway.runtime.ports.ledger.recordings.accept(
      sampleRecordingRecord({ id: 'live1', tenantId: 'alpha', nodeId: 'gone' }),
    );
    expect((await recordings.put('live1', toneWav(1))).json()['code']).toBe('request.conflict');
  });

  it('is cancelled by a stop before the bytes came; steering a file is refused', async () => {
    const id = String(
      first(await recordings.start({ applicationId: flexml, source: UPLOAD, call: CALL, spec: {} }))['id'],
    );
    for (const action of ['pause', 'resume', 'mask', 'unmask']) {
      expect((await gateway.ask('POST', `/v1/recordings/${id}/${action}`)).json()['code']).toBe('request.conflict');
    }
    expect((await gateway.ask('POST', `/v1/recordings/${id}/stop`)).status).toBe(202);
    const events = await gateway.ask('GET', `/v1/recordings/${id}/events`);
    expect(items(events)).toMatchObject([{ name: 'recording.cancelled', sequence: 1 }]);
    expect((await gateway.ask('POST', `/v1/recordings/${id}/stop`)).status).toBe(409);
  });
});

describe('a recording of a URL', () => {
  it('pulls the file with the credentials of the address, which stay hidden', async () => {
    receiver.serve.set('/call.wav', toneWav(2));
    const url = `${receiver.url.replace('//', `//user:${CANARY}@`)}/call.wav`;
    const started = await recordings.start({
      applicationId: flexml,
      source: { kind: 'url', url },
      call: CALL,
      spec: { maxDurationMs: 500 },
    });
    expect(first(started)['source']).toEqual({ kind: 'url', url: `${receiver.url}/call.wav` });
    const done = await gateway.until(String(first(started)['id']), 'available', 'failed');
    expect(done).toMatchObject({ state: 'available', durationMs: 500, capture: { reason: 'maxDuration' } });
    const pulled = receiver.received.find((request) => request.url === '/call.wav');
    expect(pulled?.headers['authorization']).toBe(`Basic ${Buffer.from(`user:${CANARY}`).toString('base64')}`);
  });
});

describe('a recording by a vendor document', () => {
  it('makes a recording of each record step, and accounts for every field', async () => {
    const document = `<Response><Record maxLength="30" callbackUrl="/cb"/><Say>hello</Say><Record playBeep="false" awsAccessKey="AKIAX" awsSecretKey="${CANARY}" awsBucketName="calls"/></Response>`;
    const started = await recordings.start({
      applicationId: flexml,
      source: UPLOAD,
      call: CALL,
      document,
      url: `https://u:${CANARY}@app.example.com/flexml`,
    });
    expect(started.status).toBe(201);
    const made = started.json()['recordings'] as unknown as Body[];
    expect(made).toHaveLength(2);
    expect(made[0]).toMatchObject({
      vendor: 'flexml',
      documentUrl: 'https://app.example.com/flexml',
      spec: { maxDurationMs: 30_000 },
    });
    expect(made[1]).toMatchObject({
      spec: { destination: { kind: 's3', bucket: 'calls', secretAccessKey: { secret: expect.any(String) } } },
    });
    expect(made[0]?.['callRef']).toBe(made[1]?.['callRef']);
    expect(started.json()['warnings']).toEqual([expect.stringContaining('speak')]);
    const shown = await gateway.ask('GET', `/v1/recordings/${String(made[1]?.['id'])}`);
    expect(shown.json()['accounting']).toEqual(started.json()['accounting']);
    expect(shown.json()['accounting']).toContainEqual(
      expect.objectContaining({ outcome: 'exact', path: expect.stringContaining('awsBucketName'), line: 1 }),
    );
  });

  it('answers a bad document with field and position', async () => {
    const broken = await recordings.start({
      applicationId: flexml,
      source: UPLOAD,
      call: CALL,
      document: '<Response>\n<Record',
    });
    expect([broken.status, broken.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'document.malformed', position: expect.objectContaining({ line: 2 }) }),
    ]);
    const none = await recordings.start({
      applicationId: flexml,
      source: UPLOAD,
      call: CALL,
      document: '<Response><Hangup/></Response>',
    });
    expect([none.status, none.json()['field']]).toEqual([400, 'document']);
  });
});

describe('Idempotency-Key', () => {
  const body = () => ({ applicationId: flexml, source: UPLOAD, call: CALL, spec: {} });

  it('makes a repeat the same recording, answered with 200', async () => {
    const one = await recordings.start(body(), { 'idempotency-key': 'k-1' });
    const two = await recordings.start(body(), { 'idempotency-key': 'k-1' });
    expect([one.status, two.status]).toEqual([201, 200]);
    expect(first(two)['id']).toBe(first(one)['id']);
    const other = await recordings.start(body(), { 'idempotency-key': 'k-2' });
    expect(first(other)['id']).not.toBe(first(one)['id']);
  });

  it('makes many starts at once one recording', async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, () => recordings.start(body(), { 'idempotency-key': 'k-many' })),
    );
    expect(new Set(all.map((answer) => first(answer)['id'])).size).toBe(1);
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  it('used for another start is a conflict; one that is no key is refused', async () => {
    await recordings.start(body(), { 'idempotency-key': 'k-3' });
    const other = await recordings.start(
      { ...body(), source: { kind: 'url', url: 'https://a.example.com/x.wav' } },
      { 'idempotency-key': 'k-3' },
    );
    expect([other.status, other.json()['code']]).toEqual([409, 'request.conflict']);
    const otherSpec = await recordings.start({ ...body(), spec: { trim: 'both' } }, { 'idempotency-key': 'k-3' });
    expect([otherSpec.status, otherSpec.json()['field']]).toEqual([409, 'Idempotency-Key']);
    expect((await recordings.start(body(), { 'idempotency-key': 'x'.repeat(300) })).json()['field']).toBe(
      'Idempotency-Key',
    );
  });
});

describe('listings', () => {
  it('go through all recordings page by page, newest first, and filter', async () => {
    const app = await gateway.application('kazoo');
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      ids.push(
        String(first(await recordings.start({ applicationId: app, source: UPLOAD, call: CALL, spec: {} }))['id']),
      );
      await delay(2);
    }
    const seen: unknown[] = [];
    let cursor: unknown = '';
    for (let page = 0; cursor !== null; page += 1) {
      expect(page).toBeLessThan(4);
      const answer = await gateway.ask(
        'GET',
        `/v1/recordings?applicationId=${app}&limit=2${cursor === '' ? '' : `&cursor=${String(cursor)}`}`,
      );
      seen.push(...items(answer).map((item) => item['id']));
      cursor = answer.json()['nextCursor'];
    }
    expect(seen).toEqual(ids.reverse());
    const count = async (query: string) =>
      items(await gateway.ask('GET', `/v1/recordings?applicationId=${app}&${query}`)).length;
    const middle = String((await gateway.ask('GET', `/v1/recordings/${ids[2] ?? ''}`)).json()['createdAt']);
    expect(await count('vendor=kazoo')).toBe(5);
    expect(await count('vendor=sinch')).toBe(0);
    expect(await count('state=accepted')).toBe(5);
    expect(await count('state=available')).toBe(0);
    expect(await count(`createdAfter=${middle}`)).toBe(3);
    expect(await count(`createdBefore=${middle}`)).toBe(2);
    const { callRef } = (await gateway.ask('GET', `/v1/recordings/${ids[0] ?? ''}`)).json();
    expect(await count(`callRef=${String(callRef)}`)).toBe(1);
    expect((await gateway.ask('GET', `/v1/recordings?applicationId=${app}`, { key: BETA_KEY })).json()).toEqual({
      items: [],
      nextCursor: null,
    });
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=many',
    'limit=1&limit=2',
    'cursor=%7B%7D',
    'state=gone',
    'vendor=acme',
    'createdAfter=yesterday',
    'createdBefore=2026-02-31',
    'callRef=',
    'x=1',
  ])('refuse %s naming the field', async (query) => {
    const answer = await gateway.ask('GET', `/v1/recordings?${query}`);
    expect([answer.status, answer.json()['code'], answer.json()['field']]).toEqual([
      400,
      'field.invalid',
      query.split('=')[0],
    ]);
  });
});

describe('another tenant', () => {
  it('sees its neighbour no more than what never was', async () => {
    const id = String(
      first(await recordings.start({ applicationId: flexml, source: UPLOAD, call: CALL, spec: {} }))['id'],
    );
    const unknown = '0'.repeat(24);
    const requests: [string, string][] = [
      ['GET', ''],
      ['GET', '/audio'],
      ['GET', '/events'],
      ['GET', '/deliveries'],
      ['PUT', '/source'],
      ...['stop', 'pause', 'resume', 'mask', 'unmask'].map((action): [string, string] => ['POST', `/${action}`]),
    ];
    for (const [method, rest] of requests) {
      const theirs = await gateway.ask(method, `/v1/recordings/${id}${rest}`, { key: BETA_KEY });
      const never = await gateway.ask(method, `/v1/recordings/${unknown}${rest}`, { key: BETA_KEY });
      expect([rest, theirs.status]).toEqual([rest, 404]);
      expect(theirs.text.replaceAll(id, unknown)).toBe(never.text);
    }
    const borrowed = await gateway.ask('POST', '/v1/recordings', {
      key: BETA_KEY,
      body: { applicationId: flexml, source: UPLOAD, call: CALL, spec: {} },
    });
    expect([borrowed.status, borrowed.json()['field']]).toEqual([404, 'applicationId']);
    const head = await gateway.ask('HEAD', `/v1/recordings/${id}/audio`, { key: BETA_KEY });
    expect(head.status).toBe(404);
  });
});

describe('credentials', () => {
  it('of documents, specs, addresses and settings are in no answer, no value of Redis and no log line', async () => {
    const sealed = {
      instructions: [
        {
          name: 'startRecording',
          options: {
            destinationUrl: 's3://calls/a.mp3',
            credentials: `KEY:${CANARY}:eu-west-1`,
            notificationEvents: true,
          },
        },
      ],
      action: { name: 'hangup' },
    };
    const started = await recordings.start({
      applicationId: sinch,
      source: UPLOAD,
      call: CALL,
      document: JSON.stringify(sealed),
      role: 'ice',
    });
    expect(started.status).toBe(201);
    const bad = await recordings.start({
      applicationId: sinch,
      source: UPLOAD,
      call: CALL,
      document: `{"instructions": "${CANARY}" oops`,
      role: 'ice',
    });
    expect(bad.status).toBe(400);
    const pages = [
      '/v1/recordings?limit=200',
      `/v1/recordings/${String(first(started)['id'])}`,
      '/v1/applications',
      `/v1/applications/${sinch}`,
    ];
    for (const page of pages) recordings.answers.push((await gateway.ask('GET', page)).text);
    const written = await gateway.everythingWritten();
    expect(written.length).toBeGreaterThan(10_000);
    for (const form of [
      CANARY,
      Buffer.from(CANARY).toString('base64'),
      Buffer.from(`user:${CANARY}`).toString('base64'),
    ]) {
      expect(written.includes(form)).toBe(false);
      expect(recordings.answers.join('\n').includes(form)).toBe(false);
    }
    expect(recordings.answers.join('\n')).not.toMatch(/sealedSecrets|tenantId|rgs1\./);
    expect(recordings.answers.join('\n')).not.toContain(gateway.runtime.config.dataDirectory);
  });
});

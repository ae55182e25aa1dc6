import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startStrictS3 } from '../../libs/storage/testing/index.js';
import { toneWav } from './testing/audio.js';
import { CALL, FileRecordings, first, UPLOAD } from './testing/file-recordings.js';
import { BETA_KEY, GatewayUnderTest, type Body } from './testing/gateway-under-test.js';
import { startHttpReceiver, type HttpReceiver } from './testing/http-receiver.js';

let gateway: GatewayUnderTest;
let recordings: FileRecordings;
let speech: Server;
let application: string;
/** What the engine answers to each request in turn; the last stays. */
let answers: ({ status: number; body: unknown } | 'nothing')[] = [];
let asked = 0;

beforeAll(async () => {
  speech = createServer((request, response) => {
    request.resume().on('end', () => {
      asked += 1;
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === undefined || answer === 'nothing') return;
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => speech.listen(0, '127.0.0.1', resolve));
  gateway = await GatewayUnderTest.start({
    works: true,
    configure: ({ transcription }) => {
      transcription.engine = 'openai';
      transcription.openaiUrl = `http://127.0.0.1:${(speech.address() as AddressInfo).port}`;
    },
  });
  recordings = new FileRecordings(gateway);
  application = await gateway.application('flexml', { storageUrl: gateway.url });
});

afterAll(async () => {
  await gateway.stop();
  speech.closeAllConnections();
  await new Promise((resolve) => speech.close(resolve));
});

const words = (...texts: string[]) => ({
  status: 200,
  body: {
    language: 'en',
    text: texts.join(' '),
    words: texts.map((word, index) => ({ word, start: index * 0.2, end: index * 0.2 + 0.1, probability: 0.2 + index * 0.4 })),
  },
});

async function recorded(rule: object, applicationId = application): Promise<string> {
  const started = await recordings.start({ applicationId, source: UPLOAD, call: CALL, spec: { transcription: rule } });
  const id = String(first(started)['id']);
  await recordings.deliver(id, toneWav(1));
  await gateway.until(id, 'available');
  return id;
}

const show = async (id: string): Promise<Body> => (await gateway.ask('GET', `/v1/recordings/${id}`)).json();

async function written(id: string): Promise<Body> {
  for (;;) {
    const body = await show(id);
    if (String(body['transcription']) !== 'pending') return body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const eventsOf = async (id: string): Promise<Body[]> =>
  (await gateway.ask('GET', `/v1/recordings/${id}/events`)).json()['items'] as unknown as Body[];
const told = async (id: string) => (await eventsOf(id)).filter(({ name }) => String(name).startsWith('transcription.'));

describe('a transcription', () => {
  it('is there as JSON, captions and text, and is told once with doubtful words replaced', async () => {
    answers = [words('call', 'me')];
    const id = await recorded({ lowConfidenceThreshold: 0.5, lowConfidenceReplacement: '_' });
    expect((await written(id))['transcription']).toBe('done');
    const path = `/v1/recordings/${id}/transcript`;
    const transcript = (await gateway.ask('GET', path)).json();
    expect(transcript).toMatchObject({ engine: 'openai', language: 'en', durationMs: 1000, text: 'call me' });
    expect(transcript['words']).toEqual([
      { text: 'call', startMs: 0, endMs: 100, confidence: 0.2, channel: 0, speaker: 'speaker 1' },
      { text: 'me', startMs: 200, endMs: 300, confidence: expect.closeTo(0.6), channel: 0, speaker: 'speaker 1' },
    ]);
    const captions = await gateway.ask('GET', `${path}?format=vtt`);
    expect([captions.headers.get('content-type'), captions.text]).toEqual([
      'text/vtt; charset=utf-8',
      'WEBVTT\n\n1\n00:00:00.000 --> 00:00:00.300\n<v speaker 1>call me</v>\n',
    ]);
    expect((await gateway.ask('GET', `${path}?format=text`)).text).toBe('[00:00:00] speaker 1: call me\n');
    expect((await gateway.ask('GET', `${path}?format=doc`)).json()['field']).toBe('format');
    expect((await told(id)).map(({ name, transcript: fact }) => [name, fact?.['text']])).toEqual([['transcription.available', '_ me']]);
  });

  it('of two channels is made channel by channel, so that it is certain who spoke', async () => {
    answers = [words('hello'), words('good', 'day')];
    asked = 0;
    const started = await recordings.start({
      applicationId: application,
      source: UPLOAD,
      call: CALL,
      spec: { channels: 2, transcription: {} },
    });
    const id = String(first(started)['id']);
    await recordings.deliver(id, toneWav(1));
    await written((await gateway.until(id, 'available'))['id'] as unknown as string);
    expect(asked).toBe(2);
    const { lines } = (await gateway.ask('GET', `/v1/recordings/${id}/transcript`)).json() as unknown as { lines: Body[] };
    expect(lines.map(({ speaker, channel, text }) => [speaker, channel, text])).toEqual([
      ['caller', 0, 'hello'],
      ['callee', 1, 'good day'],
    ]);
  });

  it('is asked for by `transcribe` of a Kazoo document, whose metadata says so (Kazoo contract §2.4, §6)', async () => {
    answers = [words('hello')];
    const apiKey = 'f0'.repeat(32);
    const kazoo = await gateway.application('kazoo', { apiKey, version: '5.x', storeRecordings: 'true' });
    const transcribed = async (transcribe: boolean): Promise<string> => {
      const document = JSON.stringify({ module: 'record_call', data: { transcribe } });
      const started = await recordings.start({ applicationId: kazoo, source: UPLOAD, call: CALL, document });
      const id = String(first(started)['id']);
      await recordings.deliver(id, toneWav(1));
      await gateway.until(id, 'available');
      return id;
    };
    const id = await transcribed(true);
    expect((await written(id))['transcription']).toBe('done');
    expect((await gateway.ask('GET', `/v1/recordings/${id}/transcript?format=text`)).text).toContain('caller: hello');
    expect((await written(await transcribed(false)))['transcription']).toBe('none');
    const login = await gateway.ask('PUT', '/kazoo/v2/api_auth', { key: null, body: { data: { api_key: apiKey } } });
    const { auth_token: token, data } = login.json() as unknown as { auth_token: string; data: { account_id: string } };
    const listed = await gateway.ask('GET', `/kazoo/v2/accounts/${data.account_id}/recordings?auth_token=${token}`);
    expect((listed.json()['data'] as unknown as Body[]).map(({ transcribe }) => transcribe)).toEqual([undefined, true]);
  });

  it('that fails leaves the recording as it is, and is told', async () => {
    answers = [{ status: 400, body: {} }];
    const id = await recorded({});
    expect((await written(id))['state']).toBe('available');
    const events = await told(id);
    expect(events.map(({ name }) => name)).toEqual(['transcription.failed']);
    expect(events[0]?.['failure']).toMatchObject({ stage: 'transcribe', message: 'openai answered 400' });
    const none = await gateway.ask('GET', `/v1/recordings/${id}/transcript`);
    expect([none.status, none.json()['code']]).toEqual([409, 'request.conflict']);
    expect((await gateway.ask('GET', `/v1/recordings/${id}/audio`)).status).toBe(200);
  });

  it('is tried again when the engine was busy', async () => {
    answers = [{ status: 503, body: {} }, words('late')];
    const id = await recorded({});
    expect((await written(id))['transcription']).toBe('done');
  });

  it('that takes too long is told to have timed out', async () => {
    answers = ['nothing'];
    const id = await recorded({ timeoutMs: 500 });
    expect((await written(id))['transcription']).toBe('timeout');
    expect((await told(id)).map(({ name }) => name)).toEqual(['transcription.timeout']);
  });

  it('holds nobody else up while its engine is dead', async () => {
    answers = ['nothing'];
    const dead = await Promise.all([1, 2, 3].map(() => recorded({ timeoutMs: 5000 })));
    const plain = await recordings.available(application);
    expect(plain['state']).toBe('available');
    expect(plain['transcription']).toBe('none');
    // Nor those who have another engine: theirs answers at once that there is none.
    const silent = await gateway.application('flexml', { storageUrl: gateway.url, transcriptionEngine: 'none' });
    const id = await recorded({}, silent);
    expect((await written(id))['transcription']).toBe('failed');
    expect(await Promise.all(dead.map(async (each) => (await show(each))['transcription']))).toContain('pending');
  });

  it('is gone with its recording, lies nowhere in clear, and is no business of another tenant', async () => {
    answers = [words('hemlock', 'peppercorn')];
    const id = await recorded({});
    await written(id);
    expect((await gateway.ask('GET', `/v1/recordings/${id}/transcript`, { key: BETA_KEY })).status).toBe(404);
    const store = gateway.runtime.ports.transcription?.store;
    expect(await store?.read({ tenantId: 'alpha', recordingId: id })).toMatchObject({ text: 'hemlock peppercorn' });
    await expect(store?.read({ tenantId: 'beta', recordingId: id })).rejects.toThrow();
    expect(await gateway.everythingWritten()).not.toContain('hemlock');
    expect(await gateway.filesHolding('hemlock')).toEqual([]);
    expect((await told(id)).map(({ transcript: fact }) => fact?.['text'])).toEqual(['hemlock peppercorn']);
    await gateway.ask('DELETE', `/v1/recordings/${id}`);
    expect((await told(id)).map(({ transcript: fact }) => fact?.['text'])).toEqual(['']);
    expect((await gateway.ask('GET', `/v1/recordings/${id}/transcript`)).status).toBe(409);
    expect(await store?.read({ tenantId: 'alpha', recordingId: id })).toBeNull();
  });
});

describe('as the vendors tell it', () => {
  let receiver: HttpReceiver;
  beforeAll(async () => {
    receiver = await startHttpReceiver();
  });
  afterAll(() => receiver.close());

  const bodiesAt = (path: string) => receiver.received.filter(({ url }) => url === path).map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  const told = async (path: string, count: number) => {
    while (bodiesAt(path).length < count) await new Promise((resolve) => setTimeout(resolve, 20));
    return bodiesAt(path);
  };

  it('FlexML: the callback has the text, doubtful words replaced (contract §3.1)', async () => {
    answers = [words('call', 'me')];
    const document = `<Response><Record transcribe="true" transcribeCallback="${receiver.url}/text" transcribeLowConfidenceWordThreshold="0.5"/></Response>`;
    const started = await recordings.start({ applicationId: application, source: UPLOAD, call: CALL, document });
    const id = String(first(started)['id']);
    await recordings.deliver(id, toneWav(1));
    const [body] = await told('/text', 1);
    const { names } = await written(id);
    expect(body).toMatchObject({
      RecordingSid: names?.['fileSid'],
      TranscriptionStatus: 'completed',
      TranscriptionText: '_ me',
      TranscriptionUrl: '',
      TranscriptionSid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('Sinch: the transcript lies beside the recording before it is told of (contract §2.4, §5)', async () => {
    answers = [words('first', 'turn')];
    const keys = { accessKeyId: 'AKIATRANSCRIPT000001', secretAccessKey: 'transcript secret' };
    const s3 = await startStrictS3({ ...keys, buckets: ['calls'] });
    try {
      const sinch = await gateway.application('sinch', {
        applicationSecret: 'BeIukql3pTKJ8RGL5zo0DA==',
        callbackUrl: `${receiver.url}/sinch`,
        s3Endpoint: s3.url,
      });
      const options = {
        destinationUrl: 's3://calls/my-recording.wav',
        credentials: `${keys.accessKeyId}:${keys.secretAccessKey}:eu-central-1`,
        format: 'wav',
        transcriptionOptions: { enabled: true, locale: 'en-US' },
      };
      const document = JSON.stringify({ instructions: [{ name: 'startRecording', options }], action: { name: 'continue' } });
      const started = await recordings.start({ applicationId: sinch, source: UPLOAD, call: CALL, document, role: 'ace' });
      const id = String(first(started)['id']);
      await recordings.deliver(id, toneWav(1));
      const notified = await told('/sinch', 3);
      expect(notified.map(({ type, destination }) => [type, destination])).toEqual([
        ['recording_finished', undefined],
        ['recording_available', 's3://calls/my-recording.wav'],
        ['transcription_available', 's3://calls/my-recording-transcript.json'],
      ]);
      expect(JSON.parse(s3.object('calls', 'my-recording-transcript.json')?.toString() ?? '')).toEqual({
        text: 'first turn',
        lines: [{ timestamp: 0, speakerLabel: 'Speaker 1', text: 'first turn' }],
      });
      expect((await gateway.ask('DELETE', `/v1/recordings/${id}`)).status).toBe(200);
      expect(s3.objects()).toEqual([]);
    } finally {
      await s3.close();
    }
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { parseWavHeader } from '#libs/media';
import { RecgateError, type HearingRequest, type PcmSource } from '#libs/recording-model';
import type { EngineHttp } from '../engine-http.js';
import { createDeepgramEngine } from './deepgram-engine.js';
import { createOpenaiEngine } from './openai-engine.js';

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let server: Server;
let base: string;
let received: Received[] = [];
let answer: { status: number; body: string } = { status: 200, body: '{}' };

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  received = [];
});

/** Sends as the gateway's client does: the length is said beforehand and has to be right. */
const http: EngineHttp = async ({ url, headers, contentLength, open, signal }) => {
  const init = { method: 'POST', headers: { ...headers, 'content-length': String(contentLength) }, body: Readable.toWeb(open()), duplex: 'half', signal };
  const response = await fetch(url, init as RequestInit);
  return { status: response.status, body: await response.text() };
};

/** Two seconds that rise, so that a mistake in the order of the samples shows. */
const AUDIO: PcmSource = {
  sampleRate: 8000,
  channels: 1,
  samples: 16_000,
  async *blocks() {
    const block = new Int16Array(4000);
    for (let at = 0; at < 16_000; at += block.length) yield block.map((_, index) => at + index);
  },
};

const request = (change: Partial<HearingRequest> = {}): HearingRequest => ({
  audio: AUDIO,
  language: 'en-GB',
  settings: {},
  secrets: {},
  signal: new AbortController().signal,
  ...change,
});

const only = (): Received => {
  expect(received.length).toBe(1);
  return received[0] as Received;
};

function expectWholeAudio(file: Buffer): void {
  const info = parseWavHeader(file);
  expect(info).toMatchObject({ codec: 'pcm16', sampleRate: 8000, channels: 1, samples: 16_000 });
  expect(file.readInt16LE(file.length - 2)).toBe(15_999);
}

const faultOf = async (hearing: Promise<unknown>): Promise<RecgateError> => {
  const thrown = await hearing.then(() => null, (error: unknown) => error);
  if (!(thrown instanceof RecgateError)) throw new Error(`not refused: ${String(thrown)}`);
  return thrown;
};

describe('the OpenAI-compatible engine', () => {
  const engine = (apiKey: string | null = 'sk-own') => createOpenaiEngine({ url: `${base}/`, model: 'whisper-1', apiKey }, http);

  it('sends the audio as a form, as the API wants it', async () => {
    answer = { status: 200, body: '{"text":""}' };
    await engine().hear(request());
    const { url, headers, body } = only();
    expect([url, headers.authorization]).toEqual(['/v1/audio/transcriptions', 'Bearer sk-own']);
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
    expect(Object.fromEntries([...form].filter(([name]) => name !== 'file'))).toEqual({
      model: 'whisper-1',
      response_format: 'verbose_json',
      'timestamp_granularities[]': 'word',
      language: 'en',
    });
    expectWholeAudio(Buffer.from(await (form.get('file') as File).arrayBuffer()));
  });

  it('takes model and key of the application, and no key where there is none', async () => {
    answer = { status: 200, body: '{"text":""}' };
    await engine().hear(request({ settings: { transcriptionModel: 'large-v3' }, secrets: { transcriptionKey: 'sk-app' } }));
    expect(only().headers.authorization).toBe('Bearer sk-app');
    expect(only().body.toString('latin1')).toContain('\r\n\r\nlarge-v3\r\n');
    received = [];
    await engine(null).hear(request());
    expect(only().headers.authorization).toBeUndefined();
  });

  it('reads the words that stand beside the segments', async () => {
    const words = [{ word: ' Hello', start: 0.1, end: 0.5 }, { word: 'world.', start: 0.6, end: 9 }];
    answer = { status: 200, body: JSON.stringify({ language: 'english', text: 'Hello world.', words }) };
    expect(await engine().hear(request())).toEqual({
      language: 'english',
      words: [
        { text: 'Hello', startMs: 100, endMs: 500, confidence: null, speaker: null },
        { text: 'world.', startMs: 600, endMs: 2000, confidence: null, speaker: null },
      ],
    });
  });

  it('reads the words within the segments, with their probabilities', async () => {
    const segments = [{ text: 'Hi', words: [{ word: 'Hi', start: 1, end: 1.2, probability: 0.25 }] }];
    answer = { status: 200, body: JSON.stringify({ segments }) };
    expect((await engine().hear(request())).words).toEqual([{ text: 'Hi', startMs: 1000, endMs: 1200, confidence: 0.25, speaker: null }]);
  });

  it('makes do with segments, and with text alone', async () => {
    answer = { status: 200, body: JSON.stringify({ segments: [{ text: ' one two', start: 0, end: 1.5 }] }) };
    expect((await engine().hear(request())).words).toEqual([{ text: 'one two', startMs: 0, endMs: 1500, confidence: null, speaker: null }]);
    answer = { status: 200, body: '{"text":"three"}' };
    expect((await engine().hear(request())).words).toEqual([{ text: 'three', startMs: 0, endMs: 2000, confidence: null, speaker: null }]);
  });
});

describe('the Deepgram engine', () => {
  const engine = (apiKey: string | null = 'dg-own') => createDeepgramEngine({ url: base, model: 'nova-3', apiKey }, http);

  it('sends the WAV itself, with language, model and key', async () => {
    answer = { status: 200, body: JSON.stringify({ results: { channels: [{ alternatives: [{ transcript: '' }] }] } }) };
    await engine().hear(request());
    const { url, headers, body } = only();
    expect(url).toBe('/v1/listen?model=nova-3&smart_format=true&diarize=true&language=en-GB');
    expect([headers.authorization, headers['content-type']]).toEqual(['Token dg-own', 'audio/wav']);
    expectWholeAudio(body);
    received = [];
    await engine().hear(request({ language: null }));
    expect(only().url).toContain('detect_language=true');
  });

  it('reads words with confidence and speakers', async () => {
    const words = [
      { word: 'hello', punctuated_word: 'Hello,', start: 0.08, end: 0.4, confidence: 0.98, speaker: 0 },
      { word: 'hi', start: 0.5, end: 0.7, confidence: 0.5, speaker: 1 },
    ];
    answer = {
      status: 200,
      body: JSON.stringify({ results: { channels: [{ detected_language: 'en', alternatives: [{ transcript: 'Hello, hi', words }] }] } }),
    };
    expect(await engine().hear(request())).toEqual({
      language: 'en',
      words: [
        { text: 'Hello,', startMs: 80, endMs: 400, confidence: 0.98, speaker: 'speaker 1' },
        { text: 'hi', startMs: 500, endMs: 700, confidence: 0.5, speaker: 'speaker 2' },
      ],
    });
  });

  it('is not asked without a key', async () => {
    expect((await faultOf(engine(null).hear(request()))).code).toBe('field.missing');
    expect(received).toEqual([]);
  });
});

describe.each([
  ['openai', () => createOpenaiEngine({ url: base, model: 'm', apiKey: 'sk-canary-key' }, http)],
  ['deepgram', () => createDeepgramEngine({ url: base, model: 'm', apiKey: 'sk-canary-key' }, http)],
])('what %s answers wrongly', (_name, engine) => {
  it.each([
    [503, '{}', true],
    [429, '{}', true],
    [401, '{"error":"sk-canary-key"}', false],
    [400, 'unknown language', false],
    [200, '<html>not what was asked for</html>', false],
  ])('%i %s is an error (to be tried again: %s) that shows no key', async (status, body, retry) => {
    answer = { status, body };
    const fault = await faultOf(engine().hear(request()));
    expect([fault.code, fault.retry]).toEqual([retry ? 'outbound.failed' : 'outbound.refused', retry]);
    expect(fault.message).not.toContain('canary');
  });

  it('is never taken for silence where JSON is of another shape', async () => {
    for (const body of ['[]', 'null', '"text"', '{}', '{"error":"busy"}', '{"words":[1,{"word":7}],"results":{"channels":5},"text":3}']) {
      answer = { status: 200, body };
      expect((await faultOf(engine().hear(request()))).code).toBe('outbound.refused');
    }
  });
});

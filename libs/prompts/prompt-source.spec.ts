import { createCipheriv } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RecgateError, type FileFacts, type MediaRequest } from '#libs/recording-model';
import type { AudioHttp } from './audio-http.js';
import { createAudioDecoder } from './decoding/audio-decoder.js';
import type { MediaFileSources } from './files/media-files.js';
import { createPromptSource } from './prompt-source.js';
import { createHttpEngine } from './speech/http-engine.js';
import { encoded, MONO_MP3, tone, tonePart, wavFile } from './testing/audio-files.js';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const never = new AbortController().signal;
const decoder = createAudioDecoder({ threads: 1, timeoutMs: 20_000 });
const seen: Seen[] = [];
let answer: Answer;
let server: Server;
let origin = '';

beforeAll(async () => {
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen.length = 0;
  answer = sends(wavFile('pcm16', 8000, tone(8000)));
});
afterAll(async () => {
  await decoder.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '', headers } = request;
  const body = Buffer.concat(await request.toArray()).toString();
  seen.push({ method, path, authorization: headers.authorization, body });
  answer(response, request);
}

function sends(file: Uint8Array, contentType = 'application/octet-stream', status = 200): Answer {
  return (response) => response.writeHead(status, { 'content-type': contentType }).end(file);
}

/** Not guarded: what may be asked is the guarded client's matter. */
const http: AudioHttp = async ({ method, url, headers, body, userinfo, signal }) => {
  const basic = userinfo === null ? {} : { authorization: `Basic ${Buffer.from(userinfo).toString('base64')}` };
  const response = await fetch(url, { method, signal, headers: { ...headers, ...basic }, body: body ?? null });
  const { status } = response;
  const stream = response.body === null ? Readable.from([]) : Readable.from(response.body);
  return { status, contentType: response.headers.get('content-type'), body: stream };
};

const STORED: Readonly<Record<string, Buffer>> = {
  'a b/plain.wav': wavFile('pcm16', 8000, tone(8000, 111)),
  '/rest_api/recordings/1.wav': wavFile('pcm16', 8000, tone(8000, 222)),
  'raw.ul': Buffer.from(encoded('mulaw', tone(8000, 333))),
};

const sources: MediaFileSources = {
  http,
  files: {
    stat: ({ tenantId, applicationId, name }) => {
      const file = tenantId === 't' && applicationId === 'a' ? STORED[name] : undefined;
      return Promise.resolve(
        file === undefined ? null : ({ name, sizeBytes: file.length, contentType: '' } as FileFacts),
      );
    },
    open: ({ name }) => Readable.from([STORED[name]]),
  },
  ownLink: (url) => {
    if (url.host !== 'recgate.example') return Promise.resolve(null);
    if (url.pathname !== '/f/sid')
      return Promise.reject(new RecgateError('request.not_found', 'There is no such file'));
    return Promise.resolve({ contentType: null, body: Readable.from([MONO_MP3]) });
  },
};

function prompts(apiKey: string | null = 'key-of-the-server') {
  const engine = createHttpEngine({ url: `${origin}/v1/audio/speech`, apiKey, model: 'm-1', voice: 'nova' }, http);
  return createPromptSource({ engine, decoder, sources });
}

function media(url: string, more: Partial<MediaRequest> = {}): MediaRequest {
  return { tenantId: 't', applicationId: 'a', url, userinfo: null, decryption: null, secrets: {}, ...more };
}

const say = (text: string) => ({ text, language: 'en-US', voice: 'woman' });

describe('speaking through a server', () => {
  it('asks as OpenAI documents it and plays what comes back', async () => {
    answer = sends(MONO_MP3, 'audio/mpeg');
    const source = prompts();
    expect(source.speaks).toBe(true);
    const audio = await source.speak(say('Hello “you”'), never);
    expect(tonePart(audio)).toBeGreaterThan(0.98);
    expect(seen).toEqual([
      { method: 'POST', path: '/v1/audio/speech', authorization: 'Bearer key-of-the-server', body: expect.any(String) },
    ]);
    const body: unknown = JSON.parse(seen[0]?.body ?? '');
    expect(body).toEqual({ model: 'm-1', voice: 'nova', input: 'Hello “you”', response_format: 'wav' });
  });

  it('sends no authorization without a key', async () => {
    await prompts(null).speak(say('Hello'), never);
    expect(seen[0]?.authorization).toBeUndefined();
  });

  it('remembers what was said, up to 64 texts', async () => {
    const source = prompts();
    const first = await source.speak(say('0'), never);
    expect(await source.speak(say('0'), never)).toBe(first);
    expect(seen).toHaveLength(1);
    for (let i = 1; i <= 64; i++) await source.speak(say(String(i)), never);
    await source.speak(say('64'), never);
    expect(seen).toHaveLength(65);
    await source.speak(say('0'), never);
    expect(seen).toHaveLength(66);
  });

  it.each<[string, Answer]>([
    ['refuses', sends(Buffer.from('bad key: key-of-the-server'), 'text/plain', 401)],
    ['answers with text', sends(Buffer.from('{"error":"no"}'), 'application/json')],
    ['answers with nothing', sends(Buffer.alloc(0), 'audio/wav')],
  ])('says so when the server %s, without the key', async (_, given) => {
    answer = given;
    const failure = prompts().speak(say('Hello'), never);
    await expect(failure).rejects.toMatchObject({ code: 'outbound.failed' });
    await expect(failure).rejects.not.toThrow(/key-of-the-server/);
  });

  it('does not speak what is too long, or without an engine', async () => {
    await expect(prompts().speak(say('a'.repeat(8193)), never)).rejects.toMatchObject({ code: 'outbound.failed' });
    const mute = createPromptSource({ engine: null, decoder, sources });
    expect(mute.speaks).toBe(false);
    await expect(mute.speak(say('Hello'), never)).rejects.toMatchObject({ code: 'outbound.failed' });
    expect(seen).toEqual([]);
  });
});

describe('fetching files', () => {
  it('downloads with the credentials of the document and plays', async () => {
    const audio = await prompts().fetch(media(`${origin}/a/tone.wav?x=1`, { userinfo: 'anna:geheim' }), never);
    expect(tonePart(audio)).toBeGreaterThan(0.98);
    const authorization = `Basic ${Buffer.from('anna:geheim').toString('base64')}`;
    expect(seen).toEqual([{ method: 'GET', path: '/a/tone.wav?x=1', authorization, body: '' }]);
  });

  it('plays raw µ-law by its type', async () => {
    answer = sends(encoded('mulaw', tone(8000, 777)), 'audio/basic');
    expect((await prompts().fetch(media(`${origin}/x`), never)).samples).toHaveLength(777);
  });

  it('decrypts; a wrong key is the file’s fault', async () => {
    const cipher = createCipheriv('aes-128-cbc', Buffer.alloc(16, 1), Buffer.alloc(16, 2));
    answer = sends(Buffer.concat([cipher.update(MONO_MP3), cipher.final()]));
    const decryption = { key: '01'.repeat(16), vector: '02'.repeat(16) };
    expect((await prompts().fetch(media(`${origin}/e`, { decryption }), never)).samples).toHaveLength(10_000);
    const wrong = prompts().fetch(media(`${origin}/e`, { decryption: { ...decryption, key: '03'.repeat(16) } }), never);
    await expect(wrong).rejects.toMatchObject({ code: 'media.format' });
    await expect(wrong).rejects.not.toThrow(/0303/);
  });

  it('finds files of the own store, with or without a leading slash, of the application alone', async () => {
    const source = prompts();
    const lengthOf = async (url: string, more: Partial<MediaRequest> = {}): Promise<number> =>
      (await source.fetch(media(url, more), never)).samples.length;
    expect(await lengthOf('media:///a%20b/plain.wav')).toBe(111);
    expect(await lengthOf('media:///rest_api/recordings/1.wav')).toBe(222);
    expect(await lengthOf('media:///raw.ul')).toBe(333);
    expect(await lengthOf('https://recgate.example/f/sid')).toBe(10_000);
    for (const [url, more] of [
      ['media:///absent.wav', {}],
      ['media:///raw.ul', { applicationId: 'other' }],
      ['media:///raw.ul', { tenantId: 'other' }],
      ['media://other/raw.ul', {}],
      ['media:///%ff', {}],
      ['https://recgate.example/f/absent', {}],
    ] as const)
      await expect(lengthOf(url, more)).rejects.toMatchObject({ code: 'request.not_found' });
    expect(seen).toEqual([]);
  });

  it('refuses bad answers and says no more of the address than its host', async () => {
    answer = sends(Buffer.from('gone'), 'text/plain', 404);
    const gone = prompts().fetch(media(`${origin}/secret-path?token=secret`, { userinfo: 'u:secret' }), never);
    await expect(gone).rejects.toMatchObject({ code: 'outbound.failed' });
    await expect(gone).rejects.not.toThrow(/secret/);
    answer = sends(Buffer.from('<html>'), 'text/html');
    await expect(prompts().fetch(media(`${origin}/`), never)).rejects.toMatchObject({ code: 'media.format' });
    await expect(prompts().fetch(media('not a url'), never)).rejects.toMatchObject({ code: 'outbound.refused' });
  });

  it('stops reading a file that is too large', async () => {
    let sent = 0;
    answer = (response) => {
      const chunk = Buffer.alloc(1024 * 1024, 0x7f);
      const endless = Readable.from(
        (function* () {
          for (;;) {
            sent += chunk.length;
            yield chunk;
          }
        })(),
      );
      endless.pipe(response.on('close', () => endless.destroy()));
    };
    await expect(prompts().fetch(media(`${origin}/big.ul`), never)).rejects.toMatchObject({ code: 'media.format' });
    expect(sent).toBeLessThan(80 * 1024 * 1024);
  });

  it('stops when nobody waits any more', async () => {
    const asked = Promise.withResolvers<void>();
    answer = (response) => {
      response.writeHead(200).write('RIFF');
      asked.resolve();
    };
    const stop = new AbortController();
    const running = prompts().fetch(media(`${origin}/slow.wav`), stop.signal);
    await asked.promise;
    stop.abort(new Error('hung up'));
    await expect(running).rejects.toThrow('hung up');
  });
});

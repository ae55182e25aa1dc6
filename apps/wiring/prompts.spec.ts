import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig, type SpeechConfig } from '#libs/config';
import { createMemoryLedger } from '#libs/ledger';
import { writeTone, writeWavHeader } from '#libs/media';
import { FileCatalogue, type CataloguePorts } from '#libs/orchestration';
import type { FileStore, MediaRequest } from '#libs/recording-model';
import { MediaStore } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { createFileStore } from './file-store.js';
import { createOutbound, type Outbound } from './outbound.js';
import { createPrompts, type Prompts } from './prompts.js';
import { randomIds } from './random-ids.js';
import { openPublicFile } from './stored-audio.js';

const PUBLIC_URL = 'https://recgate.example/base/';
const API_KEY = 'canary-of-the-speech-server';
const never = new AbortController().signal;
const plain = { userinfo: null, decryption: null, secrets: {} };

let directory = '';
let ports: CataloguePorts & { readonly files: FileStore };
let server: Server;
let origin = '';
const arrived: string[] = [];
let logged = '';
const running: (Prompts | Outbound)[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'prompts-'));
  const files = createFileStore(new MediaStore({ root: join(directory, 'media') }));
  const clock = { now: () => new Date() };
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  ports = { ledger: createMemoryLedger(), files, clock, ids: randomIds, adapters: VENDOR_ADAPTERS, log: quiet };
  server = createServer((request, response) => {
    arrived.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
    request.resume();
    if (request.url === '/moved') response.writeHead(302, { location: '/tone.wav' }).end();
    else if (request.url === '/broken') response.writeHead(200, { 'content-length': '100000' }).write('RIFF', () => response.destroy());
    else response.writeHead(200).end(wav(1234));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.close()));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

function wav(samples: number): Buffer {
  const audio = new Int16Array(samples);
  writeTone(audio, 0, samples, { frequencyHz: 440, sampleRate: 8000, amplitude: 5000 });
  return Buffer.concat([writeWavHeader({ codec: 'pcm16', sampleRate: 8000, channels: 1, samples }), new Uint8Array(audio.buffer)]);
}

function started(speech: Partial<SpeechConfig>, open: boolean, searchPath = process.env['PATH'] ?? ''): Prompts {
  const config = loadConfig({ environment: {} });
  Object.assign(config.speech, speech);
  Object.assign(config, { publicUrl: PUBLIC_URL });
  Object.assign(config.outbound, { allowHttp: open, allowPrivateNetworks: open });
  const outbound = createOutbound(config.outbound);
  logged = '';
  const log = createLogger('warn', { write: (line) => (logged += line) });
  const publishedFile = (sid: string) => openPublicFile(ports, sid);
  const prompts = createPrompts({ config, client: outbound.client, files: ports.files, publishedFile, log, searchPath });
  running.push(prompts, outbound);
  return prompts;
}

function media(url: string, applicationId = 'shop'): MediaRequest {
  return { ...plain, tenantId: 'main', applicationId, url };
}

describe('createPrompts', () => {
  it('speaks with espeak-ng where it is installed', async () => {
    const prompts = started({}, false);
    expect(prompts.speaks).toBe(true);
    const { samples, sampleRate } = await prompts.speak({ text: 'Good morning', language: 'en-GB', voice: 'woman' }, never);
    expect(sampleRate).toBe(16_000);
    expect(samples.length).toBeGreaterThan(sampleRate / 2);
    expect(samples.some((sample) => Math.abs(sample) > 3000)).toBe(true);
    expect(logged).toBe('');
  });

  it.each(['auto', 'espeak'] as const)('warns and stays silent where it is not (%s)', (engine) => {
    expect(started({ engine }, false, directory).speaks).toBe(false);
    expect(logged).toContain('espeak-ng is not installed');
  });

  it('stays silent without a warning when told so', () => {
    expect(started({ engine: 'none' }, false).speaks).toBe(false);
    expect(logged).toBe('');
  });

  it('asks a speech server on the own network although documents may name none there; the key is nowhere else', async () => {
    const prompts = started({ engine: 'http', url: `${origin}/v1/audio/speech`, apiKey: API_KEY }, false);
    const { samples } = await prompts.speak({ text: 'Good morning', language: null, voice: null }, never);
    expect(samples).toHaveLength(1234);
    expect(arrived.at(-1)).toBe(`POST /v1/audio/speech Bearer ${API_KEY}`);
    expect(logged).not.toContain(API_KEY);
    await expect(prompts.fetch(media(`${origin}/tone.wav`), never)).rejects.toMatchObject({ code: 'outbound.refused' });
  });

  it('downloads where addresses are open, over redirects; says when the answer breaks off', async () => {
    const prompts = started({ engine: 'none' }, true);
    const request = { ...media(`${origin}/moved`), userinfo: 'anna:geheim' };
    expect((await prompts.fetch(request, never)).samples).toHaveLength(1234);
    expect(arrived.at(-1)).toBe(`GET /tone.wav Basic ${Buffer.from('anna:geheim').toString('base64')}`);
    await expect(prompts.fetch(media(`${origin}/broken`), never)).rejects.toMatchObject({ code: 'outbound.failed' });
  });

  it('plays files of the own store and its public links without asking itself', async () => {
    const prompts = started({ engine: 'none' }, false);
    const owner = { tenantId: 'main', applicationId: 'shop' };
    const catalogue = FileCatalogue.of(ports, 'flexml', owner);
    if (catalogue === null) throw new Error('no catalogue');
    await catalogue.containers.create('c', { bytes: 1e6, files: 10 }, {});
    const file = { sid: 'abc', container: 'c', extension: 'wav', contentType: 'audio/x-wav', fields: {} };
    await catalogue.upload(file, Readable.from([wav(77)]));
    const stray = { contentType: 'audio/x-wav', container: null, metadata: {} };
    await ports.files.write({ ...owner, name: 'f/stray.wav' }, wav(78), stray);
    const lengthOf = async (url: string, application?: string): Promise<number> =>
      (await prompts.fetch(media(url, application), never)).samples.length;
    expect(await lengthOf('media:///f/abc.wav')).toBe(77);
    await expect(lengthOf('media:///f/abc.wav', 'other')).rejects.toMatchObject({ code: 'request.not_found' });
    expect(await lengthOf('https://RECGATE.example:443/base/f/abc', 'other')).toBe(77);
    expect(await lengthOf('https://recgate.example/base/f/abc.wav?x=1')).toBe(77);
    expect(await lengthOf('https://recgate.example/base/carrierx/f/abc')).toBe(77);
    for (const name of ['absent', '..%2fabc', 'stray', 'stray.wav']) {
      await expect(lengthOf(`https://recgate.example/base/f/${name}`)).rejects.toMatchObject({ code: 'request.not_found' });
    }
  });
});

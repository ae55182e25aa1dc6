import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CALLER_HZ, channelOf, writeWav } from './testing/audio.js';
import { SimulateRunner, temporaryDirectory } from './testing/run.js';

const directory = temporaryDirectory();
const runner = new SimulateRunner(directory);
const audio = writeWav(join(directory, 'tone.wav'), channelOf({ hz: CALLER_HZ, s: 4 }));
const received: { readonly method: string; readonly path: string; readonly query: URLSearchParams; readonly size: number }[] = [];
let answers: Readonly<Record<string, string>> = {};
let base = '';

const server = createServer((request, response) => {
  let size = 0;
  request.on('data', (chunk: Buffer) => (size += chunk.length));
  request.on('end', () => {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '', base);
    received.push({ method: request.method ?? '', path, query, size });
    response.setHeader('content-type', 'application/xml').end(answers[path] ?? '');
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received.length = 0;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const pivot = (): string => JSON.stringify({ module: 'pivot', data: { voice_url: `${base}/ivr/start`, req_format: 'twiml' } });
const send = { audio, deliver: true, allowPrivate: true } as const;

describe('simulate: Kazoo Pivot in TwiML', () => {
  it('records, sends the file, tells action of it and goes on with its answer', async () => {
    answers = {
      '/ivr/start': '<Response><Record action="done" recordingUrl="/kzr" maxLength="2" playBeep="false"/><Say>never</Say></Response>',
      '/ivr/done': '<Response><Record recordingUrl="/second" maxLength="1" playBeep="false"/><Hangup/></Response>',
    };
    const { exitCode, of } = await runner.run('kazoo', pivot(), send);
    expect(exitCode).toBe(0);
    expect(of('result')).toMatchObject([
      { state: 'available', reason: 'maxDuration', durationMs: 2000, stored: true },
      { state: 'available', reason: 'maxDuration', durationMs: 1000, stored: true },
    ]);
    const at = (path: RegExp) => received.find((request) => path.test(request.path));
    const upload = at(/^\/kzr\//);
    const action = at(/^\/ivr\/done$/);
    expect(upload).toMatchObject({ method: 'PUT', size: expect.any(Number) });
    expect(upload?.size).toBeGreaterThan(1000);
    expect(action?.method).toBe('GET');
    const told = new URL(action?.query.get('RecordingUrl') ?? '');
    expect([told.origin, told.pathname]).toEqual([base, upload?.path]);
    expect(action?.query.get('RecordingDuration')).toBe('2');
    expect(action?.query.get('RecordingSid')).toMatch(/^[0-9a-f]{32}\.mp3$/);
    expect(at(/^\/ivr\/start$/)?.query.get('CallSid')).toBe(action?.query.get('CallSid'));
    expect(at(/^\/second\//)).toBeDefined();
  });

  it('an answer that is no XML ends the flow and names the place; the recording is kept', async () => {
    answers = {
      '/ivr/start': '<Response><Record action="done" recordingUrl="/kzr" maxLength="1"/></Response>',
      '/ivr/done': '<Response>\n  <Say>Bye</Response>',
    };
    const { of } = await runner.run('kazoo', pivot(), send);
    expect(of('result')).toMatchObject([{ state: 'available', stored: true }]);
    expect(of('warning').map(({ message }) => message)).toEqual([expect.stringMatching(/not well-formed: 2:/)]);
  });
});

import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CALLER_HZ, channelOf, writeWav } from './testing/audio.js';
import { SimulateRunner, temporaryDirectory } from './testing/run.js';

interface Received {
  readonly request: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const directory = temporaryDirectory();
const runner = new SimulateRunner(directory);
const audio = writeWav(join(directory, 'tone.wav'), channelOf({ hz: CALLER_HZ, s: 3 }));
const received: Received[] = [];
let answers: Readonly<Record<string, string>> = {};
let base = '';

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const path = (request.url ?? '').replace(/\?.*/, '');
    received.push({ request: `${request.method} ${path}`, headers: request.headers, body: Buffer.concat(chunks) });
    response.statusCode = path === '/broken' ? 500 : 200;
    response.end(answers[path] ?? '');
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received.length = 0;
  answers = {};
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const send = { audio, deliver: true, allowPrivate: true } as const;

describe('simulate --deliver', () => {
  it('asks the application and tells it, as the output says', async () => {
    answers = { '/next': '<Response><Record maxLength="1" finishOnKey="none"/></Response>' };
    const document = `<Response><Record maxLength="1" action="/next" recordingStatusCallback="${base.replace('//', '//user:canary-pw@')}/status"/></Response>`;
    const { exitCode, of, stdout } = await runner.run('flexml', document, { ...send, documentUrl: `${base}/first` });
    expect(exitCode).toBe(0);
    expect(received.map(({ request }) => request)).toEqual(['POST /next', 'POST /status']);
    expect(received[1]?.headers.authorization).toBe(`Basic ${Buffer.from('user:canary-pw').toString('base64')}`);
    expect(of('request').map(({ body }) => body)).toEqual(received.map(({ body }) => body.toString()));
    expect(of('request')[1]).toMatchObject({ answer: { status: 200, error: null } });
    expect(of('accounting')).toHaveLength(2);
    expect(of('result')).toHaveLength(2);
    expect(stdout).not.toContain('canary');
  });

  it('uploads the file and says that it is stored', async () => {
    const document = JSON.stringify({
      module: 'record_call',
      data: { action: 'start', format: 'wav', url: `${base}/kzr` },
    });
    const { of } = await runner.run('kazoo', document, { ...send });
    expect(received.map(({ request }) => request)).toEqual([expect.stringMatching(/^PUT \/kzr\/call_recording_/)]);
    const [result] = of('result');
    expect(result).toMatchObject({ state: 'available', stored: true });
    expect(
      createHash('sha256')
        .update(received[0]?.body ?? '')
        .digest('hex'),
    ).toBe(result?.sha256);
    expect(readFileSync(result?.file ?? '')).toEqual(received[0]?.body);
  });

  it('a destination that fails fails the recording; the file is kept all the same', async () => {
    const document = JSON.stringify({
      module: 'record_call',
      data: { action: 'start', format: 'wav', url: `${base}/broken?name=` },
    });
    const { of, exitCode } = await runner.run('kazoo', document, { ...send });
    expect(exitCode).toBe(0);
    expect(of('result')).toMatchObject([
      { state: 'failed', reason: expect.stringMatching(/^destination\./), failure: { blame: 'destination' } },
    ]);
    expect(readFileSync(of('result')[0]?.file ?? '').length).toBeGreaterThan(1000);
  });

  it('goes to no private address unless that is allowed, and nowhere without being asked to', async () => {
    const document = `<Response><Record maxLength="1" action="/next" recordingStatusCallback="/status"/></Response>`;
    const refused = await runner.run('flexml', document, { audio, deliver: true, documentUrl: `${base}/first` });
    expect(refused.of('warning').map(({ message }) => message)).toEqual([expect.stringContaining('/next')]);
    const silent = await runner.run('flexml', document, { audio, documentUrl: `${base}/first` });
    expect(silent.requests).toHaveLength(2);
    expect(received).toEqual([]);
  });
});

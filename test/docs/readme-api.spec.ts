import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { startAllRoles, type AllRoles } from '../../apps/wiring/all-roles.js';
import { readProjectFile } from './markdown.js';
import { fillIn, requestsIn, type ReadmeRequest } from './readme-requests.js';

/** How long the caller speaks before the next request, ms. */
const SPEECH_MS = 1200;
const PATIENCE_MS = 20_000;

let directory = '';
let roles: AllRoles;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'recgate-readme-'));
  const config = loadConfig({ environment: {} });
  config.dataDirectory = directory;
  config.http.port = 0;
  config.media.websocketPort = 0;
  roles = await startAllRoles(config, createLogger('silent'));
});

afterAll(async () => {
  await roles.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('the requests of the README, one after the other', () => {
  it('make an application, a call and a recording that is downloaded', async () => {
    const variables = new Map<string, string>();
    let audio = new Uint8Array();
    for (const request of requestsIn(readProjectFile('README.md'))) {
      if (request.path.endsWith('/audio')) await untilAvailable(variables.get('REC') ?? '');
      const response = await send(request, variables);
      expect({ path: request.path, ok: response.ok }).toEqual({ path: request.path, ok: true });
      if (request.path.endsWith('/audio')) audio = new Uint8Array(await response.arrayBuffer());
      else await learnFrom(request.path, await response.text(), variables);
    }
    expect(Buffer.from(audio.subarray(0, 4)).toString()).toBe('RIFF');
    expect(audio.length).toBeGreaterThan(8000);
  });
});

function send({ method, path, body }: ReadmeRequest, variables: ReadonlyMap<string, string>): Promise<Response> {
  const headers = {
    authorization: `Bearer ${roles.runtime.apiKeys.generated?.key ?? ''}`,
    'content-type': 'application/json',
  };
  const url = `${roles.gateway.url}/v1${fillIn(path, variables)}`;
  return fetch(url, { method, headers, ...(body === null ? {} : { body: fillIn(body, variables) }) });
}

/** What a reader takes over from the answers; the caller speaks while the recording runs. */
async function learnFrom(path: string, answer: string, variables: Map<string, string>): Promise<void> {
  if (path === '/applications') variables.set('APP', (JSON.parse(answer) as { id: string }).id);
  if (path === '/calls') {
    const call = JSON.parse(answer) as { callRef: string; media: { caller: { address: string } } };
    variables.set('CALL', call.callRef);
    variables.set('ADDRESS', call.media.caller.address);
  }
  if (path.endsWith('/instructions')) {
    const [recording = ''] = (JSON.parse(answer) as { recordings: string[] }).recordings;
    variables.set('REC', recording);
    await speak(variables.get('ADDRESS') ?? '');
  }
}

/** A tone as PCMU over RTP, in real time. */
async function speak(address: string): Promise<void> {
  const [host = '', port = ''] = address.split(':');
  const socket = createSocket('udp4');
  for (let number = 0; number * 20 < SPEECH_MS; number += 1) {
    const packet = Buffer.alloc(172);
    packet.writeUInt8(0x80, 0);
    packet.writeUInt16BE(number, 2);
    packet.writeUInt32BE(number * 160, 4);
    packet.writeUInt32BE(0x5eed, 8);
    // 400 Hz square wave: 10 samples up, 10 down.
    for (let sample = 0; sample < 160; sample += 1) packet[12 + sample] = sample % 20 < 10 ? 0x9f : 0x1f;
    socket.send(packet, Number(port), host);
    await pause(20);
  }
  socket.close();
}

async function untilAvailable(recordingId: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const response = await send({ method: 'GET', path: `/recordings/${recordingId}`, body: null }, new Map());
    const { state } = (await response.json()) as { state: string };
    if (state === 'available') return;
    if (Date.now() > deadline) throw new Error(`The recording is still ${state}`);
    await pause(50);
  }
}

import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '#libs/config';
import { parseWavHeader } from '#libs/media';
import { isTerminal, type RecordingState } from '#libs/recording-model';
import { createLogger } from '#libs/telemetry';
import { startAllRoles, type AllRoles } from '../../apps/wiring/all-roles.js';
import { PROJECT_ROOT, readProjectFile } from './markdown.js';
import { fillIn, requestsIn, type ReadmeRequest } from './readme-requests.js';

/** How long the caller speaks before the next request, ms. */
const SPEECH_MS = 2500;
/** Begins with half a second of silence. */
const SPEECH = 'test/fixtures/audio/speech-male-8k-mulaw.wav';
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

/** Speech as PCMU over RTP, in real time. */
async function speak(address: string): Promise<void> {
  const speech = readFileSync(join(PROJECT_ROOT, SPEECH));
  const { dataOffset } = parseWavHeader(speech);
  const [host = '', port = ''] = address.split(':');
  const socket = createSocket('udp4');
  for (let number = 0; number * 20 < SPEECH_MS; number += 1) {
    const header = Buffer.alloc(12);
    header.writeUInt8(0x80, 0);
    header.writeUInt16BE(number, 2);
    header.writeUInt32BE(number * 160, 4);
    header.writeUInt32BE(0x5eed, 8);
    const from = dataOffset + number * 160;
    socket.send(Buffer.concat([header, speech.subarray(from, from + 160)]), Number(port), host);
    await pause(20);
  }
  socket.close();
}

async function untilAvailable(recordingId: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const response = await send({ method: 'GET', path: `/recordings/${recordingId}`, body: null }, new Map());
    const { state } = (await response.json()) as { state: RecordingState };
    if (state === 'available') return;
    if (isTerminal(state) || Date.now() > deadline) throw new Error(`The recording is ${state}, not available`);
    await pause(50);
  }
}

import { describe, it, expect } from '@jest/globals';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { decodeMulaw, encodeMulaw, goertzelPower } from '#libs/media';
import { finished, OwnerLog, record, sleep } from '../../testing/recorded-call.js';
import { Platform, withServer, type ServedNode } from '../../testing/platform.js';
import { findAudio, markedAudio } from '../../testing/rtp-sender.js';
import { testSpec } from '../../testing/specs.js';
import type { LiveCallMedia } from '../live-call-media.js';
import type { LiveCallListener, StreamOptions } from '../media-node.js';

const TOKEN = 'a-token-of-some-length';

class StreamOwner extends OwnerLog implements LiveCallListener {
  ended = 0;

  streamEnded(): void {
    this.ended++;
  }
}

async function open({ node, spool, base }: ServedNode, stream: Partial<StreamOptions> & Pick<StreamOptions, 'dialect'>, spec = {}) {
  const owner = new StreamOwner();
  const call: LiveCallMedia = await node.openCall({
    callRef: 'c',
    legs: [{ kind: 'websocket', parties: ['caller'], inbandKeys: false, ...stream }],
    listener: owner,
  });
  const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1, ...spec }));
  const [endpoint] = call.endpoints;
  const url = endpoint?.kind === 'websocket' ? base + endpoint.path : '';
  return { call, owner, recording, url };
}

const bytesOf = (samples: Int16Array): Buffer => Buffer.from(samples.buffer.slice(samples.byteOffset, samples.byteOffset + samples.byteLength));

function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

function holds(hay: Int16Array | undefined, needle: Int16Array): boolean {
  const at = findAudio(hay ?? new Int16Array(0), needle);
  return at >= 0 && Buffer.compare(bytesOf((hay ?? needle).subarray(at, at + needle.length)), bytesOf(needle)) === 0;
}

function interleave(left: Int16Array, right: Int16Array): Int16Array {
  return Int16Array.from({ length: left.length * 2 }, (_, at) => (at % 2 === 0 ? left[at / 2] : right[(at - 1) / 2]) ?? 0);
}

describe('a raw stream', () => {
  it.concurrent('is recorded sample by sample, however its messages are cut', async () => {
    await withServer(async (it) => {
      const { call, recording, owner, url } = await open(it, { dialect: 'raw' }, { sampleRate: 16_000 });
      const platform = await Platform.connect(url);
      platform.send({ type: 'start', sampleRate: 16_000 });
      const voice = markedAudio(16_000);
      await platform.stream(pieces(bytesOf(voice), 641));
      platform.send({ type: 'key', key: '5' });
      await sleep(50);
      call.hangup('caller');
      expect(platform.texts).toEqual([{ type: 'started' }]);
      expect(holds((await finished(recording)).audio[0], voice)).toBe(true);
      expect(owner.keys).toMatchObject([{ key: '5', party: 'caller' }]);
    });
  });

  it.concurrent('of two channels fills both legs, also when it comes faster than real time', async () => {
    await withServer(async (it) => {
      const { call, recording, owner, url } = await open(it, { dialect: 'raw', parties: ['caller', 'callee'] }, { parties: 'both', channels: 2 });
      const platform = await Platform.connect(url);
      platform.send({ type: 'start', sampleRate: 8000, channels: 2, encoding: 'pcm16' });
      const voices = [markedAudio(16_000, 1), markedAudio(16_000, 2)] as const;
      for (const piece of pieces(bytesOf(interleave(...voices)), 5000)) platform.socket.send(piece);
      platform.send({ type: 'stop' });
      await platform.gone;
      await sleep(20);
      expect(owner.ended).toBe(1);
      call.hangup('caller');
      const { audio, result } = await finished(recording);
      expect([holds(audio[0], voices[0]), holds(audio[1], voices[1])]).toEqual([true, true]);
      expect(result.media.map(({ party, gaps }) => [party, gaps])).toEqual([['caller', 0], ['callee', 0]]);
    });
  });

  it.concurrent('makes a sender that is far ahead wait, and loses nothing of it', async () => {
    await withServer(async (it) => {
      const { call, recording, url } = await open(it, { dialect: 'raw' });
      const platform = await Platform.connect(url);
      platform.send({ type: 'start', sampleRate: 8000, encoding: 'mulaw' });
      const voice = markedAudio(8000 * 20);
      const coded = new Uint8Array(voice.length);
      encodeMulaw(voice, coded);
      for (const piece of pieces(Buffer.from(coded), 4000)) platform.socket.send(piece);
      await sleep(300);
      const taken = call.counts()[0]?.packetsReceived ?? 0;
      call.hangup(null);
      const { audio } = await finished(recording);
      const expected = new Int16Array(voice.length);
      decodeMulaw(coded, expected);
      expect(taken).toBeGreaterThanOrEqual(6);
      expect(holds(audio[0], expected.subarray(0, taken * 4000))).toBe(true);
    });
  });

  it.concurrent('has silence where nothing arrived', async () => {
    await withServer(async (it) => {
      const { call, recording, url } = await open(it, { dialect: 'raw' });
      const platform = await Platform.connect(url);
      platform.send({ type: 'start', sampleRate: 8000 });
      const voice = markedAudio(4800);
      await platform.stream(pieces(bytesOf(voice.subarray(0, 2400)), 320));
      await sleep(800);
      await platform.stream(pieces(bytesOf(voice.subarray(2400)), 320));
      await sleep(50);
      call.hangup(null);
      const { audio, result } = await finished(recording);
      const heard = audio[0] ?? new Int16Array(0);
      expect(holds(heard, voice.subarray(0, 2400))).toBe(true);
      expect(holds(heard, voice.subarray(2400))).toBe(true);
      expect(findAudio(heard, voice.subarray(2400)) - findAudio(heard, voice)).toBeGreaterThan(2400 + 3000);
      expect(result.media[0]).toMatchObject({ gaps: 1 });
    });
  });
});

describe('a Sinch stream', () => {
  it.concurrent('is answered, recorded, played to and cleared (contract sinch §7)', async () => {
    await withServer(async (it) => {
      const { call, recording, owner, url } = await open(it, { dialect: 'sinch' });
      const platform = await Platform.connect(url);
      platform.send({ command: 'connect', version: 1, callId: 'x', applicationKey: 'k', codec: 'pcm', sampleRate: 8000, callHeaders: [{ key: 'recordingId', value: 'r' }] });
      const voice = markedAudio(8000);
      await platform.stream(pieces(bytesOf(voice), 320));
      expect(platform.texts).toEqual([{ command: 'answer' }]);
      const beep = call.play({ kind: 'tone', frequencyHz: 1000, durationMs: 60_000, toward: ['caller'] }, () => undefined);
      await sleep(200);
      beep.cancel();
      await sleep(50);
      const heard = Buffer.concat(platform.binaries);
      const samples = new Int16Array(heard.buffer.slice(heard.byteOffset, heard.byteOffset + heard.length));
      expect(platform.binaries.every(({ length }) => length === 320)).toBe(true);
      expect(goertzelPower(samples, 0, samples.length, 1000, 8000)).toBeGreaterThan(8000 ** 2 / 2.5);
      expect(platform.texts.at(-1)).toEqual({ command: 'clear' });
      platform.socket.close();
      await platform.gone;
      await sleep(20);
      expect(owner.ended).toBe(1);
      call.hangup('caller');
      expect(holds((await finished(recording)).audio[0], voice)).toBe(true);
    });
  });

  it.concurrent.each([
    [{ command: 'connect', codec: 'OPUS', sampleRate: 16_000 }],
    [{ command: 'connect', codec: 'PCM' }],
    [{ command: 'connect', codec: 'PCM', sampleRate: 96_000 }],
  ])('is rejected when it cannot be recorded: %j', async (connect) => {
    await withServer(async (it) => {
      const { url } = await open(it, { dialect: 'sinch' });
      const platform = await Platform.connect(url);
      platform.send(connect);
      await platform.gone;
      expect(platform.texts).toEqual([{ command: 'reject' }]);
      expect(platform.closed?.code).toBe(1008);
    });
  });
});

describe('a stream of JSON messages', () => {
  const media = (track: string, payload: Uint8Array, chunk: number): object => ({
    event: 'media',
    sequenceNumber: String(chunk + 2),
    streamSid: 'MZ1',
    media: { track, chunk: String(chunk), timestamp: String(chunk * 20), payload: Buffer.from(payload).toString('base64') },
  });
  const start = { event: 'start', sequenceNumber: '1', streamSid: 'MZ1', start: { streamSid: 'MZ1', tracks: ['inbound', 'outbound'], mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 }, customParameters: {} } };

  it.concurrent('is recorded by tracks, with its keys, and answered in kind', async () => {
    await withServer(async (it) => {
      const { call, recording, owner, url } = await open(it, { dialect: 'json', parties: ['caller', 'callee'] }, { parties: 'both', channels: 2 });
      const platform = await Platform.connect(url);
      platform.send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
      platform.send(start);
      const coded = [1, 2].map((seed) => {
        const bytes = new Uint8Array(8000);
        encodeMulaw(markedAudio(8000, seed), bytes);
        return Buffer.from(bytes);
      });
      const tracks = coded.map((bytes, leg) => pieces(bytes, 160).map((piece, chunk) => media(leg === 0 ? 'inbound' : 'outbound', piece, chunk)));
      await Promise.all(tracks.map((track) => platform.stream(track)));
      platform.send({ event: 'dtmf', streamSid: 'MZ1', dtmf: { track: 'inbound_track', digit: '#' } });
      call.play({ kind: 'tone', frequencyHz: 1000, durationMs: 100, toward: ['caller'] }, () => undefined);
      await sleep(200);
      platform.send({ event: 'mark', streamSid: 'MZ1', mark: { name: 'm' } });
      platform.send({ event: 'stop', streamSid: 'MZ1', stop: {} });
      await platform.gone;
      await sleep(20);
      expect(owner.ended).toBe(1);
      expect(platform.closed?.code).toBe(1000);
      call.hangup('caller');
      const { audio } = await finished(recording);
      coded.forEach((bytes, leg) => {
        const expected = new Int16Array(bytes.length);
        decodeMulaw(bytes, expected);
        expect(holds(audio[leg], expected)).toBe(true);
      });
      expect(owner.keys).toMatchObject([{ key: '#', party: 'caller' }]);
      expect(platform.texts).toHaveLength(5);
      expect(platform.texts[0]).toMatchObject({ event: 'media', streamSid: 'MZ1', media: { payload: expect.any(String) } });
    });
  });
});

describe('a key in a stream', () => {
  it.concurrent('ends the recording behind everything that was said before it, also where it came in a rush', async () => {
    await withServer(async (it) => {
      const { recording, url } = await open(it, { dialect: 'raw' }, { stopKeys: '#' });
      const platform = await Platform.connect(url);
      platform.send({ type: 'start', sampleRate: 8000 });
      const said = markedAudio(8000, 3);
      platform.socket.send(bytesOf(said));
      platform.send({ type: 'key', key: '#' });
      platform.socket.send(bytesOf(markedAudio(4000, 4)));
      const { audio, result } = await finished(recording);
      expect(result).toMatchObject({ reason: 'stopKey', key: '#' });
      const heard = audio[0] ?? new Int16Array(0);
      // To the whole millisecond.
      expect(Math.floor((heard.length - findAudio(heard, said, said.length)) / 8)).toBe(1000);
    });
  });
});

describe('the gate of streams', () => {
  it.concurrent('lets in who knows the token, once at a time, and nobody after the call', async () => {
    await withServer(async (it) => {
      const { call, url } = await open(it, { dialect: 'raw', path: '/streams/mine', token: TOKEN });
      expect(url.endsWith(`/streams/mine/${TOKEN}`)).toBe(true);
      const refused = async (address: string): Promise<string> => {
        const [error] = (await once(new WebSocket(address), 'error')) as [Error];
        return error.message;
      };
      expect(await refused(`${it.base}/streams/mine/another-token-of-length`)).toMatch(/401/);
      const platform = await Platform.connect(`${it.base}/streams/mine?token=${TOKEN}`);
      expect(await refused(url)).toMatch(/409/);
      await call.close();
      await platform.gone;
      expect(await refused(url)).toMatch(/401/);
    });
  });

  it.concurrent('leaves other paths to others, and refuses paths and tokens that are not safe', async () => {
    await withServer(async (it) => {
      const stream = { kind: 'websocket', dialect: 'raw', parties: ['caller'] } as const;
      for (const bad of [{ path: '/elsewhere/x' }, { token: 'short' }, { parties: ['caller', 'callee'] as const, dialect: 'sinch' as const }]) {
        await expect(it.node.openCall({ callRef: 'c', legs: [{ ...stream, ...bad }], listener: new OwnerLog() })).rejects.toMatchObject({ code: 'request.invalid' });
      }
    });
  });

  it.concurrent.each([
    ['audio before the start', (platform: Platform) => platform.socket.send(Buffer.alloc(320))],
    ['text that is not JSON', (platform: Platform) => platform.socket.send('hello')],
    ['a rate that cannot be', (platform: Platform) => platform.send({ type: 'start', sampleRate: 12_345 })],
    ['channels that do not fit', (platform: Platform) => platform.send({ type: 'start', sampleRate: 8000, channels: 2 })],
    ['an encoding that cannot be', (platform: Platform) => platform.send({ type: 'start', sampleRate: 8000, encoding: 'toString' })],
  ])('closes the door on %s', async (_what, misbehave) => {
    await withServer(async (it) => {
      const { url } = await open(it, { dialect: 'raw' });
      const platform = await Platform.connect(url);
      misbehave(platform);
      await platform.gone;
      expect(platform.closed?.code).toBe(1008);
      expect(platform.closed?.reason).not.toBe('');
    });
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { RecgateError, type HearingRequest, type PcmSource } from '#libs/recording-model';
import { createVoskEngine } from './vosk-engine.js';

const servers: WebSocketServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  }
});

const AUDIO: PcmSource = {
  sampleRate: 8000,
  channels: 1,
  samples: 20_000,
  async *blocks() {
    for (let at = 0; at < 20_000; at += 5000) yield new Int16Array(5000).fill(at + 1);
  },
};

const request = (signal = new AbortController().signal): HearingRequest => ({ audio: AUDIO, language: null, settings: {}, secrets: {}, signal });

interface Heard {
  readonly configs: string[];
  samples: number;
}

/** A server of ours that speaks Vosk's protocol: one answer for each message with audio, the last one for `eof`. */
async function vosk(answer: (heard: Heard, socket: WebSocket, isEnd: boolean) => string | null): Promise<{ url: string; heard: Heard }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  servers.push(server);
  const heard: Heard = { configs: [], samples: 0 };
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, isBinary) => {
      const text = isBinary ? '' : data.toString();
      if (isBinary) heard.samples += data.length / 2;
      else heard.configs.push(text);
      if (text.includes('config')) return;
      const reply = answer(heard, socket, text.includes('eof'));
      if (reply !== null) socket.send(reply);
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

const faultOf = async (hearing: Promise<unknown>): Promise<RecgateError> => {
  const thrown = await hearing.then(() => null, (error: unknown) => error);
  if (!(thrown instanceof RecgateError)) throw new Error(`not refused: ${String(thrown)}`);
  return thrown;
};

describe('the Vosk engine', () => {
  it('says its rate, sends all of the audio, and collects the words of every final result', async () => {
    const first = { result: [{ conf: 0.9, start: 0.1, end: 0.3, word: 'one' }], text: 'one' };
    const last = { result: [{ conf: 1, start: 2.2, end: 2.4, word: 'two' }], text: 'two' };
    const { url, heard } = await vosk((sofar, _socket, isEnd) =>
      JSON.stringify(isEnd ? last : sofar.samples === 5000 ? first : { partial: 'on' }),
    );
    const hearing = await createVoskEngine({ url }).hear(request());
    expect(hearing).toEqual({
      language: null,
      words: [
        { text: 'one', startMs: 100, endMs: 300, confidence: 0.9, speaker: null },
        { text: 'two', startMs: 2200, endMs: 2400, confidence: 1, speaker: null },
      ],
    });
    expect(JSON.parse(heard.configs[0] ?? '{}')).toEqual({ config: { sample_rate: 8000, words: true } });
    expect(heard.samples).toBe(20_000);
  });

  it('is to be tried again when the server is not there, or goes away in the middle', async () => {
    const gone = await vosk(() => null);
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    expect((await faultOf(createVoskEngine(gone).hear(request()))).code).toBe('outbound.failed');
    const dying = await vosk((_heard, socket) => {
      socket.terminate();
      return null;
    });
    expect((await faultOf(createVoskEngine(dying).hear(request()))).code).toBe('outbound.failed');
  });

  it.each(['<html>', 'null', '[]', '{}', '{"result":"x","text":7}'])('is not to be tried again when it answers %s, which is no hearing', async (rubbish) => {
    const { url } = await vosk(() => rubbish);
    expect(await faultOf(createVoskEngine({ url }).hear(request()))).toMatchObject({ code: 'outbound.refused', retry: false });
  });

  it('gives up when it is told to, although the server says nothing', async () => {
    const stop = new AbortController();
    const silent = await vosk(() => {
      stop.abort();
      return null;
    });
    expect((await faultOf(createVoskEngine(silent).hear(request(stop.signal)))).code).toBe('outbound.failed');
  });
});

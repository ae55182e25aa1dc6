import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { encodeMulaw } from '#libs/media';

const FRAME_MS = 20;

/** How a platform speaks a dialect: what it says first, what it then waits for, how it sends 20 ms. */
export interface SpokenDialect {
  readonly sampleRate: number;
  readonly hello: object;
  /** Text the gateway answers with; null: none. */
  readonly answer: string | null;
  send(frame: Int16Array): string | Uint8Array;
}

const pcm16 = (frame: Int16Array): Uint8Array => {
  const bytes = Buffer.alloc(frame.length * 2);
  frame.forEach((sample, at) => bytes.writeInt16LE(sample, at * 2));
  return bytes;
};

const mulaw = (frame: Int16Array): Uint8Array => {
  const codes = new Uint8Array(frame.length);
  encodeMulaw(frame, codes);
  return codes;
};

/** The three dialects (raw PCM, Sinch connectStream, base64 JSON as `<Stream>` sends it). */
export const SPOKEN_DIALECTS: Readonly<Record<'raw' | 'sinch' | 'json', SpokenDialect>> = {
  raw: {
    sampleRate: 16_000,
    hello: { type: 'start', encoding: 'pcm16', sampleRate: 16_000, channels: 1 },
    answer: '{"type":"started"}',
    send: pcm16,
  },
  sinch: {
    sampleRate: 8000,
    hello: {
      command: 'connect',
      version: 1,
      callId: 'c',
      applicationKey: 'k',
      codec: 'PCM',
      sampleRate: 8000,
      callHeaders: [{ key: 'recordingId', value: 'r-123' }],
    },
    answer: '{"command":"answer"}',
    send: pcm16,
  },
  json: {
    sampleRate: 8000,
    hello: {
      event: 'start',
      streamSid: 's',
      start: { streamSid: 's', mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 } },
    },
    answer: null,
    send: (frame) =>
      JSON.stringify({
        event: 'media',
        streamSid: 's',
        media: { track: 'inbound', payload: Buffer.from(mulaw(frame)).toString('base64') },
      }),
  },
};

/** One leg's audio over a WebSocket, sent as its platform would send it. */
export class StreamPhone {
  private constructor(
    private readonly socket: WebSocket,
    private readonly dialect: SpokenDialect,
  ) {}

  static async open(url: string, dialect: SpokenDialect): Promise<StreamPhone> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    const answered = dialect.answer === null ? null : once(socket, 'message');
    socket.send(JSON.stringify(dialect.hello));
    if (answered !== null) {
      const [message] = (await answered) as [Buffer];
      if (message.toString() !== dialect.answer) throw new Error(`The gateway answered ${message.toString()}`);
    }
    return new StreamPhone(socket, dialect);
  }

  /** Sends the audio at the speed at which it is spoken. */
  async say(samples: Int16Array): Promise<void> {
    const begun = performance.now();
    const frame = (this.dialect.sampleRate * FRAME_MS) / 1000;
    for (let at = 0, sent = 0; at < samples.length; at += frame, sent += 1) {
      const wait = sent * FRAME_MS - (performance.now() - begun);
      if (wait > 0) await delay(wait);
      this.socket.send(this.dialect.send(samples.subarray(at, at + frame)));
    }
  }

  close(): void {
    this.socket.close();
  }
}

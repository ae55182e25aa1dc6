import { headersOf, keyOf, objectOf, textOf, type DialectStream, type StreamSocket } from './dialect.js';
import { isStreamRate, SAMPLE_CODECS, type SampleCodec } from './sample-codec.js';
import type { StreamLeg } from './stream-leg.js';

/** Media types of the start message; µ-law is what platforms send unless they say otherwise. */
const ENCODINGS: Readonly<Record<string, SampleCodec>> = {
  'audio/x-mulaw': SAMPLE_CODECS.mulaw,
  'audio/x-alaw': SAMPLE_CODECS.alaw,
  'audio/x-l16': SAMPLE_CODECS.pcm16,
};

/**
 * JSON messages with base64 audio, as platforms send them for `<Stream>`: `connected`, `start`, `media`, `dtmf`, `mark`,
 * `stop`; back go `media` and `clear`. Track `inbound` is what the caller says, `outbound` what the caller hears. With one
 * leg only the track that comes first is taken.
 */
export function openJsonDialect(socket: StreamSocket, legs: readonly StreamLeg[]): DialectStream {
  return new JsonDialect(socket, legs);
}

class JsonDialect implements DialectStream {
  readonly heartbeat = null;
  private codec: SampleCodec | null = null;
  private streamSid = '';
  private onlyTrack: string | null = null;

  constructor(
    private readonly socket: StreamSocket,
    private readonly legs: readonly StreamLeg[],
  ) {}

  text(message: Readonly<Record<string, unknown>>): void {
    const handlers: Readonly<Record<string, () => void>> = {
      start: () => this.start(message),
      media: () => this.media(objectOf(message['media'])),
      dtmf: () => this.dtmf(objectOf(message['dtmf'])),
      stop: () => this.socket.refuse('stopped'),
    };
    const event = String(message['event']);
    if (Object.hasOwn(handlers, event)) handlers[event]?.();
  }

  binary(): void {
    this.socket.refuse('only text messages are expected');
  }

  private start(message: Readonly<Record<string, unknown>>): void {
    if (this.codec !== null) return this.socket.refuse('the stream was started before');
    const start = objectOf(message['start']);
    const { encoding = 'audio/x-mulaw', sampleRate = 8000 } = objectOf(start['mediaFormat']);
    const codec = Object.hasOwn(ENCODINGS, String(encoding).toLowerCase()) ? ENCODINGS[String(encoding).toLowerCase()] : undefined;
    if (codec === undefined) return this.socket.refuse('mediaFormat.encoding is not supported');
    if (!isStreamRate(Number(sampleRate))) return this.socket.refuse('mediaFormat.sampleRate is not supported');
    this.codec = codec;
    const streamSid = message['streamSid'] ?? start['streamSid'];
    this.streamSid = typeof streamSid === 'string' ? streamSid : '';
    for (const leg of this.legs) {
      leg.begin(Number(sampleRate), {
        send: (_party, frame) => this.send(codec, frame),
        clear: () => this.socket.sendText({ event: 'clear', streamSid: this.streamSid }),
        hold: (on) => this.socket.hold(on),
      });
    }
    this.socket.opened({ callId: textOf(start['callSid']), applicationKey: null, headers: headersOf(start['customParameters']) });
  }

  private media({ track = 'inbound', payload }: Readonly<Record<string, unknown>>): void {
    if (this.codec === null) return this.socket.refuse('media came before start');
    if (typeof payload !== 'string') return;
    this.legOf(String(track))?.take(this.codec.decode(Buffer.from(payload, 'base64')));
  }

  private dtmf({ track = 'inbound', digit }: Readonly<Record<string, unknown>>): void {
    const key = keyOf(digit);
    if (key !== null) this.legOf(String(track).replace(/_track$/, ''))?.keyPressed(key);
  }

  private legOf(track: string): StreamLeg | undefined {
    if (this.legs.length === 1) {
      this.onlyTrack ??= track;
      return track === this.onlyTrack ? this.legs[0] : undefined;
    }
    return this.legs.find(({ party }) => party === (track === 'outbound' ? 'callee' : 'caller'));
  }

  private send(codec: SampleCodec, frame: Int16Array): void {
    const payload = Buffer.from(codec.encode(frame)).toString('base64');
    this.socket.sendAudio({ event: 'media', streamSid: this.streamSid, media: { payload } });
  }
}

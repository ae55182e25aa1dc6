import { keyOf, type DialectStream, type StreamSocket } from './dialect.js';
import { isStreamRate, SampleAssembler, SAMPLE_CODECS, type SampleCodec, type StreamEncoding } from './sample-codec.js';
import type { StreamLeg } from './stream-leg.js';

/**
 * The gateway's own dialect. First message: `{"type":"start","encoding":"pcm16"|"mulaw"|"alaw","sampleRate":8000,
 * "channels":1|2}` (encoding `pcm16` and channels 1 when left out), answered by `{"type":"started"}`. Then binary
 * messages of any size with samples, two channels interleaved caller, callee; PCM 16 is little-endian. Text messages:
 * `{"type":"key","key":"5","party":"caller"}` and `{"type":"stop"}`. Back come binary messages in the same encoding on a
 * stream of one channel, `{"type":"audio","party":…,"payload":base64}` on a stream of two, and `{"type":"clear"}`.
 */
export function openRawDialect(socket: StreamSocket, legs: readonly StreamLeg[]): DialectStream {
  return new RawDialect(socket, legs);
}

class RawDialect implements DialectStream {
  readonly heartbeat = null;
  private assembler: SampleAssembler | null = null;

  constructor(
    private readonly socket: StreamSocket,
    private readonly legs: readonly StreamLeg[],
  ) {}

  text(message: Readonly<Record<string, unknown>>): void {
    if (message['type'] === 'start') this.start(message);
    else if (message['type'] === 'key') this.key(message);
    else if (message['type'] === 'stop') this.socket.refuse('stopped');
  }

  binary(bytes: Buffer): void {
    if (this.assembler === null) return this.socket.refuse('audio came before the start message');
    this.assembler.push(bytes).forEach((samples, channel) => this.legs[channel]?.take(samples));
  }

  private start({ encoding = 'pcm16', sampleRate, channels = 1 }: Readonly<Record<string, unknown>>): void {
    if (this.assembler !== null) return this.socket.refuse('the stream was started before');
    if (!isEncoding(encoding)) return this.socket.refuse('encoding must be pcm16, mulaw or alaw');
    if (!isStreamRate(sampleRate)) return this.socket.refuse('sampleRate is missing or not supported');
    if (channels !== this.legs.length) return this.socket.refuse(`channels must be ${this.legs.length}`);
    const codec = SAMPLE_CODECS[encoding];
    this.assembler = new SampleAssembler(codec, this.legs.length);
    for (const leg of this.legs) {
      leg.begin(sampleRate, {
        send: (party, frame) => this.send(codec, party, frame),
        clear: (party) => this.socket.sendText({ type: 'clear', party }),
        hold: (on) => this.socket.hold(on),
      });
    }
    this.socket.sendText({ type: 'started' });
    this.socket.opened({ callId: null, applicationKey: null, headers: {} });
  }

  private key({ key, party }: Readonly<Record<string, unknown>>): void {
    const pressed = keyOf(key);
    const leg = this.legs.find((each) => each.party === party) ?? this.legs[0];
    if (pressed !== null) leg?.keyPressed(pressed);
  }

  private send(codec: SampleCodec, party: string, frame: Int16Array): void {
    const bytes = codec.encode(frame);
    if (this.legs.length === 1) this.socket.sendAudio(bytes);
    else this.socket.sendAudio({ type: 'audio', party, payload: Buffer.from(bytes).toString('base64') });
  }
}

function isEncoding(value: unknown): value is StreamEncoding {
  return typeof value === 'string' && Object.hasOwn(SAMPLE_CODECS, value);
}

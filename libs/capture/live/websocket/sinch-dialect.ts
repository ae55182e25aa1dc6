import { headersOf, textOf, type DialectStream, type StreamSocket } from './dialect.js';
import { isStreamRate, SampleAssembler, SAMPLE_CODECS } from './sample-codec.js';
import type { StreamLeg } from './stream-leg.js';

/** The platform hangs up after a minute without audio or heartbeat (contract sinch §7); half of that is safe. */
const HEARTBEAT_MS = 25_000;

/**
 * Sinch `connectStream` (contract sinch §7): the platform sends `connect`, the answer is `answer` or `reject`; then raw
 * PCM 16, little-endian, mono, in messages of any size both ways; `clear` and `heartbeat` go to the platform. The end of
 * the call is the end of the socket.
 */
export function openSinchDialect(socket: StreamSocket, legs: readonly StreamLeg[]): DialectStream {
  return new SinchDialect(socket, legs);
}

class SinchDialect implements DialectStream {
  readonly heartbeat = { message: { command: 'heartbeat' }, everyMs: HEARTBEAT_MS };
  private readonly assembler = new SampleAssembler(SAMPLE_CODECS.pcm16, 1);
  private answered = false;

  constructor(
    private readonly socket: StreamSocket,
    private readonly legs: readonly StreamLeg[],
  ) {}

  text(message: Readonly<Record<string, unknown>>): void {
    if (message['command'] !== 'connect' || this.answered) return;
    const { codec = 'PCM', sampleRate } = message;
    if (typeof codec !== 'string' || codec.toUpperCase() !== 'PCM') return this.reject('the codec is not supported');
    if (!isStreamRate(sampleRate)) return this.reject('sampleRate is missing or not supported');
    this.answered = true;
    for (const leg of this.legs) {
      leg.begin(sampleRate, {
        send: (_party, frame) => this.socket.sendAudio(SAMPLE_CODECS.pcm16.encode(frame)),
        clear: () => this.socket.sendText({ command: 'clear' }),
        hold: (on) => this.socket.hold(on),
      });
    }
    this.socket.sendText({ command: 'answer' });
    const { callId, applicationKey, callHeaders } = message;
    this.socket.opened({ callId: textOf(callId), applicationKey: textOf(applicationKey), headers: headersOf(callHeaders) });
  }

  binary(bytes: Buffer): void {
    if (!this.answered) return this.socket.refuse('audio came before connect');
    const [samples] = this.assembler.push(bytes);
    if (samples !== undefined) this.legs[0]?.take(samples);
  }

  private reject(reason: string): void {
    this.socket.sendText({ command: 'reject' });
    this.socket.refuse(reason);
  }
}

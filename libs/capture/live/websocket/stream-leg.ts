import type { LegCounts, LegParty } from '../../call/leg-source.js';
import type { AudioOutput } from '../audio-output.js';
import type { LegEndpoint, LiveLeg } from '../live-leg.js';
import type { LiveLegEvents } from '../live-call-media.js';
import { StreamTap } from '../mixing/leg-tap.js';
import { ArrivalBuffer } from './arrival-buffer.js';

/** The far end of a stream as its legs see it. */
export interface StreamPeer {
  /** Sends 20 ms toward a party. */
  send(party: LegParty, frame: Int16Array): void;
  clear(party: LegParty): void;
  /** Stops and resumes reading from the socket. */
  hold(on: boolean): void;
}

/** Audio ahead of the reader at which the far end is made to wait, and goes on again, ms. */
const HOLD_ABOVE_MS = 3000;
const RESUME_BELOW_MS = 1500;

/** One party of a WebSocket stream, clocked by the arrival of its audio. Without a rate until the far end has begun. */
export class StreamLeg implements LiveLeg {
  sampleRate: number | null = null;
  lastPacketMs: number | null = null;
  muted = false;
  readonly output: AudioOutput;
  private peer: StreamPeer | null = null;
  private readonly buffer = new ArrivalBuffer();
  private messages = 0;
  private held = false;
  private heard = false;
  private taps: readonly StreamTap[] = [];

  constructor(
    readonly party: LegParty,
    readonly inbandKeys: boolean,
    readonly endpoint: LegEndpoint,
    private readonly events: LiveLegEvents,
    private readonly onClose: () => void,
  ) {
    const rate = (): number | null => (this.peer === null ? null : this.sampleRate);
    this.output = {
      get sampleRate() {
        return rate();
      },
      send: (frame) => this.peer?.send(this.party, frame),
      clear: () => this.peer?.clear(this.party),
    };
  }

  /** The far end has said how its audio comes. */
  begin(sampleRate: number, peer: StreamPeer): void {
    this.sampleRate = sampleRate;
    this.peer = peer;
  }

  /** The far end is gone. */
  end(): void {
    this.peer = null;
  }

  /** Audio has arrived. */
  take(samples: Int16Array): void {
    if (this.sampleRate === null) return;
    this.lastPacketMs = this.events.nowMs();
    this.messages++;
    if (this.muted) samples.fill(0);
    this.buffer.write(samples, Math.floor((this.lastPacketMs * this.sampleRate) / 1000));
    for (const tap of this.taps) tap.take(samples, this.lastPacketMs);
    if (!this.held && this.aheadMs() > HOLD_ABOVE_MS) this.hold(true);
    if (!this.heard && samples.length > 0) this.hear();
  }

  keyPressed(key: string): void {
    this.events.keyPressed(key, this.party, this.bufferedUntilMs());
  }

  read(dst: Int16Array, n: number, position: number): void {
    this.buffer.read(dst, n, position);
    if (this.held && this.aheadMs() < RESUME_BELOW_MS) this.hold(false);
  }

  counts(): LegCounts {
    return {
      packetsReceived: this.messages,
      packetsLost: 0,
      packetsLate: 0,
      packetsDuplicated: 0,
      gaps: this.buffer.gaps,
      gapSamples: this.buffer.gapSamples,
    };
  }

  bufferedUntilMs(): number {
    return this.sampleRate === null ? 0 : (this.buffer.endPosition * 1000) / this.sampleRate;
  }

  openTap(originMs: number): StreamTap {
    const tap = new StreamTap(
      () => this.sampleRate,
      originMs,
      (closed) => (this.taps = this.taps.filter((other) => other !== closed)),
    );
    this.taps = [...this.taps, tap];
    return tap;
  }

  renegotiate(): void {
    // A stream is bound to its token, not to an address.
  }

  close(): void {
    this.onClose();
  }

  private aheadMs(): number {
    return (this.buffer.buffered * 1000) / (this.sampleRate ?? 8000);
  }

  private hear(): void {
    this.heard = true;
    this.events.partyHeard(this.party);
  }

  private hold(on: boolean): void {
    this.held = on;
    this.peer?.hold(on);
  }
}

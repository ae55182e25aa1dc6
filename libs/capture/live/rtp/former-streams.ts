import type { RemoteInfo } from 'node:dgram';
import type { RtpHeader } from '#libs/media';

/** A stream of RTP as it was last seen at a port. */
export interface SeenStream {
  readonly address: string;
  readonly port: number;
  readonly ssrc: number;
  /** RTP units a second. */
  readonly clockRate: number;
  timestamp: number;
  /** When, ms of `performance.now()`. */
  atMs: number;
}

/** Streams kept of one port; the one that was silent for longest goes first. */
const MOST_STREAMS = 8;
/** How far the timestamp of a stream that goes on may be from where the clock puts it. */
const TOLERANCE_MS = 5000;
const TIMESTAMPS = 2 ** 32;

/** Streams that come to a port and do not belong to its call. */
export class StrayStreams {
  private readonly streams: SeenStream[];

  constructor(streams: readonly SeenStream[] = []) {
    this.streams = [...streams];
  }

  /** The latest first. */
  get seen(): readonly SeenStream[] {
    return latest(this.streams);
  }

  note(from: RemoteInfo, { ssrc, timestamp }: RtpHeader, clockRate: number, nowMs: number): void {
    const known = this.find(from, ssrc);
    if (known !== undefined) {
      known.timestamp = timestamp;
      known.atMs = nowMs;
      return;
    }
    const place = this.streams.length < MOST_STREAMS ? this.streams.length : this.longestSilent();
    this.streams[place] = { address: from.address, port: from.port, ssrc, clockRate, timestamp, atMs: nowMs };
  }

  /**
   * Whether a packet is the next of one of these streams: the same sender, and its time has gone on with the clock. A sender
   * that begins anew with an old SSRC is another stream.
   */
  goesOn(from: RemoteInfo, { ssrc, timestamp }: RtpHeader, nowMs: number): boolean {
    const known = this.find(from, ssrc);
    if (known === undefined) return false;
    const expected = known.timestamp + ((nowMs - known.atMs) * known.clockRate) / 1000;
    const aside = (((timestamp - expected) % TIMESTAMPS) + TIMESTAMPS) % TIMESTAMPS;
    if ((Math.min(aside, TIMESTAMPS - aside) * 1000) / known.clockRate > TOLERANCE_MS) return false;
    known.timestamp = timestamp;
    known.atMs = nowMs;
    return true;
  }

  private longestSilent(): number {
    return this.streams.reduce((oldest, { atMs }, index) => (atMs < (this.streams[oldest]?.atMs ?? Infinity) ? index : oldest), 0);
  }

  private find({ address, port }: RemoteInfo, ssrc: number): SeenStream | undefined {
    return this.streams.find((each) => each.ssrc === ssrc && each.port === port && each.address === address);
  }
}

/**
 * What was sent to each port of a node when its last leg ended. Whoever has not heard that a call is over goes on sending,
 * and what it says must not become part of the next call on that port.
 */
export class PortHistory {
  private readonly streams = new Map<number, readonly SeenStream[]>();

  of(port: number): readonly SeenStream[] {
    return this.streams.get(port) ?? [];
  }

  keep(port: number, streams: readonly SeenStream[]): void {
    if (streams.length === 0) this.streams.delete(port);
    else this.streams.set(port, latest(streams));
  }
}

function latest(streams: readonly SeenStream[]): readonly SeenStream[] {
  return streams.toSorted((a, b) => b.atMs - a.atMs).slice(0, MOST_STREAMS);
}

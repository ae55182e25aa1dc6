import { RtpPlacement, type RtpFields } from '#libs/media';
import { countsOfRtp, NO_PACKETS, type LegCounts, type LegSource } from '../../call/leg-source.js';
import { ArrivalBuffer } from '../websocket/arrival-buffer.js';

/** A second reader of what arrives on a leg; whoever opened it closes it. */
export interface LegTap extends LegSource {
  /** Audio between the reader and the newest sample, ms. */
  readonly bufferedMs: number;
  /** True while audio keeps coming too late for the reader, though only in part. */
  readonly isStarved: boolean;
  close(): void;
}

/** Room between the reader and the newest sample, ms. */
const CAPACITY_MS = 4000;
/** So many packets that come partly too late are not jitter: the far end has another delay now. */
const STARVED_PACKETS = 3;
/** A packet in time makes up for this much of a late one: more than one cut in twenty is heard as crackling, and does not stay. */
const IN_TIME = 0.05;

/** Reads a leg's RTP a second time; placed by timestamp like the first. */
export class RtpTap implements LegTap {
  readonly party = 'conference';
  readonly inbandKeys = false;
  private readonly placement: RtpPlacement;
  private late = 0;

  constructor(
    readonly sampleRate: number,
    private readonly originMs: number,
    private readonly closed: (tap: RtpTap) => void,
  ) {
    this.placement = new RtpPlacement({ sampleRate, capacityMs: CAPACITY_MS });
  }

  get bufferedMs(): number {
    return (this.placement.buffered * 1000) / this.sampleRate;
  }

  get isStarved(): boolean {
    return this.late >= STARVED_PACKETS;
  }

  take(header: Readonly<RtpFields>, samples: Int16Array, nowMs: number, count: number): void {
    this.placement.insert(header, samples, Math.floor(((nowMs - this.originMs) * this.sampleRate) / 1000), count);
    if (count > 0) this.late = this.placement.buffered < count ? this.late + 1 : Math.max(0, this.late - IN_TIME);
  }

  read(dst: Int16Array, n: number): void {
    this.placement.read(dst, n);
  }

  counts(): LegCounts {
    return countsOfRtp(this.placement.counts);
  }

  close(): void {
    this.closed(this);
  }
}

/** Reads a leg's stream a second time; placed by arrival like the first. */
export class StreamTap implements LegTap {
  readonly party = 'conference';
  readonly inbandKeys = false;
  /** What comes after the reader ran dry is placed anew, whole. */
  readonly isStarved = false;
  private readonly buffer = new ArrivalBuffer();
  private messages = 0;

  constructor(
    private readonly rate: () => number | null,
    private readonly originMs: number,
    private readonly closed: (tap: StreamTap) => void,
  ) {}

  get sampleRate(): number | null {
    return this.rate();
  }

  get bufferedMs(): number {
    return (this.buffer.buffered * 1000) / (this.sampleRate ?? 8000);
  }

  take(samples: Int16Array, nowMs: number): void {
    this.messages++;
    this.buffer.write(samples, Math.floor(((nowMs - this.originMs) * (this.sampleRate ?? 8000)) / 1000));
  }

  read(dst: Int16Array, n: number, position: number): void {
    this.buffer.read(dst, n, position);
  }

  counts(): LegCounts {
    const { gaps, gapSamples } = this.buffer;
    return { ...NO_PACKETS, packetsReceived: this.messages, gaps, gapSamples };
  }

  close(): void {
    this.closed(this);
  }
}

import type { RtpFields } from './rtp-header.js';
import { SampleRing } from './sample-ring.js';
import { SequenceWindow } from './sequence-window.js';

/** What arrived and what did not, since the beginning. */
export interface PlacementCounts {
  /** Packets given to `insert`. */
  readonly received: number;
  /** Sequence numbers that never came. */
  readonly lost: number;
  /** Packets that came after their place had been read, belong nowhere, or had to give way for want of room. */
  readonly late: number;
  readonly duplicated: number;
  /** Packets that came after one with a higher sequence number. */
  readonly reordered: number;
  /** Stretches without samples between samples, found while reading; before the first and after the last there is none. */
  readonly gaps: number;
  readonly gapSamples: number;
  /** How often the time line was tied anew to the clock of arrival: new SSRC, timestamp jump, clock drift. */
  readonly anchored: number;
}

export interface PlacementOptions {
  /** Samples per second, which is also the clock rate of the timestamps. */
  readonly sampleRate: number;
  /** Room between the reader and the newest sample, ms. Must exceed the delay of the reader plus the jitter. */
  readonly capacityMs?: number;
}

const DEFAULT_CAPACITY_MS = 1000;
/** A timestamp this far from where sequence and arrival say it should be belongs to another time line. */
const JUMP_MS = 2000;
/** Time during which every packet must have come at least `DRIFT_MS` after its place before the clock is called slow. */
const DRIFT_WINDOW_MS = 5000;
const DRIFT_MS = 150;
/** After a change of SSRC, packets of the old one are stragglers for this long. */
const STRAGGLER_MS = 500;
/** So many packets in a row, or packets for so long, that all come after their places were read have another delay. */
const LATE_PACKETS = 5;
const LATE_MS = 200;
/** Packets whose delay shrinks by more than this meanwhile are being made up for: after a hold-up they come in a rush. */
const CATCHING_UP_MS = 40;

/**
 * Places the decoded samples of one RTP stream by their timestamps on a sample time line that starts at 0, and gives
 * them out in order. Made for a reader that stays some 300 ms behind the time of arrival: up to that, loss, reordering,
 * duplicates and jitter leave every sample in its place. The first packet lands where it arrived; pauses in the
 * timestamps (DTX) are kept as silence. The time line is tied anew to the arrival when the SSRC changes, when the
 * timestamps jump by more than 2 s without the sequence numbers or the clock agreeing, when they run backwards, or when
 * the sender's clock has drifted out of reach, or packet after packet comes too late by the same delay. No memory is allocated per packet.
 */
export class RtpPlacement {
  private readonly ring: SampleRing;
  private readonly sequence = new SequenceWindow();
  private readonly jumpSamples: number;
  private readonly driftSamples: number;
  private readonly driftWindow: number;
  private readonly stragglerSamples: number;
  private readonly lateSamples: number;
  private readonly catchingUpSamples: number;

  private ssrc = -1;
  private previousSsrc = -1;
  private ssrcChangedAt = 0;
  private anchorTimestamp = 0;
  private anchorPosition = 0;
  private newestSamples = 0;
  /** False until the first audio of a stream has come. */
  private isAnchored = false;
  private windowStart = 0;
  private leastDelay = Infinity;
  /** Packets in a row that came too late, when the first of them did, the delay of that one and the least. */
  private lateRun = 0;
  private lateSince = 0;
  private lateDelay = 0;
  private leastLateDelay = 0;

  private received = 0;
  private late = 0;
  private duplicated = 0;
  private reordered = 0;
  private anchored = 0;

  constructor(options: PlacementOptions) {
    const perMs = options.sampleRate / 1000;
    this.ring = new SampleRing((options.capacityMs ?? DEFAULT_CAPACITY_MS) * perMs);
    this.jumpSamples = JUMP_MS * perMs;
    this.driftSamples = DRIFT_MS * perMs;
    this.driftWindow = DRIFT_WINDOW_MS * perMs;
    this.stragglerSamples = STRAGGLER_MS * perMs;
    this.lateSamples = LATE_MS * perMs;
    this.catchingUpSamples = CATCHING_UP_MS * perMs;
  }

  get counts(): PlacementCounts {
    return {
      received: this.received,
      lost: this.sequence.lost,
      late: this.late,
      duplicated: this.duplicated,
      reordered: this.reordered,
      gaps: this.ring.gaps,
      gapSamples: this.ring.gapSamples,
      anchored: this.anchored,
    };
  }

  /** The next sample position `read` gives out. */
  get position(): number {
    return this.ring.head;
  }

  /** Samples from the read position to the last sample placed. */
  get buffered(): number {
    return this.ring.buffered;
  }

  /** Where a packet of the current stream lies on the time line, by its timestamp; null for another stream and before the first audio. */
  placeOf(header: Readonly<RtpFields>): number | null {
    return this.isAnchored && header.ssrc === this.ssrc ? this.positionOf(header.timestamp) : null;
  }

  /**
   * Places the samples of one packet.
   * @param samples decoded audio; the first `count` of it belong to the packet. With a count of 0 (telephone-event and
   *   other packets without audio) only the sequence number is noted, so that the packet does not look lost; such
   *   packets under an SSRC of their own say nothing about the audio.
   * @param arrivalSample position on the time line at which the packet arrived
   */
  insert(header: Readonly<RtpFields>, samples: Int16Array, arrivalSample: number, count = samples.length): void {
    this.received++;
    if (count === 0 && this.isAnchored && header.ssrc !== this.ssrc) return;
    if (header.ssrc !== this.ssrc && !this.changeSsrc(header.ssrc, arrivalSample)) return;
    const order = this.sequence.accept(header.sequenceNumber);
    if (order === 'duplicate') {
      this.duplicated++;
      return;
    }
    if (order === 'reordered') this.reordered++;
    if (count === 0) return;
    if (order === 'newest' || !this.isAnchored) this.follow(header.timestamp, arrivalSample, count);
    if (this.ring.write(this.positionOf(header.timestamp), samples, count) > 0) {
      if (order === 'newest') this.lateRun = 0;
    } else if (order !== 'newest' || !this.followsLate(header.timestamp, arrivalSample)) {
      this.late++;
    } else {
      this.ring.write(this.anchorPosition, samples, count);
    }
  }

  /** Reads the next `n` samples into the start of `dst` and moves on; what is missing is zero. Returns how many were there. */
  read(dst: Int16Array, n: number): number {
    return this.ring.read(dst, n);
  }

  /** False when the packet is a straggler of the stream before. */
  private changeSsrc(ssrc: number, arrivalSample: number): boolean {
    if (ssrc === this.previousSsrc && arrivalSample - this.ssrcChangedAt < this.stragglerSamples) {
      this.late++;
      return false;
    }
    this.previousSsrc = this.ssrc;
    this.ssrcChangedAt = arrivalSample;
    this.ssrc = ssrc;
    this.isAnchored = false;
    this.sequence.restart();
    return true;
  }

  private positionOf(timestamp: number): number {
    return this.anchorPosition + ((timestamp - this.anchorTimestamp) | 0);
  }

  /** Moves the anchor to the newest packet, tying it anew where its timestamp cannot be believed. */
  private follow(timestamp: number, arrivalSample: number, count: number): void {
    const position = this.positionOf(timestamp);
    if (!this.isAnchored || this.hasJumped(position, arrivalSample, count)) {
      this.anchor(timestamp, arrivalSample, arrivalSample);
    } else if (this.hasDrifted(position, arrivalSample)) {
      this.anchor(timestamp, position + this.leastDelay, arrivalSample);
    } else {
      this.anchorTimestamp = timestamp;
      this.anchorPosition = position;
    }
    this.newestSamples = count;
  }

  private hasJumped(position: number, arrivalSample: number, count: number): boolean {
    const step = position - this.anchorPosition;
    if (step < 0) return true;
    if (position + count > this.ring.head + this.ring.capacity) {
      this.countOverwritten(arrivalSample, count);
      return true;
    }
    const offSequence = Math.abs(step - this.sequence.advance * this.newestSamples) > this.jumpSamples;
    return offSequence && Math.abs(position - arrivalSample) > this.jumpSamples;
  }

  /** Audio that waits and will be written over, for want of room, has come to nothing like audio that came too late. */
  private countOverwritten(position: number, count: number): void {
    const overwritten = this.ring.head + this.ring.buffered - Math.max(position, this.ring.head);
    if (count > 0 && overwritten > 0) this.late += Math.round(overwritten / count);
  }

  /** True once every packet of the last window came well after its place: the sender's clock is slower than ours. */
  private hasDrifted(position: number, arrivalSample: number): boolean {
    this.leastDelay = Math.min(this.leastDelay, arrivalSample - position);
    if (arrivalSample - this.windowStart < this.driftWindow) return false;
    if (this.leastDelay > this.driftSamples) return true;
    this.windowStart = arrivalSample;
    this.leastDelay = Infinity;
    return false;
  }

  /** True when the newest packet, too late like those before it, has shown another delay and is the anchor now. */
  private followsLate(timestamp: number, arrivalSample: number): boolean {
    const position = this.positionOf(timestamp);
    const delay = arrivalSample - position;
    if (this.lateRun === 0 || delay < this.lateDelay - this.catchingUpSamples) {
      this.lateRun = 0;
      this.lateSince = arrivalSample;
      this.lateDelay = this.leastLateDelay = delay;
    }
    this.lateRun++;
    this.leastLateDelay = Math.min(this.leastLateDelay, delay);
    const lasts = this.lateRun > 1 && arrivalSample - this.lateSince >= this.lateSamples;
    if (this.lateRun < LATE_PACKETS && !lasts) return false;
    this.anchor(timestamp, position + this.leastLateDelay, arrivalSample);
    return true;
  }

  private anchor(timestamp: number, position: number, arrivalSample: number): void {
    this.anchored++;
    this.isAnchored = true;
    this.anchorTimestamp = timestamp;
    this.anchorPosition = Math.max(position, this.ring.head);
    this.windowStart = arrivalSample;
    this.leastDelay = Infinity;
    this.lateRun = 0;
  }
}

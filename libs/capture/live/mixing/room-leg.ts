import { mixInto } from '#libs/media';
import { NO_PACKETS, sumOfCounts, type LegCounts } from '../../call/leg-source.js';
import { FrameReader } from '../../call/frame-reader.js';
import type { AudioOutput } from '../audio-output.js';
import type { LiveLeg } from '../live-leg.js';
import { FRAME_MS } from '../sounds.js';
import type { FrameSource } from './hearing.js';
import type { LegTap } from './leg-tap.js';

/** Rate of the mix; the speech of wideband participants is kept whole. */
const ROOM_RATE = 16_000;
/** The longest stretch a call's core reads at once, ms. */
const LONGEST_READ_MS = 100;

/** A participant as the recordings of the room hear it, from one place of the room's time line to another. */
interface Recorded {
  readonly tap: LegTap;
  readonly reader: FrameReader;
  readonly fromMs: number;
  untilMs: number;
}

/** The one leg of a conference: read, it is the mix of all participants; what is played to it, all of them hear. */
export class RoomLeg implements LiveLeg {
  readonly party = 'conference';
  readonly sampleRate = ROOM_RATE;
  readonly inbandKeys = false;
  readonly endpoint = null;
  readonly lastPacketMs = null;
  muted = false;
  readonly output: AudioOutput;
  readonly announcement = new Announcement();
  private recorded: Recorded[] = [];
  /** Place of the room's time line up to which the mix was read, ms. */
  private headMs = 0;
  /** Counts of those who have left. */
  private countsBefore = NO_PACKETS;

  constructor() {
    this.output = { sampleRate: ROOM_RATE, send: (frame) => this.announcement.set(frame), clear: () => undefined };
  }

  /** Records the participant from a place of the room's time line on. */
  add(tap: LegTap, fromMs: number): void {
    const reader = new FrameReader([tap], LONGEST_READ_MS);
    reader.need(ROOM_RATE);
    this.recorded.push({ tap, reader, fromMs, untilMs: Infinity });
  }

  /** No longer records the participant; what it said up to the place, and what has arrived of it, is yet to be read. */
  remove(tap: LegTap, untilMs: number): void {
    for (const each of this.recorded) if (each.tap === tap) each.untilMs = Math.max(untilMs, Math.ceil(this.endOf(each)));
    tap.close();
  }

  read(dst: Int16Array, n: number, position: number): void {
    dst.fill(0, 0, n);
    const startMs = (position * 1000) / ROOM_RATE;
    const endMs = startMs + (n * 1000) / ROOM_RATE;
    for (const each of this.recorded) readInto(dst, each, startMs, Math.min(endMs, each.untilMs));
    this.headMs = endMs;
    if (this.recorded.some(({ untilMs }) => untilMs <= endMs)) this.letGo(endMs);
  }

  /** Place behind the last that has arrived of the participant, ms; 0 when nothing waits. */
  private endOf({ tap, fromMs }: Recorded): number {
    return tap.bufferedMs === 0 ? 0 : Math.max(this.headMs, fromMs) + tap.bufferedMs;
  }

  /** Of all participants since the opening of the room. */
  counts(): LegCounts {
    return sumOfCounts([this.countsBefore, ...this.recorded.map(({ tap }) => tap.counts())]);
  }

  bufferedUntilMs(): number {
    return Math.max(0, ...this.recorded.map((each) => this.endOf(each)));
  }

  openTap(): never {
    throw new Error('A room cannot take part in a room');
  }

  renegotiate(): void {
    // A room has no far end.
  }

  private letGo(endMs: number): void {
    const left = this.recorded.filter(({ untilMs }) => untilMs <= endMs);
    this.countsBefore = sumOfCounts([this.countsBefore, ...left.map(({ tap }) => tap.counts())]);
    this.recorded = this.recorded.filter((each) => !left.includes(each));
  }

  close(): void {
    for (const { tap } of this.recorded) tap.close();
    this.recorded = [];
  }
}

function readInto(dst: Int16Array, { reader, fromMs }: Recorded, startMs: number, endMs: number): void {
  const from = Math.max(startMs, fromMs);
  if (endMs <= from) return;
  reader.read(from - fromMs, endMs - fromMs);
  const into = dst.subarray(((from - startMs) * ROOM_RATE) / 1000);
  mixInto(into, into, reader.of('caller', ROOM_RATE, 0), ((endMs - from) * ROOM_RATE) / 1000);
  reader.release();
}

/** What is played to a room, as its participants hear it. */
class Announcement implements FrameSource {
  private frame: Int16Array | null = null;
  private readonly reader = new FrameReader(
    [
      {
        party: 'conference',
        sampleRate: ROOM_RATE,
        inbandKeys: false,
        read: (dst, n) => (this.frame === null ? dst.fill(0, 0, n) : dst.set(this.frame.subarray(0, n))),
        counts: () => NO_PACKETS,
      },
    ],
    LONGEST_READ_MS,
  );

  set(frame: Int16Array): void {
    this.frame = frame;
  }

  moveTo(frameMs: number): void {
    this.reader.read(frameMs, frameMs + FRAME_MS);
  }

  addTo(frame: Int16Array, sampleRate: number): void {
    this.reader.need(sampleRate);
    mixInto(frame, frame, this.reader.of('caller', sampleRate, 0), frame.length);
  }

  release(): void {
    this.reader.release();
    this.frame = null;
  }
}

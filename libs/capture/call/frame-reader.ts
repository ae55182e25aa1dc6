import type { Party } from '#libs/recording-model';
import type { LegSource } from './leg-source.js';
import { RateLine, type ReadFrame } from './rate-line.js';

const HIGHEST_RATE = 48_000;

/**
 * Space for frames under way, shared by all calls, so that it stays in the cache. Mostly one call is processed at a time; a
 * command that makes another call move takes space of its own.
 */
const spare: Int16Array[] = [];

function takeSpace(room: number): Int16Array {
  const last = spare.pop();
  return last !== undefined && last.length >= room ? last : new Int16Array(room);
}

/** Reads one frame at a time from all legs and hands it out at whatever rates the recordings need. */
export class FrameReader implements ReadFrame {
  private readonly silence: Int16Array;
  readonly frames: Int16Array[];
  readonly counts: number[];
  startMs = 0;
  durationMs = 0;
  private readonly lines = new Map<number, RateLine>();
  private readonly legIndex: Readonly<Record<Party, number>>;

  constructor(
    private readonly legs: readonly LegSource[],
    frameMs: number,
  ) {
    const room = (frameMs * HIGHEST_RATE) / 1000 + 1;
    this.silence = new Int16Array(room);
    this.frames = legs.map(() => this.silence);
    this.counts = legs.map(() => 0);
    // A conference is one leg; the recordings take it as the caller's side.
    this.legIndex = {
      caller: legs.findIndex(({ party }) => party === 'caller' || party === 'conference'),
      callee: legs.findIndex(({ party }) => party === 'callee'),
    };
  }

  /** Has the frames from the current one on also at this rate. */
  need(sampleRate: number): void {
    if (this.lines.has(sampleRate)) return;
    const line = new RateLine(sampleRate, this.legs, this.silence);
    line.take(this);
    this.lines.set(sampleRate, line);
  }

  /** Drops the rates nobody needs any more. */
  keepOnly(sampleRates: ReadonlySet<number>): void {
    for (const rate of this.lines.keys()) if (!sampleRates.has(rate)) this.lines.delete(rate);
  }

  /** Reads the audio between two places, whole numbers of ms, at most one frame apart. Valid until `release`. */
  read(fromMs: number, untilMs: number): void {
    this.startMs = fromMs;
    this.durationMs = untilMs - fromMs;
    for (let index = 0; index < this.legs.length; index++) this.readLeg(index, fromMs, untilMs);
    for (const line of this.lines.values()) line.take(this);
  }

  /** The frame was processed; nobody looks at its audio any more. */
  release(): void {
    for (let index = this.frames.length - 1; index >= 0; index--) {
      const frame = this.frames[index];
      if (frame === undefined || frame === this.silence) continue;
      spare.push(frame);
      this.frames[index] = this.silence;
    }
  }

  /** The current frame of a party at a rate that was asked for, from its `from`th sample on. */
  of(party: Party, sampleRate: number, from: number): Int16Array {
    const frame = this.lines.get(sampleRate)?.frameOf(this.legIndex[party]) ?? this.silence;
    return from === 0 ? frame : frame.subarray(from);
  }

  /** The current frame of a leg at its own rate. */
  ofLeg(index: number): Int16Array {
    return this.frames[index] ?? this.silence;
  }

  /** How many samples `ofLeg` holds. */
  countOf(index: number): number {
    return this.counts[index] ?? 0;
  }

  private readLeg(index: number, fromMs: number, untilMs: number): void {
    const leg = this.legs[index];
    if (leg === undefined || leg.sampleRate === null) {
      this.counts[index] = 0;
      return;
    }
    const from = Math.floor((fromMs * leg.sampleRate) / 1000);
    const count = Math.floor((untilMs * leg.sampleRate) / 1000) - from;
    const frame = takeSpace(this.silence.length);
    this.frames[index] = frame;
    leg.read(frame, count, from);
    this.counts[index] = count;
  }
}

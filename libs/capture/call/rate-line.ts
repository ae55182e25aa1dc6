import { Resampler } from '#libs/media';
import type { LegSource } from './leg-source.js';

/** The audio of all legs of a call at one sample rate, frame by frame; each leg is resampled once, whoever needs it. */
export class RateLine {
  private readonly lanes: Lane[];

  constructor(
    readonly sampleRate: number,
    legs: readonly LegSource[],
    private readonly silence: Int16Array,
  ) {
    this.lanes = legs.map((leg) => new Lane(leg, sampleRate));
  }

  /** Takes the frame that was just read: `frames[i]` holds `counts[i]` samples of leg i at the leg's own rate. */
  take(frames: readonly Int16Array[], counts: readonly number[], durationMs: number): void {
    for (let index = 0; index < this.lanes.length; index++) {
      this.lanes[index]?.take(frames[index] ?? this.silence, counts[index] ?? 0, Math.ceil((durationMs * this.sampleRate) / 1000));
    }
  }

  /** The current frame of a leg; valid until the next one. */
  frameOf(legIndex: number): Int16Array {
    return this.lanes[legIndex]?.current ?? this.silence;
  }
}

class Lane {
  /** Set by every `take`; null while the leg is silent for want of a rate. */
  current: Int16Array | null = null;
  private resampler: Resampler | null = null;
  private resampledFrom = 0;
  private output = new Int16Array(0);

  constructor(
    private readonly leg: LegSource,
    private readonly sampleRate: number,
  ) {}

  take(frame: Int16Array, count: number, wanted: number): void {
    const from = this.leg.sampleRate;
    if (from === null || from === this.sampleRate) {
      this.current = from === null ? null : frame;
      return;
    }
    const resampler = this.resamplerFrom(from);
    const room = Math.max(wanted, resampler.maxOutput(count));
    if (this.output.length < room) this.output = new Int16Array(room);
    const written = resampler.process(frame, count, this.output);
    if (written < wanted) this.output.fill(0, written, wanted);
    this.current = this.output;
  }

  private resamplerFrom(from: number): Resampler {
    if (this.resampler === null || this.resampledFrom !== from) {
      this.resampler = new Resampler(from, this.sampleRate, 'immediate');
      this.resampledFrom = from;
    }
    return this.resampler;
  }
}

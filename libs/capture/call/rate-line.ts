import type { LegSource } from './leg-source.js';
import { AheadLane, LiveLane, type Lane } from './lane.js';

/** One frame of a call as it was read: `frames[i]` holds `counts[i]` samples of leg i at the leg's own rate. */
export interface ReadFrame {
  readonly frames: readonly Int16Array[];
  readonly counts: readonly number[];
  readonly startMs: number;
  readonly durationMs: number;
}

/** The audio of all legs of a call at one sample rate, frame by frame; each leg is resampled once, whoever needs it. */
export class RateLine {
  private readonly lanes: readonly Lane[];

  constructor(
    private readonly sampleRate: number,
    legs: readonly LegSource[],
    private readonly silence: Int16Array,
  ) {
    this.lanes = legs.map((leg) => (leg.peek === undefined ? new LiveLane(leg, sampleRate) : new AheadLane(leg, sampleRate)));
  }

  take({ frames, counts, startMs, durationMs }: ReadFrame): void {
    const wanted = Math.ceil((durationMs * this.sampleRate) / 1000);
    for (let index = 0; index < this.lanes.length; index++) {
      this.lanes[index]?.take({ frame: frames[index] ?? this.silence, count: counts[index] ?? 0, startMs, wanted });
    }
  }

  /** The current frame of a leg; valid until the next one. */
  frameOf(legIndex: number): Int16Array {
    return this.lanes[legIndex]?.current ?? this.silence;
  }
}

import { Resampler } from '#libs/media';
import type { LegSource } from './leg-source.js';

/** One frame of one leg, and how many samples of it are wanted at the lane's rate. */
export interface LaneFrame {
  readonly frame: Int16Array;
  readonly count: number;
  readonly startMs: number;
  readonly wanted: number;
}

/** One leg at one sample rate. */
export interface Lane {
  /** Set by every `take`; null while the leg is silent for want of a rate. Valid until the next `take`. */
  readonly current: Int16Array | null;
  take(frame: LaneFrame): void;
}

/** A leg whose future is not known: what the resampling filter delays (a few ms) is heard that much later. */
export class LiveLane implements Lane {
  current: Int16Array | null = null;
  private resampler: Resampler | null = null;
  private resampledFrom = 0;
  private output = new Int16Array(0);

  constructor(
    private readonly leg: Pick<LegSource, 'sampleRate'>,
    private readonly sampleRate: number,
  ) {}

  take({ frame, count, wanted }: LaneFrame): void {
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

/** A leg whose future is known: resampled without any delay, by reading as far ahead as the filter needs. */
export class AheadLane implements Lane {
  current: Int16Array | null = null;
  private resampler: Resampler | null = null;
  private input = new Int16Array(0);
  private output = new Int16Array(0);
  private ready = 0;
  private used = 0;
  private nextInput = 0;

  constructor(
    private readonly leg: LegSource,
    private readonly sampleRate: number,
  ) {}

  take({ frame, count, startMs, wanted }: LaneFrame): void {
    const from = this.leg.sampleRate;
    if (from === null || from === this.sampleRate) {
      this.current = from === null ? null : frame;
      return;
    }
    if (this.resampler === null) {
      this.resampler = new Resampler(from, this.sampleRate);
      this.nextInput = Math.floor((startMs * from) / 1000);
    }
    this.output.copyWithin(0, this.used, this.ready);
    this.ready -= this.used;
    while (this.ready < wanted) this.readAhead(this.resampler, Math.max(count, 64));
    this.used = wanted;
    this.current = this.output;
  }

  private readAhead(resampler: Resampler, count: number): void {
    if (this.input.length < count) this.input = new Int16Array(count);
    const room = this.ready + resampler.maxOutput(count);
    if (this.output.length < room) {
      const larger = new Int16Array(room * 2);
      larger.set(this.output.subarray(0, this.ready));
      this.output = larger;
    }
    this.leg.peek?.(this.input, count, this.nextInput);
    this.nextInput += count;
    this.ready += resampler.process(this.input, count, this.output.subarray(this.ready));
  }
}

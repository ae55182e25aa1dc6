import type { FrameFeatures } from './frame-analyser.js';

/** The floor is never taken to be lower than this, dBFS: idle G.711 and rounding lie below. */
const LOWEST_FLOOR_DB = -62;
/** The quietest stretch of the last 12 × 20 frames (2.4 s) is noise: nobody speaks that long without a gap. */
const BLOCK_FRAMES = 20;
const BLOCKS = 12;
/** A level that moves less than this over 40 frames (400 ms) is noise, however loud: speech never stands so still. */
const STEADY_FRAMES = 40;
const STEADY_DEVIATION_DB = 1.7;
const STEADY_TILT_DEVIATION = 0.13;
const INITIAL_DEVIATION_DB = 1.2;

/**
 * Follows level and shape of the line noise. Falls at once, rises when the minimum of the last 2.4 s rises or when
 * the line has stood still for 400 ms. Tones never raise it. Allocates nothing after construction.
 */
export class NoiseFloor {
  /** Mean level of the noise, dBFS. */
  levelDb = LOWEST_FLOOR_DB;
  /** Standard deviation of its frame levels, dB. */
  deviationDb = INITIAL_DEVIATION_DB;
  /** Mean tilt of the noise and the mean distance from it. */
  tilt = 0;
  tiltDeviation = 0.2;
  private readonly blockMinima = new Float64Array(BLOCKS).fill(Infinity);
  private readonly recent = new Float64Array(STEADY_FRAMES);
  private recentCount = 0;
  private recentSum = 0;
  private recentSquares = 0;
  private readonly recentTilts = new Float64Array(STEADY_FRAMES);
  private tiltSum = 0;
  private tiltSquares = 0;
  private block = 0;
  private blockFrames = 0;
  private smoothDb = 0;
  private frames = 0;

  /** Learns from one frame; `tonal` frames only hold the floor where it is. */
  learn(frame: FrameFeatures, tonal: boolean): void {
    const level = Math.max(frame.levelDb, LOWEST_FLOOR_DB);
    if (tonal) {
      this.recentCount = 0;
      return;
    }
    this.smoothDb = this.frames++ === 0 ? level : this.smoothDb + 0.3 * (level - this.smoothDb);
    this.trackMinimum();
    this.trackSteadiness(level, frame.tilt);
    if (Math.abs(level - this.levelDb) < Math.max(2.5, 2.5 * this.deviationDb)) this.refine(level, frame.tilt);
  }

  private trackMinimum(): void {
    const { blockMinima, block } = this;
    blockMinima[block] = Math.min(blockMinima[block] ?? Infinity, this.smoothDb);
    let minimum = Infinity;
    for (let i = 0; i < BLOCKS; i++) minimum = Math.min(minimum, blockMinima[i] ?? Infinity);
    if (++this.blockFrames === BLOCK_FRAMES) {
      this.blockFrames = 0;
      this.block = (block + 1) % BLOCKS;
      blockMinima[this.block] = Infinity;
    }
    // The minimum of a noise lies under its mean by about one deviation.
    const lowest = minimum + 0.5 * this.deviationDb;
    const highest = minimum + 2 * this.deviationDb;
    this.levelDb = Math.min(Math.max(this.levelDb, lowest), highest);
  }

  private trackSteadiness(level: number, tilt: number): void {
    if (this.recentCount === 0) {
      this.recentSum = this.recentSquares = this.tiltSum = this.tiltSquares = 0;
      this.recent.fill(0);
      this.recentTilts.fill(0);
    }
    const slot = this.recentCount++ % STEADY_FRAMES;
    const oldLevel = this.recent[slot] ?? 0;
    const oldTilt = this.recentTilts[slot] ?? 0;
    this.recent[slot] = level;
    this.recentTilts[slot] = tilt;
    this.recentSum += level - oldLevel;
    this.recentSquares += level * level - oldLevel * oldLevel;
    this.tiltSum += tilt - oldTilt;
    this.tiltSquares += tilt * tilt - oldTilt * oldTilt;
    if (this.recentCount < STEADY_FRAMES) return;
    const mean = this.recentSum / STEADY_FRAMES;
    const deviation = spread(this.recentSum, this.recentSquares);
    if (mean < this.levelDb + 1 || deviation > STEADY_DEVIATION_DB) return;
    if (spread(this.tiltSum, this.tiltSquares) <= STEADY_TILT_DEVIATION) this.restart(mean, deviation);
  }

  private restart(level: number, deviation: number): void {
    this.levelDb = level;
    this.deviationDb = Math.max(0.6, deviation);
    this.smoothDb = level;
    this.blockMinima.fill(Infinity);
    this.blockMinima[this.block] = level - deviation;
  }

  private refine(level: number, tilt: number): void {
    const rate = 0.03;
    const distance = level - this.levelDb;
    this.levelDb += rate * distance;
    this.deviationDb = clamp(this.deviationDb + rate * (1.25 * Math.abs(distance) - this.deviationDb), 0.6, 3);
    const tiltDistance = tilt - this.tilt;
    this.tilt += rate * tiltDistance;
    this.tiltDeviation = clamp(
      this.tiltDeviation + rate * (1.25 * Math.abs(tiltDistance) - this.tiltDeviation),
      0.05,
      0.4,
    );
  }
}

/** Standard deviation of the values whose sum and sum of squares are given. */
function spread(sum: number, squares: number): number {
  const mean = sum / STEADY_FRAMES;
  return Math.sqrt(Math.max(0, squares / STEADY_FRAMES - mean * mean));
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

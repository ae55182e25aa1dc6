/** What digital silence measures, in place of minus infinity. */
export const SILENCE_DBFS = -120;

const FULL_SCALE = 32768;

/** Root mean square and peak of everything added, in dB relative to full scale (32768). */
export class LevelMeter {
  private sumOfSquares = 0;
  private peak = 0;
  private count = 0;

  /** Adds `samples[from..to)`. */
  add(samples: Int16Array, from = 0, to = samples.length): void {
    let sum = 0;
    let peak = this.peak;
    for (let i = from; i < to; i++) {
      const sample = samples[i] as number;
      const magnitude = sample < 0 ? -sample : sample;
      if (magnitude > peak) peak = magnitude;
      sum += sample * sample;
    }
    this.peak = peak;
    this.sumOfSquares += sum;
    this.count += to - from;
  }

  /** Null before the first sample; `SILENCE_DBFS` for digital silence. */
  get rmsDbfs(): number | null {
    return this.count === 0 ? null : dbfs(Math.sqrt(this.sumOfSquares / this.count));
  }

  /** Null before the first sample; `SILENCE_DBFS` for digital silence. */
  get peakDbfs(): number | null {
    return this.count === 0 ? null : dbfs(this.peak);
  }
}

function dbfs(level: number): number {
  return level === 0 ? SILENCE_DBFS : Math.max(SILENCE_DBFS, 20 * Math.log10(level / FULL_SCALE));
}

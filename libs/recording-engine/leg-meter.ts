import { SILENCE_DBFS } from '#libs/media';

const FULL_SCALE = 32768;

/** Root mean square and peak of one leg's recorded samples, over squares alone: this loop sees every sample of a call. */
export class LegMeter {
  private sum = 0;
  private largest = 0;
  private count = 0;

  add(samples: Int16Array, from: number, to: number): void {
    // Sums of whole numbers are exact in any order; two of them do not wait for each other.
    let even = 0;
    let odd = 0;
    let largest = this.largest;
    let i = from;
    for (; i + 1 < to; i += 2) {
      const first = samples[i] as number;
      const second = samples[i + 1] as number;
      const square = Math.imul(first, first);
      const next = Math.imul(second, second);
      even += square;
      odd += next;
      if (square > largest) largest = square;
      if (next > largest) largest = next;
    }
    if (i < to) {
      const last = samples[i] as number;
      const square = Math.imul(last, last);
      even += square;
      if (square > largest) largest = square;
    }
    this.sum += even + odd;
    this.largest = largest;
    this.count += to - from;
  }

  /** `count` samples of silence. */
  addSilence(count: number): void {
    this.count += count;
  }

  /** dBFS; null before the first sample. */
  get rmsDbfs(): number | null {
    return this.count === 0 ? null : dbfs(this.sum / this.count);
  }

  /** dBFS; null before the first sample. */
  get peakDbfs(): number | null {
    return this.count === 0 ? null : dbfs(this.largest);
  }
}

function dbfs(power: number): number {
  return power === 0 ? SILENCE_DBFS : Math.max(SILENCE_DBFS, 10 * Math.log10(power / (FULL_SCALE * FULL_SCALE)));
}

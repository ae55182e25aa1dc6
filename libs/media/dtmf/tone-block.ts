import { COLUMN_HZ, ROW_HZ } from './dtmf-keys.js';

/** Length of an analysed block: short enough that a tone of 40 ms fills two, long enough to tell 697 from 770 Hz. */
const BLOCK_MS = 12.75;
/** Weakest tone taken for a key: mean power of a sine 38 dB below full scale. */
const LEAST_POWER = (32768 * 10 ** (-38 / 20)) ** 2 / 2;
/** Column over row and row over column, as power ratios (ITU-T Q.24: 4 dB and 8 dB, with some slack). */
const MOST_TWIST = 10 ** (6 / 10);
const MOST_REVERSE_TWIST = 10 ** (9 / 10);
/** Each tone keeps its level from block to block of a press, as power ratio (2.5 dB); voices do not. */
const MOST_CHANGE = 10 ** (2.5 / 10);
/** A tone must stand this far above the next of its group. */
const GROUP_DISTANCE = 10 ** (6 / 10);
/** Part of the block's power that must lie in the two tones; speech spreads its power over many harmonics. */
const PURITY = 0.72;
/** Weakest share of the whole that one tone of a valid pair can have. */
const LEAST_SHARE = PURITY / (1 + MOST_REVERSE_TWIST);

const TONES_HZ: readonly number[] = [...ROW_HZ, ...COLUMN_HZ];

/** In place of a key: there is none. */
export const NO_KEY = -1;

/**
 * One block of audio at a time, and the power of the eight tones in it and in the block before. Keys are numbered
 * row * 4 + column.
 */
export class ToneBlock {
  /** Samples in a block. */
  readonly size: number;
  private readonly coefficients: Float64Array;
  private readonly samples: Int16Array;
  private readonly powers = new Float64Array(TONES_HZ.length);
  private readonly earlierPowers = new Float64Array(TONES_HZ.length);
  private filled = 0;
  private energy = 0;

  constructor(sampleRate: number) {
    this.size = Math.round((BLOCK_MS * sampleRate) / 1000);
    this.coefficients = Float64Array.from(TONES_HZ, (hz) => 2 * Math.cos((2 * Math.PI * hz) / sampleRate));
    this.samples = new Int16Array(this.size);
  }

  get isFull(): boolean {
    return this.filled === this.size;
  }

  /** Takes from `source[from..to)` what the block has room for; returns how many samples that were. */
  fill(source: Int16Array, from: number, to: number): number {
    const end = Math.min(to, from + this.size - this.filled);
    const { samples } = this;
    let at = this.filled;
    // Sums of whole numbers are exact in any order; two of them do not wait for each other.
    let even = 0;
    let odd = 0;
    let i = from;
    for (; i + 1 < end; i += 2, at += 2) {
      const first = source[i] as number;
      const second = source[i + 1] as number;
      samples[at] = first;
      samples[at + 1] = second;
      even += Math.imul(first, first);
      odd += Math.imul(second, second);
    }
    if (i < end) {
      const last = source[i] as number;
      samples[at++] = last;
      even += Math.imul(last, last);
    }
    this.filled = at;
    this.energy += even + odd;
    return end - from;
  }

  /** Measures the full block and makes room for the next. Returns its key or `NO_KEY`. */
  analyse(): number {
    this.earlierPowers.set(this.powers);
    const meanPower = this.energy / this.size;
    this.filled = 0;
    this.energy = 0;
    return this.findKey(meanPower);
  }

  /** Mean power of the row tone of a key. */
  rowPower(key: number): number {
    return this.powers[key >> 2] as number;
  }

  /** Mean power of the column tone of a key. */
  columnPower(key: number): number {
    return this.powers[4 + (key & 3)] as number;
  }

  /** Mean power of the row tone of a key in the block before. */
  earlierRowPower(key: number): number {
    return this.earlierPowers[key >> 2] as number;
  }

  /** True when both tones of the key are as loud as in the block before. */
  isSteady(key: number): boolean {
    return this.keepsLevel(key >> 2) && this.keepsLevel(4 + (key & 3));
  }

  /** True when a part of this power of a press is in both tones: a block cut by a short break still holds some. */
  holds(key: number, power: number): boolean {
    return this.rowPower(key) >= power && this.columnPower(key) * MOST_REVERSE_TWIST >= power;
  }

  private keepsLevel(tone: number): boolean {
    const ratio = (this.powers[tone] as number) / (this.earlierPowers[tone] as number);
    return ratio < MOST_CHANGE && ratio * MOST_CHANGE > 1;
  }

  private findKey(meanPower: number): number {
    if (meanPower < 2 * LEAST_POWER * PURITY) {
      this.powers.fill(0);
      return NO_KEY;
    }
    this.measure(0);
    const row = strongest(this.powers, 0);
    const rowPower = this.powers[row] as number;
    if (rowPower < LEAST_SHARE * meanPower) {
      this.powers.fill(0, 4);
      return NO_KEY;
    }
    this.measure(4);
    const column = strongest(this.powers, 4);
    const columnPower = this.powers[column] as number;
    const accepted =
      rowPower >= LEAST_POWER &&
      columnPower >= LEAST_POWER &&
      columnPower <= rowPower * MOST_TWIST &&
      rowPower <= columnPower * MOST_REVERSE_TWIST &&
      rowPower + columnPower >= PURITY * meanPower &&
      standsOut(this.powers, 0, row) &&
      standsOut(this.powers, 4, column);
    return accepted ? row * 4 + column - 4 : NO_KEY;
  }

  /** Goertzel's algorithm for the four tones of a group at once: each chain of operations waits for itself, not the others. */
  private measure(group: 0 | 4): void {
    const { samples, size, coefficients } = this;
    const ca = coefficients[group] as number;
    const cb = coefficients[group + 1] as number;
    const cc = coefficients[group + 2] as number;
    const cd = coefficients[group + 3] as number;
    let a1 = 0;
    let a2 = 0;
    let b1 = 0;
    let b2 = 0;
    let c1 = 0;
    let c2 = 0;
    let d1 = 0;
    let d2 = 0;
    for (let i = 0; i < size; i++) {
      const x = samples[i] as number;
      const a0 = x + ca * a1 - a2;
      const b0 = x + cb * b1 - b2;
      const c0 = x + cc * c1 - c2;
      const d0 = x + cd * d1 - d2;
      a2 = a1;
      a1 = a0;
      b2 = b1;
      b1 = b0;
      c2 = c1;
      c1 = c0;
      d2 = d1;
      d1 = d0;
    }
    this.powers[group] = this.power(a1, a2, ca);
    this.powers[group + 1] = this.power(b1, b2, cb);
    this.powers[group + 2] = this.power(c1, c2, cc);
    this.powers[group + 3] = this.power(d1, d2, cd);
  }

  private power(s1: number, s2: number, coefficient: number): number {
    return (2 / (this.size * this.size)) * (s1 * s1 + s2 * s2 - coefficient * s1 * s2);
  }
}

function strongest(powers: Float64Array, from: number): number {
  let best = from;
  for (let i = from + 1; i < from + 4; i++) if ((powers[i] as number) > (powers[best] as number)) best = i;
  return best;
}

function standsOut(powers: Float64Array, from: number, best: number): boolean {
  for (let i = from; i < from + 4; i++) {
    if (i !== best && (powers[i] as number) * GROUP_DISTANCE > (powers[best] as number)) return false;
  }
  return true;
}

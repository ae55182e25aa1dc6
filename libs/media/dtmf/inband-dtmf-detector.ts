import { COLUMN_HZ, KEY_PAD, ROW_HZ } from './dtmf-keys.js';

/** Called at each key press. Positions count the samples the detector has been given since it was made. */
export type KeyListener = (key: string, atSample: number, toneStartSample: number) => void;

/** Length of an analysed block: short enough that a tone of 40 ms fills two, long enough to tell 697 from 770 Hz. */
const BLOCK_MS = 12.75;
/** Blocks in a row that must show the same key: a tone of 40 ms fills two, wherever it begins. */
const FULL_BLOCKS = 2;
/**
 * The block before or after these must hold the row tone too, with this part of its power: 40 ms fill more than half of
 * one of them, while a tone under 23 ms, which is never a key (ITU-T Q.24), can cover two blocks but no third.
 */
const REST_POWER = 0.1;
/** Blocks without the key that end a press; breaks of up to 10 ms within a tone do not. */
const BLOCKS_TO_RELEASE = 2;
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
const NO_KEY = -1;

/**
 * Finds telephone keys (DTMF, ITU-T Q.23 and Q.24) in audio: tones of 40 ms and longer, frequencies off by up to 1.5 %,
 * down to −38 dBFS a tone, apart by a pause of 40 ms or another key. Each press is told once.
 */
export class InbandDtmfDetector {
  private readonly blockSize: number;
  private readonly coefficients: Float64Array;
  private readonly block: Float64Array;
  private readonly powers = new Float64Array(TONES_HZ.length);
  private readonly earlierPowers = new Float64Array(TONES_HZ.length);
  private filled = 0;
  private energy = 0;
  private position = 0;

  private candidate = NO_KEY;
  private hits = 0;
  private misses = 0;
  /** Row power in the block before the candidate's first, and the candidate's own. */
  private leadPower = 0;
  private fullPower = 0;
  private pressed = NO_KEY;
  private pressedPower = 0;
  private toneStart = 0;

  constructor(sampleRate: number) {
    this.blockSize = Math.round((BLOCK_MS * sampleRate) / 1000);
    this.coefficients = Float64Array.from(TONES_HZ, (hz) => 2 * Math.cos((2 * Math.PI * hz) / sampleRate));
    this.block = new Float64Array(this.blockSize);
  }

  /** Listens to `samples[from..to)`. */
  process(samples: Int16Array, from: number, to: number, onKey: KeyListener): void {
    for (let i = from; i < to; ) {
      const end = Math.min(to, i + this.blockSize - this.filled);
      this.position += end - i;
      for (; i < end; i++) {
        const sample = samples[i] as number;
        this.block[this.filled++] = sample;
        this.energy += sample * sample;
      }
      if (this.filled === this.blockSize) this.finishBlock(onKey);
    }
  }

  private finishBlock(onKey: KeyListener): void {
    const found = this.analyse();
    if (this.pressed !== NO_KEY) {
      this.misses = this.isStillThere(this.pressed) ? 0 : this.misses + 1;
      if (this.misses >= BLOCKS_TO_RELEASE) this.pressed = NO_KEY;
    }
    if (this.hits >= FULL_BLOCKS && found !== this.candidate) this.confirm(this.rowPower(this.candidate), onKey);
    if (found === NO_KEY || found !== this.candidate || !this.isSteady(found)) this.beginCandidate(found);
    if (found !== NO_KEY) {
      this.hits++;
      this.fullPower = Math.max(this.fullPower, this.rowPower(found));
      if (this.hits >= FULL_BLOCKS) this.confirm(this.hits > FULL_BLOCKS ? this.fullPower : this.leadPower, onKey);
    }
    this.earlierPowers.set(this.powers);
    this.filled = 0;
    this.energy = 0;
  }

  private beginCandidate(found: number): void {
    this.candidate = found;
    this.hits = 0;
    this.fullPower = 0;
    if (found === NO_KEY) return;
    this.leadPower = this.earlierPowers[found >> 2] as number;
    this.toneStart = this.estimateStart(found);
  }

  private confirm(restPower: number, onKey: KeyListener): void {
    if (this.candidate === this.pressed || restPower < REST_POWER * this.fullPower) return;
    this.pressed = this.candidate;
    this.pressedPower = this.fullPower;
    this.misses = 0;
    onKey(keyAt(this.candidate), this.position, this.toneStart);
  }

  /** A block cut by a short break still holds some of both tones. */
  private isStillThere(key: number): boolean {
    const least = REST_POWER * this.pressedPower;
    return this.rowPower(key) >= least && (this.powers[4 + (key & 3)] as number) * MOST_REVERSE_TWIST >= least;
  }

  private isSteady(key: number): boolean {
    return this.keepsLevel(key >> 2) && this.keepsLevel(4 + (key & 3));
  }

  private keepsLevel(tone: number): boolean {
    const ratio = (this.powers[tone] as number) / (this.earlierPowers[tone] as number);
    return ratio < MOST_CHANGE && ratio * MOST_CHANGE > 1;
  }

  private rowPower(key: number): number {
    return this.powers[key >> 2] as number;
  }

  /** The key in the block as row * 4 + column, or none. */
  private analyse(): number {
    const meanPower = this.energy / this.blockSize;
    if (meanPower < 2 * LEAST_POWER * PURITY) {
      this.powers.fill(0);
      return NO_KEY;
    }
    this.measure(0, 4);
    const row = strongest(this.powers, 0);
    const rowPower = this.powers[row] as number;
    if (rowPower < LEAST_SHARE * meanPower) {
      this.powers.fill(0, 4);
      return NO_KEY;
    }
    this.measure(4, 8);
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

  private measure(from: number, to: number): void {
    const scale = 2 / (this.blockSize * this.blockSize);
    for (let tone = from; tone < to; tone++) {
      const coefficient = this.coefficients[tone] as number;
      let s1 = 0;
      let s2 = 0;
      for (let i = 0; i < this.blockSize; i++) {
        const s0 = (this.block[i] as number) + coefficient * s1 - s2;
        s2 = s1;
        s1 = s0;
      }
      this.powers[tone] = scale * (s1 * s1 + s2 * s2 - coefficient * s1 * s2);
    }
  }

  /** The block before holds the beginning of the tone: amplitude there over amplitude here is the part it fills. */
  private estimateStart(key: number): number {
    const row = key >> 2;
    const now = this.powers[row] as number;
    const before = this.earlierPowers[row] as number;
    const part = Math.min(1, Math.sqrt(before / now));
    return Math.max(0, this.position - this.blockSize - Math.round(part * this.blockSize));
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

function keyAt(index: number): string {
  return KEY_PAD[index >> 2]?.charAt(index & 3) ?? '';
}

import { KEY_PAD } from './dtmf-keys.js';
import { NO_KEY, ToneBlock } from './tone-block.js';

/** Called at each key press. Positions count the samples the detector has been given since it was made. */
export type KeyListener = (key: string, atSample: number, toneStartSample: number) => void;

/** Blocks in a row that must show the same key: a tone of 40 ms fills two, wherever it begins. */
const FULL_BLOCKS = 2;
/**
 * The block before or after these must hold the row tone too, with this part of its power: 40 ms fill more than half of
 * one of them, while a tone under 23 ms, which is never a key (ITU-T Q.24), can cover two blocks but no third.
 */
const REST_POWER = 0.1;
/** Blocks without the key that end a press; breaks of up to 10 ms within a tone do not. */
const BLOCKS_TO_RELEASE = 2;

/**
 * Finds telephone keys (DTMF, ITU-T Q.23 and Q.24) in audio: tones of 40 ms and longer, frequencies off by up to 1.5 %,
 * down to −38 dBFS a tone, apart by a pause of 40 ms or another key. Each press is told once.
 */
export class InbandDtmfDetector {
  private readonly block: ToneBlock;
  private position = 0;

  private candidate = NO_KEY;
  private hits = 0;
  /** Row power in the block before the candidate's first, and the candidate's own. */
  private leadPower = 0;
  private fullPower = 0;
  private toneStart = 0;

  private pressed = NO_KEY;
  private pressedPower = 0;
  private misses = 0;

  constructor(sampleRate: number) {
    this.block = new ToneBlock(sampleRate);
  }

  /** Listens to `samples[from..to)`. */
  process(samples: Int16Array, from: number, to: number, onKey: KeyListener): void {
    for (let i = from; i < to;) {
      const taken = this.block.fill(samples, i, to);
      i += taken;
      this.position += taken;
      if (this.block.isFull) this.finishBlock(onKey);
    }
  }

  private finishBlock(onKey: KeyListener): void {
    const found = this.block.analyse();
    this.watchRelease();
    if (this.hits >= FULL_BLOCKS && found !== this.candidate) this.confirm(this.block.rowPower(this.candidate), onKey);
    if (found === NO_KEY || found !== this.candidate || !this.block.isSteady(found)) this.beginCandidate(found);
    if (found === NO_KEY) return;
    this.hits++;
    this.fullPower = Math.max(this.fullPower, this.block.rowPower(found));
    if (this.hits >= FULL_BLOCKS) this.confirm(this.hits > FULL_BLOCKS ? this.fullPower : this.leadPower, onKey);
  }

  private watchRelease(): void {
    if (this.pressed === NO_KEY) return;
    this.misses = this.block.holds(this.pressed, REST_POWER * this.pressedPower) ? 0 : this.misses + 1;
    if (this.misses >= BLOCKS_TO_RELEASE) this.pressed = NO_KEY;
  }

  private beginCandidate(found: number): void {
    this.candidate = found;
    this.hits = 0;
    this.fullPower = 0;
    if (found === NO_KEY) return;
    this.leadPower = this.block.earlierRowPower(found);
    this.toneStart = this.estimateStart(found);
  }

  private confirm(restPower: number, onKey: KeyListener): void {
    if (this.candidate === this.pressed || restPower < REST_POWER * this.fullPower) return;
    this.pressed = this.candidate;
    this.pressedPower = this.fullPower;
    this.misses = 0;
    onKey(keyAt(this.candidate), this.position, this.toneStart);
  }

  /** The block before holds the beginning of the tone: amplitude there over amplitude here is the part it fills. */
  private estimateStart(key: number): number {
    const part = Math.min(1, Math.sqrt(this.block.earlierRowPower(key) / this.block.rowPower(key)));
    return Math.max(0, this.position - this.block.size - Math.round(part * this.block.size));
  }
}

function keyAt(index: number): string {
  return KEY_PAD[index >> 2]?.charAt(index & 3) ?? '';
}

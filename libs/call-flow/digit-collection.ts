import type { CollectDigitsAction } from '#libs/recording-model';
import type { PlaybackSequence } from './playback-sequence.js';

/** Collects keys while prompts play; the first key cuts them off. The wait for a key begins when they are over. */
export class DigitCollection {
  digits = '';
  finishKey: string | null = null;
  private complete = false;
  private since: number | null = null;

  constructor(
    readonly action: CollectDigitsAction,
    readonly prompts: PlaybackSequence,
  ) {}

  get done(): boolean {
    return this.complete;
  }

  get deadline(): number | null {
    if (this.complete) return null;
    return this.since === null ? this.prompts.deadline : this.since + this.action.timeoutMs;
  }

  start(now: number): void {
    this.prompts.start(now);
    this.promptsMayBeOver(now);
  }

  advance(now: number): void {
    if (this.complete) return;
    this.prompts.advance(now);
    this.promptsMayBeOver(now);
    if (this.since !== null && now >= this.since + this.action.timeoutMs) this.complete = true;
  }

  /** A prompt ended that was not timed. */
  promptsMayBeOver(now: number): void {
    if (this.prompts.done && this.since === null) this.since = now;
  }

  key(key: string, now: number): void {
    if (this.complete || !this.takes(key)) return;
    if (!this.prompts.done) this.prompts.cancel();
    this.since = now;
    if (this.action.finishKeys.includes(key)) {
      this.finishKey = key;
      this.complete = true;
      return;
    }
    this.digits += key;
    if (this.action.maxDigits !== null && this.digits.length >= this.action.maxDigits) this.complete = true;
  }

  private takes(key: string): boolean {
    const { validKeys, finishKeys } = this.action;
    return validKeys === undefined || validKeys.includes(key) || finishKeys.includes(key);
  }
}

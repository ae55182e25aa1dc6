import type { CollectDigitsAction, FlowStep } from '#libs/recording-model';
import type { PlaybackSequence } from './playback-sequence.js';

/** Nobody presses so many; a machine that does must not fill the memory. */
const MOST_DIGITS = 1000;

/**
 * Collects keys while prompts play; the first key cuts them off. The wait for a key begins when they are over. Where it is
 * said what to tell whoever presses nothing or a wrong key, that is told and the prompts are played anew.
 */
export class DigitCollection {
  digits = '';
  finishKey: string | null = null;
  /** What is playing, or has played last. */
  prompts: PlaybackSequence;
  private complete = false;
  private since: number | null = null;
  /** End of the prompts; null: they play. */
  private promptsEndedAt: number | null = null;
  private timeouts = 0;
  private invalids = 0;

  constructor(
    readonly action: CollectDigitsAction,
    private readonly playing: (steps: readonly FlowStep[]) => PlaybackSequence,
  ) {
    this.prompts = playing(action.prompts);
  }

  get done(): boolean {
    return this.complete;
  }

  get deadline(): number | null {
    if (this.complete) return null;
    return this.since === null ? this.prompts.deadline : this.keyDeadline(this.since);
  }

  start(now: number): void {
    this.prompts.start(now);
    this.promptsMayBeOver(now);
  }

  advance(now: number): void {
    if (this.complete) return;
    this.prompts.advance(now);
    this.promptsMayBeOver(now);
    if (this.since !== null && now >= this.keyDeadline(this.since)) this.timedOut(now);
  }

  /** A prompt ended that was not timed. */
  promptsMayBeOver(now: number): void {
    if (!this.prompts.done || this.since !== null) return;
    this.since = now;
    this.promptsEndedAt ??= now;
  }

  key(key: string, now: number): void {
    const { action } = this;
    const counts = this.counts(key);
    if (this.complete || (!counts && action.onInvalid === undefined)) return;
    if (action.keysInterrupt === false && !this.prompts.done) return;
    if (!this.prompts.done) this.prompts.cancel();
    this.since = now;
    this.promptsEndedAt ??= now;
    if (action.finishKeys.includes(key)) {
      this.finishKey = key;
      this.complete = true;
    } else if (key === action.helpKey) this.again([], now);
    else if (!counts) this.tell(action.onInvalid?.[this.invalids++], now);
    else this.collected(key);
  }

  private counts(key: string): boolean {
    const { validKeys, finishKeys, helpKey } = this.action;
    return validKeys === undefined || validKeys.includes(key) || finishKeys.includes(key) || key === helpKey;
  }

  private collected(key: string): void {
    this.digits += key;
    if (this.digits.length >= (this.action.maxDigits ?? MOST_DIGITS)) this.complete = true;
  }

  private keyDeadline(since: number): number {
    const { timeoutMs, firstTimeoutMs = timeoutMs, totalTimeoutMs } = this.action;
    const next = since + (this.digits === '' ? firstTimeoutMs : timeoutMs);
    return totalTimeoutMs === undefined ? next : Math.min(next, (this.promptsEndedAt ?? since) + totalTimeoutMs);
  }

  /** What was pressed so far is what there is; nothing is told of. */
  private timedOut(now: number): void {
    if (this.digits === '') this.tell(this.action.onTimeout?.[this.timeouts++], now);
    else this.complete = true;
  }

  /** @param message absent: everything has been said, and the collection ends with nothing */
  private tell(message: readonly FlowStep[] | undefined, now: number): void {
    if (message !== undefined) return this.again(message, now);
    this.digits = '';
    this.complete = true;
  }

  private again(message: readonly FlowStep[], now: number): void {
    this.digits = '';
    this.since = this.promptsEndedAt = null;
    this.prompts = this.playing([...message, ...this.action.prompts]);
    this.start(now);
  }
}

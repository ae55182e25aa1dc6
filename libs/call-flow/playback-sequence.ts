import type { FlowRequest, FlowStep } from '#libs/recording-model';
import type { FlowListener, PlaybackHandle } from './flow-ports.js';

/** Prompts one after the other, each with its repetitions; other steps than speech, audio and pauses take no time. */
export class PlaybackSequence {
  private index = 0;
  private pass = 0;
  private playing: PlaybackHandle | null = null;
  private until: number | null = null;
  private over = false;
  private failure: FlowRequest | null = null;

  constructor(
    private readonly steps: readonly FlowStep[],
    private readonly listener: Pick<FlowListener, 'speak' | 'playMedia' | 'cancelPlayback'>,
    private readonly nextHandle: () => PlaybackHandle,
  ) {}

  /** Whether everything has been played. */
  get done(): boolean {
    return this.over;
  }

  /** What is asked because audio could not be had; null: nothing. */
  get afterFailure(): FlowRequest | null {
    return this.failure;
  }

  /** Media time at which the next thing happens by itself; null when it must be told. */
  get deadline(): number | null {
    return this.over ? null : this.until;
  }

  start(now: number): void {
    this.next(now);
  }

  /** Goes on when the pass, or the pause after it, is over by media time. */
  advance(now: number): void {
    if (this.over || this.until === null || this.until > now) return;
    if (this.playing === null) this.next(now);
    else this.passEnded(now);
  }

  /** A pass ended, or its audio could not be had; one of another sequence is passed over. */
  playbackEnded(handle: PlaybackHandle, now: number, failed: boolean): void {
    if (this.over || handle !== this.playing) return;
    const step = this.steps[this.index];
    this.failure = failed && step?.kind === 'playMedia' ? (step.onFailed ?? null) : null;
    if (this.failure === null) return this.passEnded(now);
    this.over = true;
    this.playing = this.until = null;
  }

  cancel(): void {
    const { playing } = this;
    this.over = true;
    this.playing = this.until = null;
    if (playing !== null) this.listener.cancelPlayback(playing);
  }

  private passEnded(now: number): void {
    const step = this.steps[this.index];
    this.playing = null;
    this.pass++;
    if (step?.kind === 'speak' && step.pauseMs > 0 && (step.repeat === 0 || this.pass < step.repeat)) {
      this.until = now + step.pauseMs;
      return;
    }
    this.next(now);
  }

  /** Starts the pass that is due, or finds that there is none. */
  private next(now: number): void {
    this.until = null;
    for (; ; this.index++, this.pass = 0) {
      const step = this.steps[this.index];
      if (step === undefined) {
        this.over = true;
        return;
      }
      if (this.begin(step, now)) return;
    }
  }

  /** False when the step has nothing (more) to play. */
  private begin(step: FlowStep, now: number): boolean {
    if (step.kind === 'wait' && this.pass === 0) {
      this.pass = 1;
      this.until = now + step.durationMs;
      return true;
    }
    if (step.kind !== 'speak' && step.kind !== 'playMedia') return false;
    if (step.repeat !== 0 && this.pass >= step.repeat) return false;
    const handle = this.nextHandle();
    this.playing = handle;
    const length = step.kind === 'speak' ? this.listener.speak(handle, step) : this.listener.playMedia(handle, step);
    // Audio of no length repeated for ever would never give way.
    if (length !== null && length <= 0 && step.repeat === 0) return false;
    if (this.playing === handle) this.until = length === null ? null : now + length;
    return true;
  }
}

/** Prompts over and over, until they are cut off or their time is up. */
export class PlaybackLoop {
  private sequence: PlaybackSequence | null = null;
  private startedAt = 0;

  constructor(private readonly make: () => PlaybackSequence) {}

  get deadline(): number | null {
    return this.sequence?.deadline ?? null;
  }

  start(now: number): this {
    const sequence = this.make();
    this.sequence = sequence;
    this.startedAt = now;
    sequence.start(now);
    if (sequence.done) this.sequence = null;
    return this;
  }

  /** @param until when it ends, null: when it is cut off */
  advance(now: number, until: number | null): void {
    if (until !== null && until <= now) return this.cancel();
    this.sequence?.advance(now);
    this.again(now);
  }

  playbackEnded(handle: PlaybackHandle, now: number, failed: boolean): void {
    this.sequence?.playbackEnded(handle, now, failed);
    this.again(now);
  }

  cancel(): void {
    this.sequence?.cancel();
    this.sequence = null;
  }

  /** Prompts that took no time would take none again. */
  private again(now: number): void {
    if (this.sequence?.done !== true) return;
    if (now > this.startedAt) this.start(now);
    else this.sequence = null;
  }
}

import type { FlowEnd } from '#libs/call-flow';
import type { CallEndReason, CallState, Party } from '#libs/recording-model';

/** Why a call ends whose flow ended in this way. */
export const END_REASONS: Readonly<Record<FlowEnd, CallEndReason>> = {
  completed: 'flow',
  hangupStep: 'flow',
  rejectStep: 'rejected',
  callEnded: 'command',
  interrupted: 'interrupted',
  requestFailed: 'applicationFailed',
};

/** How far a call has come, and what there is to say about it. */
export class CallProgress {
  private current: CallState = 'ringing';
  private answeredMs: number | null = null;
  private answeredWall: string | null = null;
  private finalMs = 0;
  private endedWall: string | null = null;
  private by: Party | 'gateway' | null = null;
  private reason: CallEndReason | null = null;

  get state(): CallState {
    return this.current;
  }

  /** Wall time of the answer, ISO 8601; null before it. */
  get answeredAt(): string | null {
    return this.answeredWall;
  }

  /** Media time of the answer, ms; null before it. */
  get answeredAtMs(): number | null {
    return this.answeredMs;
  }

  /** Wall time of the end, ISO 8601; null before it. */
  get endedAt(): string | null {
    return this.endedWall;
  }

  get endedBy(): Party | 'gateway' | null {
    return this.by;
  }

  /** Why it ended; null while it lasts. */
  get endReason(): CallEndReason | null {
    return this.reason;
  }

  /** Length of the call since its answer, ms. */
  durationMs(mediaTimeMs: () => number): number {
    if (this.current === 'ended' || this.answeredMs === null) return this.finalMs;
    return Math.max(0, Math.round(mediaTimeMs() - this.answeredMs));
  }

  answered(mediaTimeMs: number, at: Date): void {
    this.current = 'answered';
    this.answeredMs = mediaTimeMs;
    this.answeredWall = at.toISOString();
  }

  bridged(on: boolean): void {
    this.current = on ? 'bridged' : 'answered';
  }

  /** The first reason that is given counts. */
  ends(reason: CallEndReason): void {
    this.reason ??= reason;
  }

  ended(by: Party | 'gateway', mediaTimeMs: () => number, at: Date): void {
    this.by = by;
    this.endedWall = at.toISOString();
    this.finalMs = this.durationMs(mediaTimeMs);
    this.current = 'ended';
  }
}

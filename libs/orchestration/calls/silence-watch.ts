import type { CallEndReason, CallState } from '#libs/recording-model';

/** A call that is answered but says nothing ends after this time, where the media timeout passed while it rang, ms. */
const SILENT_ANSWER_MS = 60_000;

/** Ends that silence brings, and what there is to say about them. */
export const SILENT_ENDS = {
  noAnswer: 'Nobody has answered; the call is ended',
  mediaTimeout: 'No media arrived for too long; the call is ended',
} as const satisfies Partial<Record<CallEndReason, string>>;

export type SilentEnd = keyof typeof SILENT_ENDS;

/** Knows how long a call may ring, and be silent. */
export class SilenceWatch {
  /** The media timeout has passed while the call rang. */
  private silent = false;

  /** @param ringMs how long the call may ring; null: the media timeout alone decides */
  constructor(private readonly ringMs: number | null) {}

  /** How the call ends because media time has come to here; null: it goes on. */
  advanced(state: CallState, mediaTimeMs: number, callDurationMs: number): SilentEnd | null {
    if (state === 'ringing' && this.ringMs !== null && mediaTimeMs >= this.ringMs) return 'noAnswer';
    return this.silent && callDurationMs > SILENT_ANSWER_MS ? this.timedOut(state) : null;
  }

  /** The same because no media has arrived for too long. The media tells of that once, and a call that rings is silent. */
  timedOut(state: CallState): SilentEnd | null {
    this.silent = state === 'ringing' && this.ringMs !== null;
    return this.silent ? null : 'mediaTimeout';
  }

  heard(): void {
    this.silent = false;
  }
}

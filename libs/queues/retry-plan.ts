import type { WorkStage } from '#libs/recording-model';

/** How often a stage is tried and how the pauses between the tries grow. */
export interface RetryPlan {
  readonly attempts: number;
  /** Pause before the second try, ms; it doubles with each further one. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export type RetryPlans = Readonly<Record<WorkStage, RetryPlan>>;

/** A store that is away for hours is waited for, and so is room on a full disk: the audio lies safe meanwhile. */
export const DEFAULT_RETRY_PLANS: RetryPlans = {
  capture: { attempts: 40, firstPauseMs: 1000, longestPauseMs: 300_000 },
  encode: { attempts: 40, firstPauseMs: 500, longestPauseMs: 300_000 },
  store: { attempts: 40, firstPauseMs: 1000, longestPauseMs: 300_000 },
  // Its own time limit ends it; the pauses are short, so that the end is told in time.
  transcribe: { attempts: 200, firstPauseMs: 1000, longestPauseMs: 30_000 },
};

/** The name under which workers find their own strategy for pauses. */
export const CAPPED = 'capped';

const PAUSE_JITTER = 0.3;

/**
 * The pause after so many failed tries, ms; up to 30 % shorter by chance, so that what failed together does not come
 * back together.
 * @param data job data with the `pause` it was added with; data without one waits a second
 * @param random a number from 0 to below 1
 */
export function cappedPause(attemptsMade: number, data: unknown, random: number): number {
  const { firstPauseMs, longestPauseMs } = pauseOf(data);
  const full = Math.min(firstPauseMs * 2 ** Math.min(attemptsMade - 1, 30), longestPauseMs);
  return Math.round(full * (1 - PAUSE_JITTER * random));
}

function pauseOf(data: unknown): Pick<RetryPlan, 'firstPauseMs' | 'longestPauseMs'> {
  const pause = (data as { readonly pause?: Partial<RetryPlan> } | undefined)?.pause;
  return { firstPauseMs: pause?.firstPauseMs ?? 1000, longestPauseMs: pause?.longestPauseMs ?? 60_000 };
}

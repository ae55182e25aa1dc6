import type { Subscription } from '#libs/recording-model';
import type { AttemptOutcome } from './attempt-outcome.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits of the durable policy before the first, second, … attempt, ms. The last attempt comes about 75 hours after the first. */
export const DURABLE_WAITS_MS: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** A wait grows by up to this part of itself, so that what failed together does not come back together. */
export const JITTER = 0.2;

/** A receiver may ask for a later attempt with `Retry-After`, but for no more than this. */
export const MAX_RETRY_AFTER_MS = 24 * HOUR;

export type NextAttempt =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly at: Date }
  /** Now, at the subscription's fallback address. */
  | { readonly kind: 'fallback' }
  | { readonly kind: 'exhausted' }
  /** The receiver said 410: nothing more is wanted here. */
  | { readonly kind: 'gone' };

/** The part of a subscription that decides how it is retried. */
export type RetryPolicy = Pick<Subscription, 'policy' | 'fallbackUrl' | 'unanswered'>;

/**
 * What follows an attempt. Pure.
 * `durable`: the waits of the table, then the fallback address once, if there is one. `vendor`: again while no answer
 * comes, as often as the vendor does it, then the fallback address once.
 * @param attemptsSoFar attempts made, the one of `outcome` included
 * @param random a number from 0 to below 1
 */
export function nextAttempt(
  policy: RetryPolicy,
  attemptsSoFar: number,
  outcome: Pick<AttemptOutcome, 'status' | 'retryAfter' | 'refused' | 'fallback'>,
  now: Date,
  random: number,
): NextAttempt {
  if (isDelivered(outcome)) return { kind: 'delivered' };
  const regularAttempts = policy.policy === 'vendor' ? (policy.unanswered?.tries ?? 1) : DURABLE_WAITS_MS.length;
  if (outcome.fallback || attemptsSoFar > regularAttempts) return { kind: 'exhausted' };
  if (policy.policy === 'durable' && outcome.status === 410) return { kind: 'gone' };
  if (policy.policy === 'vendor' && isUnanswered(outcome) && policy.unanswered !== undefined) {
    const { tries, pauseMs } = policy.unanswered;
    if (attemptsSoFar < tries) return { kind: 'retry', at: new Date(now.getTime() + pauseMs) };
  }
  const wait = outcome.refused || policy.policy === 'vendor' ? undefined : DURABLE_WAITS_MS[attemptsSoFar];
  if (wait === undefined) return { kind: policy.fallbackUrl === null ? 'exhausted' : 'fallback' };
  const jittered = wait * (1 + JITTER * random);
  return { kind: 'retry', at: new Date(now.getTime() + Math.max(jittered, retryAfterMs(outcome.retryAfter, now))) };
}

/** Nothing was heard of the receiver, and it may be there the next time. */
function isUnanswered({ status, refused }: Pick<AttemptOutcome, 'status' | 'refused'>): boolean {
  return status === null && !refused;
}

/** Any 2xx counts. */
export function isDelivered({ status }: Pick<AttemptOutcome, 'status'>): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** `Retry-After` (RFC 9110 §10.2.3) as ms from now: seconds or a date; 0 for none, for nonsense and for the past. */
export function retryAfterMs(header: string | null, now: Date): number {
  if (header === null) return 0;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND : Date.parse(text) - now.getTime();
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}

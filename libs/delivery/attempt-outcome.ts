import type { DeliveryAttempt, WireRequest } from '#libs/recording-model';

/** What one try of a request came to. */
export interface AttemptOutcome {
  /** Wall time of the beginning, ISO 8601 with ms. */
  readonly at: string;
  /** Whether it went to the subscription's fallback address. */
  readonly fallback: boolean;
  /** HTTP status, or null when no answer came. */
  readonly status: number | null;
  readonly durationMs: number;
  /** Null when an answer came, whatever its status. */
  readonly error: string | null;
  /** True when trying again cannot help: the address is one the gateway does not talk to. */
  readonly refused: boolean;
  /** `Retry-After` as it was sent, or null. */
  readonly retryAfter: string | null;
  /** The first bytes of the answer. */
  readonly responseExcerpt: string;
  /** True when the answer went on beyond what was read. */
  readonly responseTruncated: boolean;
  /** The answer's headers, names in lower case; empty when no answer came. */
  readonly responseHeaders: Readonly<Record<string, string>>;
}

/** The attempt as the ledger keeps it. */
export function toDeliveryAttempt(outcome: AttemptOutcome, { method, url }: WireRequest): DeliveryAttempt {
  const { at, fallback, status, durationMs, error, responseExcerpt } = outcome;
  return { at, request: { method, url }, fallback, status, durationMs, error, responseExcerpt };
}

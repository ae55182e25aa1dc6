import type { Subscription } from '../recording-spec.js';
import type { SecretBag } from '../secret.js';
import type { DeliveryAttempt } from './ledger.port.js';
import type { WireRequest } from './vendor-adapter.port.js';

/** Asks the application for its next document while the live call waits. Never retried, never queued. */
export interface FlowClient {
  /**
   * @throws RecgateError `outbound.refused` for an address the gateway may not talk to, `outbound.failed` when no
   *   answer came in time or its status was not a success.
   */
  fetch(request: WireRequest, secrets: SecretBag): Promise<FlowAnswer>;
}

export interface FlowAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** Sends notifications and decides what comes after each attempt. Knows no vendor. */
export interface NotificationSender {
  /** One attempt; a refused or dead address is an outcome, not an exception. */
  send(request: WireRequest, options: SendOptions): Promise<SendOutcome>;
  /**
   * What comes after an attempt, by the policy's own rules.
   * @param attemptsSoFar attempts made, the one of `outcome` included
   */
  next(policy: Pick<Subscription, 'policy' | 'fallbackUrl' | 'unanswered'>, attemptsSoFar: number, outcome: SendOutcome, now: Date): NextStep;
}

export interface SendOptions {
  /** The same on every attempt of one notification. */
  readonly webhookId: string;
  readonly secrets: SecretBag;
  /** Key of the Standard Webhooks signature; null leaves the signature out. */
  readonly signingKey: string | null;
  /** Wall time of the attempt. */
  readonly now: Date;
  /** True when the subscription's fallback address is being tried. */
  readonly fallback: boolean;
}

/** What one attempt came to. */
export interface SendOutcome extends Omit<DeliveryAttempt, 'request'> {
  /** `Retry-After` as the receiver sent it, or null. */
  readonly retryAfter: string | null;
  /** True when trying again cannot help: the address is one the gateway does not talk to. */
  readonly refused: boolean;
}

export type NextStep =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly at: Date }
  | { readonly kind: 'fallback' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'exhausted' };

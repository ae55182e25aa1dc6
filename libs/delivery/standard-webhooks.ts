import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

export interface WebhookIdentity {
  /** The same on every attempt of one notification; the receiver tells repeats by it. */
  readonly id: string;
  /** `whsec_` and base64, or base64 alone; null: the application has none and the signature is left out. */
  readonly secret: string | null;
}

/**
 * The Standard Webhooks headers (`webhook-id`, `webhook-timestamp` in seconds, `webhook-signature` as `v1,<base64>`) that
 * go beside the vendor's own. A request without a body signs the empty text.
 */
export function standardWebhookHeaders(
  webhook: WebhookIdentity,
  at: Date,
  body: string | null,
): Readonly<Record<string, string>> {
  const headers = { 'webhook-id': webhook.id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)) };
  if (webhook.secret === null) return headers;
  return { ...headers, 'webhook-signature': new Webhook(webhook.secret).sign(webhook.id, at, body ?? '') };
}

/** A new signing secret: `whsec_` and 32 random bytes in base64. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

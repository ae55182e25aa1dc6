import { reveal, type SecretBag, type WireRequest } from '#libs/recording-model';
import type { AttemptOutcome } from './attempt-outcome.js';
import type { OutboundRequest, OutboundResult } from './outbound-request.js';
import { standardWebhookHeaders, type WebhookIdentity } from './standard-webhooks.js';

/** How much of an answer an attempt keeps, bytes. */
export const EXCERPT_BYTES = 2048;

/** What sends; `GuardedHttpClient` is one. */
export interface RequestSender {
  send(request: OutboundRequest): Promise<OutboundResult>;
}

export interface SendExtras {
  /** Wall time of the attempt; enters the signature. */
  readonly now: Date;
  /** Adds the Standard Webhooks headers. */
  readonly webhook?: WebhookIdentity;
  /** Bytes of the answer that are kept; default 2,048. The call flow asks for whole documents. */
  readonly maxResponseBytes?: number;
  /** Time for everything, ms; default: the client's. */
  readonly totalMs?: number;
  /** Redirects to follow; default 0, which is right for callbacks. */
  readonly redirects?: number;
  /** True when the request goes to the subscription's fallback address. */
  readonly fallback?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Sends a ready-made request once, with the credentials it refers to, and tells what came of it. Never throws for the
 * network's sake.
 * @throws Error when the bag lacks the credential the request refers to.
 */
export async function sendWireRequest(
  client: RequestSender,
  request: WireRequest,
  secrets: SecretBag,
  extras: SendExtras,
): Promise<AttemptOutcome> {
  const { now, webhook, maxResponseBytes = EXCERPT_BYTES, totalMs, redirects, signal } = extras;
  const result = await client.send({
    method: request.method,
    url: request.url,
    headers: {
      ...request.headers,
      ...(webhook === undefined ? {} : standardWebhookHeaders(webhook, now, request.body)),
    },
    body: request.body,
    userinfo: request.userinfo === null ? null : reveal(secrets, request.userinfo),
    limits: { maxResponseBytes, ...(totalMs === undefined ? {} : { totalMs }) },
    ...(redirects === undefined ? {} : { redirects }),
    ...(signal === undefined ? {} : { signal }),
  });
  return outcomeOf(result, now, extras.fallback ?? false);
}

function outcomeOf(result: OutboundResult, now: Date, fallback: boolean): AttemptOutcome {
  const { durationMs } = result;
  const at = now.toISOString();
  if (result.kind === 'failure') {
    const { kind, message } = result.failure;
    const nothing = {
      status: null,
      retryAfter: null,
      responseExcerpt: '',
      responseTruncated: false,
      responseHeaders: {},
    };
    return { ...nothing, at, fallback, durationMs, error: `${kind}: ${message}`, refused: kind === 'refused' };
  }
  const { status, headers, body, truncated } = result;
  const retryAfter = headers['retry-after'] ?? null;
  return {
    at,
    fallback,
    status,
    durationMs,
    error: null,
    refused: false,
    retryAfter,
    responseExcerpt: body,
    responseTruncated: truncated,
    responseHeaders: headers,
  };
}

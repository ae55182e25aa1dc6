import type { OutboundConfig } from '#libs/config';
import {
  createEndpointRules,
  createUploadClient,
  GuardedHttpClient,
  nextAttempt,
  sendWireRequest,
  toDeliveryAttempt,
  type EndpointRules,
  type OutboundRules,
} from '#libs/delivery';
import { RecgateError, type FlowClient, type NotificationSender, type UploadClient } from '#libs/recording-model';

/** Redirects of a document fetch; each hop is checked like the first address. */
const DOCUMENT_REDIRECTS = 5;

/** The one guarded client of a process and what is built on it. */
export interface Outbound {
  readonly client: GuardedHttpClient;
  readonly flow: FlowClient;
  readonly sender: NotificationSender;
  readonly uploads: UploadClient;
  /** For libraries that send requests by themselves. */
  readonly endpoints: EndpointRules;
  close(): Promise<void>;
}

export function createOutbound(config: OutboundConfig): Outbound {
  const rules: OutboundRules = { allowHttp: config.allowHttp, allowPrivateNetworks: config.allowPrivateNetworks };
  const limits = { answerMs: config.timeoutMs, totalMs: config.timeoutMs, maxResponseBytes: config.maxBodyBytes };
  const client = new GuardedHttpClient({ ...rules, limits });
  return {
    client,
    flow: createFlowClient(client, config),
    sender: createSender(client),
    uploads: createUploadClient(client),
    endpoints: createEndpointRules(rules),
    close: () => client.close(),
  };
}

function createFlowClient(client: GuardedHttpClient, config: OutboundConfig): FlowClient {
  return {
    async fetch(request, secrets) {
      const extras = { now: new Date(), maxResponseBytes: config.maxBodyBytes, redirects: DOCUMENT_REDIRECTS };
      const outcome = await sendWireRequest(client, request, secrets, extras);
      const { status } = outcome;
      const place = withoutQuery(request.url);
      if (outcome.refused) throw new RecgateError('outbound.refused', `${place}: ${outcome.error ?? 'refused'}`);
      if (status === null) throw new RecgateError('outbound.failed', `${place}: ${outcome.error ?? 'no answer'}`);
      if (status < 200 || status > 299) throw new RecgateError('outbound.failed', `${place} answered ${status}`);
      if (outcome.responseTruncated) throw new RecgateError('document.too_large', `${place} answered with more than ${config.maxBodyBytes} bytes`);
      return { status, contentType: outcome.responseHeaders['content-type'] ?? null, body: outcome.responseExcerpt };
    },
  };
}

/** Errors are shown and logged; a query holds what the caller is called, and the tokens of applications. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

function createSender(client: GuardedHttpClient): NotificationSender {
  return {
    async send(request, { webhookId, secrets, signingKey, now, fallback }) {
      const webhook = { id: webhookId, secret: signingKey };
      const outcome = await sendWireRequest(client, request, secrets, { now, fallback, webhook });
      const { request: _request, ...attempt } = toDeliveryAttempt(outcome, request);
      return { ...attempt, retryAfter: outcome.retryAfter, refused: outcome.refused };
    },
    next: (policy, attemptsSoFar, outcome, now) => nextAttempt(policy, attemptsSoFar, outcome, now, Math.random()),
  };
}

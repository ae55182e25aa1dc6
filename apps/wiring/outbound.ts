import type { OutboundConfig } from '#libs/config';
import { GuardedHttpClient, nextAttempt, outboundError, sendWireRequest, type OutboundRules } from '#libs/delivery';
import { RecgateError, type FlowClient, type NotificationSender } from '#libs/recording-model';
import type { UploadHttpClient } from '#libs/storage';

/** Redirects of a document fetch; each hop is checked like the first address. */
const DOCUMENT_REDIRECTS = 5;
const UPLOAD_TIMEOUT_MS = 300_000;

/** The one guarded client of a process and what is built on it. */
export interface Outbound {
  readonly client: GuardedHttpClient;
  readonly flow: FlowClient;
  readonly sender: NotificationSender;
  readonly uploads: UploadHttpClient;
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
    uploads: createUploads(client),
    close: () => client.close(),
  };
}

function createFlowClient(client: GuardedHttpClient, config: OutboundConfig): FlowClient {
  return {
    async fetch(request, secrets) {
      const extras = { now: new Date(), maxResponseBytes: config.maxBodyBytes, redirects: DOCUMENT_REDIRECTS };
      const outcome = await sendWireRequest(client, request, secrets, extras);
      const { status } = outcome;
      if (outcome.refused) throw new RecgateError('outbound.refused', `${request.url}: ${outcome.error ?? 'refused'}`);
      if (status === null) throw new RecgateError('outbound.failed', `${request.url}: ${outcome.error ?? 'no answer'}`);
      if (status < 200 || status > 299) throw new RecgateError('outbound.failed', `${request.url} answered ${status}`);
      return { status, contentType: outcome.responseHeaders['content-type'] ?? null, body: outcome.responseExcerpt };
    },
  };
}

function createSender(client: GuardedHttpClient): NotificationSender {
  return {
    send: (request, { webhookId, secrets, signingKey, now, fallback }) =>
      sendWireRequest(client, request, secrets, { now, fallback, webhook: { id: webhookId, secret: signingKey } }),
    next: (policy, attemptsSoFar, outcome, now) => nextAttempt(policy, attemptsSoFar, outcome, now, Math.random()),
  };
}

/** Uploads go where any other request may go, and nowhere else. */
function createUploads(client: GuardedHttpClient): UploadHttpClient {
  return {
    async send({ method, url, headers, contentLength, open, userinfo, signal }) {
      const limits = { answerMs: UPLOAD_TIMEOUT_MS, totalMs: UPLOAD_TIMEOUT_MS, maxResponseBytes: 4096 };
      const result = await client.send({ method, url, headers, contentLength, body: open, userinfo, limits, signal });
      if (result.kind === 'failure') throw outboundError(result.failure);
      return { status: result.status, headers: result.headers, body: result.body };
    },
  };
}

import type { UploadClient } from '#libs/recording-model';
import type { GuardedHttpClient } from './guarded-http-client.js';
import { outboundError } from './outbound-failure.js';

/** How long an upload may wait for its answer, and the slowest line that is still waited for. */
const ANSWER_MS = 300_000;
const SLOWEST_BYTES_PER_SECOND = 32 * 1024;
const ANSWER_BYTES = 4096;

/**
 * Uploads through the guarded client: any status is an answer, no redirect is followed, no header is added.
 * @throws RecgateError `outbound.refused` for an address the gateway does not talk to, `outbound.failed` when there was no answer.
 */
export function createUploadClient(client: GuardedHttpClient): UploadClient {
  return {
    async send({ method, url, headers, contentLength, open, userinfo, signal }) {
      const totalMs = ANSWER_MS + Math.ceil((contentLength * 1000) / SLOWEST_BYTES_PER_SECOND);
      const result = await client.send({
        method,
        url,
        headers,
        // An empty stream would be sent in chunks.
        body: contentLength === 0 ? '' : open,
        contentLength,
        userinfo,
        userAgent: null,
        limits: { answerMs: ANSWER_MS, totalMs, maxResponseBytes: ANSWER_BYTES },
        signal,
      });
      if (result.kind === 'failure') throw outboundError(result.failure);
      return { status: result.status, headers: result.headers, body: result.body };
    },
  };
}

import type { Readable } from 'node:stream';
import { request as send, type Dispatcher } from 'undici';

/** One upload request. The client sends it as it is, follows no redirect and adds what HTTP itself needs. */
export interface UploadHttpRequest {
  readonly method: 'PUT' | 'POST';
  /** Absolute, without userinfo. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body, exactly. */
  readonly contentLength: number;
  /** Opens the body from its start. */
  readonly open: () => Readable;
  /** `user:password` for Basic authentication, or null. */
  readonly userinfo: string | null;
  readonly signal: AbortSignal;
}

export interface UploadHttpAnswer {
  readonly status: number;
  /** Names in lower case; of repeated headers the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of the body, at most a few kilobytes. */
  readonly body: string;
}

/**
 * Sends uploads. The gateway binds its guarded client to this port, which also decides where an upload may go.
 * @throws whatever went wrong before there was an answer; a RecgateError passes through as it is
 */
export interface UploadHttpClient {
  send(request: UploadHttpRequest): Promise<UploadHttpAnswer>;
}

export interface UndiciUploadOptions {
  readonly dispatcher?: Dispatcher;
  /** Longest wait for the answer once the body is out, ms; default 5 minutes (Kazoo contract §2.3). */
  readonly answerTimeoutMs?: number;
}

const LONGEST_BODY = 4096;

/** The plain client on undici: no guard, so for addresses that are trusted and for tests. */
export function createUndiciUploadClient({
  dispatcher,
  answerTimeoutMs = 300_000,
}: UndiciUploadOptions = {}): UploadHttpClient {
  return {
    async send({ method, url, headers, contentLength, open, userinfo, signal }) {
      const basic = userinfo === null ? {} : { authorization: `Basic ${Buffer.from(userinfo).toString('base64')}` };
      const answer = await send(url, {
        method,
        headers: { ...headers, ...basic, 'content-length': String(contentLength) },
        body: contentLength === 0 ? Buffer.alloc(0) : open(),
        signal,
        headersTimeout: answerTimeoutMs,
        bodyTimeout: answerTimeoutMs,
        ...(dispatcher && { dispatcher }),
      });
      return { status: answer.statusCode, headers: firstOfEach(answer.headers), body: await beginningOf(answer.body) };
    },
  };
}

function firstOfEach(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    const first = Array.isArray(value) ? value[0] : value;
    return first === undefined ? [] : [[name.toLowerCase(), first]];
  });
  return Object.fromEntries(pairs);
}

async function beginningOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= LONGEST_BODY) break;
  }
  return Buffer.concat(chunks).subarray(0, LONGEST_BODY).toString();
}

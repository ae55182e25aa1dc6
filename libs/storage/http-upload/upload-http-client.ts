import type { Readable } from 'node:stream';
import { request as send, type Dispatcher } from 'undici';
import type { UploadClient } from '#libs/recording-model';

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
}: UndiciUploadOptions = {}): UploadClient {
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

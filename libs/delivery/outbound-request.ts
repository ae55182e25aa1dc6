import type { Readable } from 'node:stream';
import type { OutboundFailure } from './outbound-failure.js';
import type { OutboundLimits } from './outbound-rules.js';

export type OutboundMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

export interface OutboundRequest {
  readonly method: OutboundMethod;
  /** Absolute; `user:password@` is taken out and sent as Basic authorization. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A function opens a stream, once for the one time it is sent. */
  readonly body?: string | Buffer | (() => Readable) | null;
  /** Length of a streamed body; without it the body is sent in chunks. */
  readonly contentLength?: number;
  /** `user:password` for Basic authorization; goes before what the URL carries. */
  readonly userinfo?: string | null;
  /** Null: none is sent. Default: the client's. A `User-Agent` among the headers goes before it. */
  readonly userAgent?: string | null;
  /** How many redirects are followed; each is checked like the first address. Default 0: a 3xx is the answer. */
  readonly redirects?: number;
  /** Limits that differ from the client's. */
  readonly limits?: Partial<Omit<OutboundLimits, 'connectMs'>>;
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as UTF-8, cut at the limit. */
  readonly body: string;
  /** True when the body went on beyond the limit. */
  readonly truncated: boolean;
  /** Where the answer came from, after redirects; without userinfo. */
  readonly url: string;
  readonly durationMs: number;
}

export interface OutboundNoAnswer {
  readonly kind: 'failure';
  readonly failure: OutboundFailure;
  readonly durationMs: number;
}

export type OutboundResult = OutboundAnswer | OutboundNoAnswer;

/** An answer whose body is read by the caller, who must read it to its end or destroy it. */
export interface OutboundStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string;
  readonly body: Readable;
}

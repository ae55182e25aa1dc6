import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import { createAddressGuard, type AddressGuard } from './address-guard.js';
import { readBody } from './bounded-body.js';
import { Deadline } from './deadline.js';
import { guardedConnector } from './guarded-connector.js';
import { OutboundFailureError, toFailure } from './outbound-failure.js';
import type { OutboundRequest, OutboundResult, OutboundStream } from './outbound-request.js';
import { DEFAULT_LIMITS, type OutboundLimits, type OutboundRules } from './outbound-rules.js';
import { basicAuthorization, checkUrl, type CheckedUrl } from './outbound-url.js';
import { nextHop } from './redirect.js';

export interface GuardedHttpClientOptions extends OutboundRules {
  readonly limits?: Partial<OutboundLimits>;
  /** Resolves host names; default: the system's resolver. */
  readonly lookup?: LookupFunction;
  /** How long a resolved name counts, ms; default 5,000. Every connection is checked, also to a remembered address. */
  readonly lookupTtlMs?: number;
  /** PEM certificates that are trusted beside the well-known authorities. */
  readonly trustedCertificates?: string;
  /** Connections to one origin; default 64. A slow endpoint uses up only its own. */
  readonly connectionsPerOrigin?: number;
  /** Default `recgate`. */
  readonly userAgent?: string;
}

/**
 * The one door for requests that leave the gateway: https and public addresses unless configured otherwise, checked on
 * the literal and on the connected address; bounded in time and in what is read. `send` never throws for the network's
 * sake: it returns an answer or a typed failure. Not part of this contract: retrying, signing, choosing what to send.
 */
export class GuardedHttpClient {
  readonly #guard: AddressGuard;
  readonly #limits: OutboundLimits;
  readonly #agent: Agent;

  constructor(private readonly options: GuardedHttpClientOptions = {}) {
    this.#guard = createAddressGuard(options);
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    const { lookup, lookupTtlMs, trustedCertificates } = options;
    this.#agent = new Agent({
      connect: guardedConnector(this.#guard, {
        connectMs: this.#limits.connectMs,
        ...(lookup === undefined ? {} : { lookup }),
        ...(lookupTtlMs === undefined ? {} : { lookupTtlMs }),
        ...(trustedCertificates === undefined ? {} : { trustedCertificates }),
      }),
      connections: options.connectionsPerOrigin ?? 64,
      allowH2: false,
    });
  }

  /** Sends a request and reads the answer up to the limit. */
  async send(request: OutboundRequest): Promise<OutboundResult> {
    const startedAt = performance.now();
    const durationMs = (): number => Math.round(performance.now() - startedAt);
    const limits = { ...this.#limits, ...request.limits };
    const deadline = new Deadline(limits.totalMs, request.signal);
    try {
      const { status, headers, url, body } = await this.#ask(request, limits, deadline.signal);
      const read = await readBody(body, limits.maxResponseBytes);
      return { kind: 'answer', status, headers, url, ...read, durationMs: durationMs() };
    } catch (thrown) {
      return { kind: 'failure', failure: toFailure(deadline.reason ?? thrown), durationMs: durationMs() };
    } finally {
      deadline.clear();
    }
  }

  /**
   * Sends a request and hands the body over as a stream, for answers that are too large to hold. The total time runs
   * until the stream has ended.
   * @throws OutboundFailureError
   */
  async open(request: OutboundRequest): Promise<OutboundStream> {
    const limits = { ...this.#limits, ...request.limits };
    const deadline = new Deadline(limits.totalMs, request.signal);
    try {
      const answer = await this.#ask(request, limits, deadline.signal);
      answer.body.once('close', () => deadline.clear());
      return answer;
    } catch (thrown) {
      deadline.clear();
      throw new OutboundFailureError(toFailure(deadline.reason ?? thrown));
    }
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #ask(request: OutboundRequest, limits: OutboundLimits, signal: AbortSignal): Promise<OutboundStream> {
    let hop = request;
    for (let left = request.redirects ?? 0; ; left -= 1) {
      const checked = checkUrl(hop.url, this.options, this.#guard);
      const answer = await this.#exchange(hop, checked, limits, signal);
      const next = (request.redirects ?? 0) === 0 ? null : nextHop(hop, checked.url, answer);
      if (next === null) return answer;
      answer.body.on('error', ignore).destroy();
      if (left === 0) throw new OutboundFailureError({ kind: 'redirects', message: 'There are too many redirects' });
      hop = next;
    }
  }

  async #exchange(
    request: OutboundRequest,
    checked: CheckedUrl,
    limits: OutboundLimits,
    signal: AbortSignal,
  ): Promise<OutboundStream> {
    const { url } = checked;
    const { statusCode, headers, body } = await this.#agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers: this.#headers(request, checked.userinfo),
      body: openBody(request.body),
      headersTimeout: limits.answerMs,
      bodyTimeout: limits.answerMs,
      signal,
    });
    return { status: statusCode, headers: flatHeaders(headers), url: url.href, body };
  }

  #headers(request: OutboundRequest, urlUserinfo: string | null): Record<string, string> {
    const own = Object.fromEntries(
      Object.entries(request.headers ?? {}).filter(([name]) => !HOP_HEADERS.has(name.toLowerCase())),
    );
    const given = new Set(Object.keys(own).map((name) => name.toLowerCase()));
    const userinfo = request.userinfo ?? urlUserinfo;
    const userAgent = request.userAgent === undefined ? (this.options.userAgent ?? 'recgate') : request.userAgent;
    return {
      ...(given.has('user-agent') || userAgent === null ? {} : { 'user-agent': userAgent }),
      ...(given.has('authorization') || userinfo === null ? {} : { authorization: basicAuthorization(userinfo) }),
      ...own,
      ...(request.contentLength === undefined ? {} : { 'content-length': String(request.contentLength) }),
    };
  }
}

/** Belong to the connection, not to the request; the client sets them itself. */
const HOP_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

function openBody(body: OutboundRequest['body']): string | Buffer | Readable | null {
  return typeof body === 'function' ? Readable.from(ownFaults(body), { objectMode: false }) : (body ?? null);
}

/** A source that breaks is our own fault, never that of the address. */
async function* ownFaults(open: () => Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of open() as AsyncIterable<Buffer>) yield chunk;
  } catch (thrown) {
    const { message } = toFailure(thrown);
    throw new OutboundFailureError({ kind: 'source', message: `The body cannot be read: ${message}` });
  }
}

function flatHeaders(headers: Dispatcher.ResponseData['headers']): Readonly<Record<string, string>> {
  const pairs = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

function ignore(): void {
  // An answer that is thrown away may break off as it likes.
}

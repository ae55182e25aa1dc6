import { RecgateError } from '#libs/recording-model';

/** Why there was no answer. `refused` never left the gateway. */
export type OutboundFailureKind =
  'refused' | 'dns' | 'connect' | 'tls' | 'timeout' | 'aborted' | 'redirects' | 'protocol' | 'source';

export interface OutboundFailure {
  readonly kind: OutboundFailureKind;
  /** For people; holds the host at most, never credentials, path or query. */
  readonly message: string;
}

/** Carries a failure through code that can only throw. */
export class OutboundFailureError extends Error {
  constructor(readonly failure: OutboundFailure) {
    super(failure.message);
    this.name = 'OutboundFailureError';
  }
}

const KINDS_BY_CODE: Readonly<Record<string, OutboundFailureKind>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  ENODATA: 'dns',
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  EADDRNOTAVAIL: 'connect',
  EMFILE: 'connect',
  ECONNRESET: 'connect',
  EPIPE: 'connect',
  UND_ERR_SOCKET: 'connect',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_ABORTED: 'aborted',
  ABORT_ERR: 'aborted',
  EPROTO: 'tls',
};

/** Sorts what the HTTP client threw. */
export function toFailure(thrown: unknown): OutboundFailure {
  if (thrown instanceof OutboundFailureError) return thrown.failure;
  const cause = innermost(thrown);
  if (cause instanceof OutboundFailureError) return cause.failure;
  const code = codeOf(thrown) ?? codeOf(cause) ?? '';
  return { kind: kindOf(code), message: [code, messageOf(cause)].filter((text) => text !== '').join(': ') };
}

/** The failure as an error of the catalogue, for callers that throw. */
export function outboundError(failure: OutboundFailure): RecgateError {
  return new RecgateError(failure.kind === 'refused' ? 'outbound.refused' : 'outbound.failed', failure.message);
}

function kindOf(code: string): OutboundFailureKind {
  const known = Object.hasOwn(KINDS_BY_CODE, code) ? KINDS_BY_CODE[code] : undefined;
  if (known !== undefined) return known;
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code) ? 'tls' : 'protocol';
}

function innermost(thrown: unknown, depth = 0): unknown {
  const cause = propertyOf(thrown, 'cause') ?? firstOf(propertyOf(thrown, 'errors'));
  return cause === undefined || cause === null || depth > 4 ? thrown : innermost(cause, depth + 1);
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? (list as readonly unknown[])[0] : undefined;
}

function codeOf(thrown: unknown): string | undefined {
  const code = propertyOf(thrown, 'code');
  return typeof code === 'string' ? code : undefined;
}

function messageOf(thrown: unknown): string {
  const message = propertyOf(thrown, 'message');
  return typeof message === 'string' ? message : String(thrown);
}

/** Errors may come from another realm, so nothing is asked with `instanceof`. */
function propertyOf(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null
    ? (thrown as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

import { RecgateError, type ErrorCode, type SecretBag } from '#libs/recording-model';
import { redact } from './redact.js';

/** What is known of a refusal: the provider's own code and words, and the HTTP status where there was an answer. */
export interface StoreRefusal {
  readonly code: string | null;
  readonly status: number | null;
  readonly message: string;
}

/** The provider's error codes, each with the catalogue code it means. */
export type RefusalTable = Readonly<Record<string, ErrorCode>>;

/** HTTP statuses where the provider's code says nothing more exact. */
const STATUS_TABLE: Readonly<Record<number, ErrorCode>> = {
  401: 'destination.denied',
  403: 'destination.denied',
  404: 'destination.missing',
  408: 'destination.unreachable',
  410: 'destination.missing',
  425: 'destination.unreachable',
  429: 'destination.unreachable',
  507: 'destination.full',
};

/** Errors of sockets, name resolution, TLS and HTTP parsing: there was no usable answer. */
const NETWORK_ERROR =
  /^(E[A-Z_]{3,}$|UND_ERR_|HPE_|CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|REQUEST_SEND_ERROR|TimeoutError|NetworkingError)/;

/**
 * The error a driver throws when a store refused or could not be reached. The message names the store, the
 * provider's code and its words; credentials are taken out of all of them. The thrown SDK error is not kept as cause:
 * it holds request headers.
 */
export function storeError(
  store: string,
  refusal: StoreRefusal,
  table: RefusalTable,
  secrets: SecretBag,
): RecgateError {
  const answer = [refusal.code, refusal.status].filter((part) => part !== null).join(', ');
  const words = refusal.message.replace(/\s+/g, ' ').trim().slice(0, 500);
  const message = `${store}: ${words || 'no words'}${answer === '' ? '' : ` (${answer})`}`;
  return new RecgateError(errorCodeOf(refusal, table), redact(message, secrets));
}

function errorCodeOf({ code, status }: StoreRefusal, table: RefusalTable): ErrorCode {
  const known = code === null || !Object.hasOwn(table, code) ? undefined : table[code];
  if (known !== undefined) return known;
  if (status !== null)
    return STATUS_TABLE[status] ?? (status >= 500 ? 'destination.unreachable' : 'destination.rejected');
  return code !== null && NETWORK_ERROR.test(code) ? 'destination.unreachable' : 'gateway.internal';
}

/** The error of a store that confirmed other bytes than were sent. */
export function checksumError(store: string, expected: string, confirmed: string): RecgateError {
  return new RecgateError('destination.checksum', `${store}: sent ${expected}, the store confirmed ${confirmed}`);
}

/** The error of an upload that the gateway itself stopped. */
export function stoppedError(store: string): RecgateError {
  return new RecgateError('gateway.unavailable', `${store}: the upload was stopped before it was complete`);
}

/** Libraries that wrap a socket error often keep its code in their words only. */
const SPOKEN_CODE =
  /\b(ECONNREFUSED|ECONNRESET|ECONNABORTED|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\b/;

const CUT_OFF = /\b(socket hang up|other side closed|Premature close)\b/;

interface ErrorLike {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** Errors are read by their shape: they may come from another realm, where `instanceof` tells nothing. */
function asError(thrown: unknown): ErrorLike | null {
  return typeof thrown === 'object' && thrown !== null ? thrown : null;
}

/** The words of anything thrown. */
export function messageOf(thrown: unknown): string {
  const message = asError(thrown)?.message;
  return typeof message === 'string' ? message : String(thrown);
}

/** Runs through an error, its causes and the errors it gathers, and reads the first socket or protocol code it finds. */
export function networkCodeOf(thrown: unknown, depth = 0): string | null {
  const error = asError(thrown);
  if (error === null || depth > 5) return null;
  for (const code of [error.code, error.name]) {
    if (typeof code === 'string' && NETWORK_ERROR.test(code)) return code;
  }
  const spoken = typeof error.message === 'string' ? SPOKEN_CODE.exec(error.message)?.[1] : undefined;
  if (spoken !== undefined) return spoken;
  if (typeof error.message === 'string' && CUT_OFF.test(error.message)) return 'ECONNRESET';
  const inner = [error.cause, ...(Array.isArray(error.errors) ? (error.errors as unknown[]) : [])];
  return inner.reduce<string | null>((found, next) => found ?? networkCodeOf(next, depth + 1), null);
}

import {
  RecgateError,
  type ErrorCode,
  type JsonObject,
  type JsonValue,
  type SourcePosition,
  type VendorErrorForm,
} from '#libs/recording-model';
import { CrossbarError } from './kazoo.crossbar-error.js';

/** One failed rule of the schema (contract §5). */
export interface KazooFailure {
  /** Dotted path from the document root; a dot inside a key is `%2E`. */
  readonly path: string;
  readonly rule: string;
  readonly message: string;
  readonly position: SourcePosition;
  readonly value?: JsonValue;
  readonly target?: JsonValue;
  readonly cause?: JsonValue;
}

/** A document that fails validation: all failures at once; field and position are those of the first. */
export class KazooValidationError extends RecgateError {
  constructor(readonly failures: readonly [KazooFailure, ...KazooFailure[]]) {
    const [first, ...others] = failures;
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    super(first.rule === 'required' ? 'field.missing' : 'field.invalid', `${first.path}: ${first.message}${more}`, {
      field: first.path,
      position: first.position,
    });
    this.name = 'KazooValidationError';
  }

  /** The `data` object of the vendor's answer: path, then rule, then message and particulars. */
  get data(): JsonObject {
    const data: Record<string, Record<string, JsonValue>> = {};
    for (const { path, rule, message, value, target, cause } of this.failures) {
      const particulars = { message, target, cause, value };
      const given = Object.entries(particulars).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
      data[path] = { ...data[path], [rule]: Object.fromEntries(given) };
    }
    return data;
  }
}

/** Short message codes of the Crossbar error envelope (contract §4.2). */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  'document.malformed': 'parse_error',
  'document.too_deep': 'parse_error',
  'document.too_large': 'request entity too large',
  'document.forbidden': 'parse_error',
  'field.missing': 'validation error',
  'field.invalid': 'validation error',
  'destination.incomplete': 'validation error',
  'request.invalid': 'invalid data',
  'request.conflict': 'conflict',
  'request.not_found': 'bad_identifier',
  'auth.missing': 'invalid_credentials',
  'auth.invalid': 'invalid_credentials',
  'range.not_satisfiable': 'range not satisfiable',
  'node.full': 'too_many_requests',
  'gateway.unavailable': 'datastore_unreachable',
};

/** What `data` says whatever the reason was (contract §4.2). */
const FIXED_DATA: Readonly<Record<string, string>> = {
  parse_error: 'failed to parse request body',
  invalid_credentials: 'invalid credentials',
  too_many_requests: 'too many requests',
  bad_identifier: 'bad identifier',
};

/** Statuses that differ from the catalogue's. */
const STATUSES: Partial<Record<ErrorCode, number>> = { 'node.full': 429 };

/**
 * Crossbar's error envelope. The door adds what only it knows: `request_id`, `auth_token`, `node`, `timestamp`.
 */
export function renderKazooError(error: RecgateError): VendorErrorForm {
  if (error instanceof CrossbarError) return form(error.status, error.shortMessage, error.data);
  const status = STATUSES[error.code] ?? error.httpStatus;
  const message = MESSAGES[error.code] ?? 'unspecified_fault';
  return form(status, message, dataOf(error, message));
}

function form(status: number, message: string, data: JsonValue): VendorErrorForm {
  const body = { data, error: String(status), message, status: 'error' };
  return { status, headers: { 'Content-Type': 'application/json' }, body };
}

function dataOf(error: RecgateError, message: string): JsonObject {
  if (error instanceof KazooValidationError) return error.data;
  if (message === 'validation error') {
    const path = error.field ?? error.position?.path ?? 'data';
    return { [path]: { [error.code === 'field.missing' ? 'required' : 'error']: { message: error.message } } };
  }
  const fixed = FIXED_DATA[message];
  if (fixed !== undefined) return { message: fixed, cause: causeOf(error) };
  return { message: error.message, ...(error.field === undefined ? {} : { cause: error.field }) };
}

function causeOf({ message, position }: RecgateError): string {
  // The words of the JSON reader tell where already.
  return position?.line === undefined || / at line \d+, column \d+/.test(message) ? message : `${message} (line ${position.line}, column ${position.column ?? 1})`;
}

import type { SourcePosition } from './source-position.js';

/** Whose turn it is to do something about a failure. */
export type Blame = 'request' | 'destination' | 'media' | 'gateway';

/** Which part of the path a recording failed in. */
export type FailureStage = 'accept' | 'capture' | 'encode' | 'store' | 'transcribe' | 'deliver';

interface ErrorRow {
  readonly blame: Blame;
  readonly httpStatus: number;
  readonly retry: boolean;
  readonly title: string;
}

/** The catalogue: whether to retry, whom to tell and the HTTP status follow from the code, here and nowhere else. */
export const ERROR_CATALOGUE = {
  'document.malformed': { blame: 'request', httpStatus: 400, retry: false, title: 'The document cannot be read' },
  'document.too_large': { blame: 'request', httpStatus: 413, retry: false, title: 'The document is too large' },
  'document.too_deep': { blame: 'request', httpStatus: 400, retry: false, title: 'The document is nested too deeply' },
  'document.forbidden': { blame: 'request', httpStatus: 400, retry: false, title: 'The document uses a construct that is refused' },
  'field.missing': { blame: 'request', httpStatus: 400, retry: false, title: 'A required field is missing' },
  'field.invalid': { blame: 'request', httpStatus: 400, retry: false, title: 'A field has an invalid value' },
  'request.invalid': { blame: 'request', httpStatus: 400, retry: false, title: 'The request is invalid' },
  'request.conflict': { blame: 'request', httpStatus: 409, retry: false, title: 'The request does not fit the current state' },
  'request.not_found': { blame: 'request', httpStatus: 404, retry: false, title: 'There is no such thing here' },
  'auth.missing': { blame: 'request', httpStatus: 401, retry: false, title: 'Credentials are missing' },
  'auth.invalid': { blame: 'request', httpStatus: 401, retry: false, title: 'Credentials are wrong' },
  'range.not_satisfiable': { blame: 'request', httpStatus: 416, retry: false, title: 'The range lies outside the audio' },
  'destination.incomplete': { blame: 'request', httpStatus: 400, retry: false, title: 'The destination is not fully described' },
  'destination.denied': { blame: 'destination', httpStatus: 502, retry: false, title: 'The destination refused the credentials' },
  'destination.missing': { blame: 'destination', httpStatus: 502, retry: false, title: 'The bucket, container or file does not exist' },
  'destination.full': { blame: 'destination', httpStatus: 502, retry: false, title: 'The destination has no room' },
  'destination.rejected': { blame: 'destination', httpStatus: 502, retry: false, title: 'The destination refused the file' },
  'destination.unreachable': { blame: 'destination', httpStatus: 502, retry: true, title: 'The destination cannot be reached' },
  'destination.checksum': { blame: 'destination', httpStatus: 502, retry: true, title: 'The destination confirmed other bytes than were sent' },
  'media.none': { blame: 'media', httpStatus: 422, retry: false, title: 'No audio arrived' },
  'media.format': { blame: 'media', httpStatus: 415, retry: false, title: 'The audio is in a format that is not supported' },
  'media.lost': { blame: 'media', httpStatus: 502, retry: false, title: 'The media stopped arriving' },
  'outbound.refused': { blame: 'request', httpStatus: 400, retry: false, title: 'The address is not one the gateway may talk to' },
  'outbound.failed': { blame: 'destination', httpStatus: 502, retry: true, title: 'The address did not answer as expected' },
  'node.full': { blame: 'gateway', httpStatus: 503, retry: true, title: 'No media node can take another recording now' },
  'gateway.unavailable': { blame: 'gateway', httpStatus: 503, retry: true, title: 'A part of the gateway is not available' },
  'gateway.internal': { blame: 'gateway', httpStatus: 500, retry: true, title: 'The gateway failed' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

export interface ErrorDetails {
  /** The field at fault, in the document's own words. */
  readonly field?: string;
  readonly position?: SourcePosition;
  readonly cause?: unknown;
}

/** The one error class: a code from the catalogue, a message that says what to do, and where it happened. */
export class RecgateError extends Error {
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly position: SourcePosition | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'RecgateError';
    this.code = code;
    this.field = details.field;
    this.position = details.position;
  }

  get blame(): Blame {
    return ERROR_CATALOGUE[this.code].blame;
  }

  get httpStatus(): number {
    return ERROR_CATALOGUE[this.code].httpStatus;
  }

  get retry(): boolean {
    return ERROR_CATALOGUE[this.code].retry;
  }
}

/** How a recording failed, as the ledger keeps it. */
export interface Failure {
  readonly code: ErrorCode;
  readonly stage: FailureStage;
  readonly blame: Blame;
  readonly message: string;
}

/** Turns anything thrown into an error of the catalogue; what is not one already is the gateway's own fault. */
export function toRecgateError(thrown: unknown): RecgateError {
  if (thrown instanceof RecgateError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new RecgateError('gateway.internal', message, { cause: thrown });
}

/** The failure record of an error in a stage. */
export function toFailure(thrown: unknown, stage: FailureStage): Failure {
  const error = toRecgateError(thrown);
  return { code: error.code, stage, blame: error.blame, message: error.message };
}

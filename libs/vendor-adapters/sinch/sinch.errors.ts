import type { ErrorCode, RecgateError, VendorErrorForm } from '#libs/recording-model';

/** The vendor's integer code of each error; its first three digits are the HTTP status (contract §3.4). */
const SINCH_CODES: Readonly<Record<ErrorCode, number>> = {
  'document.malformed': 40003,
  'document.too_large': 40003,
  'document.too_deep': 40003,
  'document.forbidden': 40003,
  'field.missing': 40002,
  'field.invalid': 40001,
  'request.invalid': 40003,
  'request.conflict': 40003,
  'request.not_found': 40400,
  'auth.missing': 40100,
  'auth.invalid': 40108,
  'range.not_satisfiable': 40001,
  'destination.incomplete': 40002,
  'destination.denied': 50000,
  'destination.missing': 50000,
  'destination.full': 50000,
  'destination.rejected': 50000,
  'destination.unreachable': 50000,
  'destination.checksum': 50000,
  'media.none': 50000,
  'media.format': 50000,
  'media.lost': 50000,
  'outbound.refused': 40001,
  'outbound.failed': 50000,
  'node.full': 50300,
  'gateway.unavailable': 50300,
  'gateway.internal': 50000,
};

/** Longest pointer that is shown, characters. */
const MAX_POINTER = 256;

/** Wrong credentials are told apart by the field at fault. */
const AUTH_CODES: Readonly<Record<string, number>> = { 'x-timestamp': 40101, signature: 40102, scheme: 40301 };

/** The integer error code that the vendor would answer with (contract §3.4). */
export function sinchErrorCode(error: RecgateError): number {
  const byField = error.code === 'auth.invalid' && error.field !== undefined ? AUTH_CODES[error.field] : undefined;
  return byField ?? SINCH_CODES[error.code];
}

/** `{errorCode,message}` with an integer code, and no `WWW-Authenticate` header, which the SDK misreads (contract §3.4). */
export function renderSinchError(error: RecgateError): VendorErrorForm {
  const errorCode = sinchErrorCode(error);
  return {
    status: Math.floor(errorCode / 100),
    headers: { 'content-type': 'application/json' },
    body: { errorCode, message: sinchErrorMessage(error) },
  };
}

/** What is wrong, and the pointer to where, which the words alone do not tell among several instructions. */
export function sinchErrorMessage({ message, position }: RecgateError): string {
  const path = position?.path ?? '';
  return path === '' ? message : `${message} (at ${path.slice(0, MAX_POINTER)})`;
}

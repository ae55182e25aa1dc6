import type { RecgateError, VendorErrorForm } from '#libs/recording-model';

/** `{"errors":[{"message","type","field"}]}` (contract §4.5); the message ends with the place when one is known. */
export function renderFlexmlError(error: RecgateError): VendorErrorForm {
  const { line, column } = error.position ?? {};
  const place = line === undefined ? '' : ` (line ${line}, column ${column ?? 1})`;
  return {
    status: error.httpStatus,
    headers: { 'Content-Type': 'application/json' },
    body: { errors: [{ message: error.message + place, type: error.code, field: error.field ?? null }] },
  };
}

import type { ErrorCode, JsonObject, RecgateError, VendorErrorForm } from '#libs/recording-model';

const ERROR_CODES: Partial<Record<ErrorCode, string>> = { 'field.missing': '0001', 'field.invalid': '0002' };

/**
 * The web services' answer to a bad request (contract §8.1). The times and the request's URL are not known here:
 * the door that answers adds them with `withRequestFacts`.
 */
export function renderError(error: RecgateError): VendorErrorForm {
  return {
    status: error.httpStatus,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: { error: { code: ERROR_CODES[error.code] ?? `HTTP ${error.httpStatus}`, text: textOf(error) } },
  };
}

/** Completes the form with `datetime` and the `request` it answers. `path` is the service with its leading slash. */
export function withRequestFacts(
  form: VendorErrorForm,
  request: { path: string; receivedAt: Date },
  now: Date,
): VendorErrorForm {
  const { error } = form.body as { error: JsonObject };
  return {
    ...form,
    body: {
      error: { ...error, datetime: webServiceTime(now) },
      request: { url: request.path, datetime: webServiceTime(request.receivedAt) },
    },
  };
}

/** Field, place and message of an error on one line, as the error page and the web services show it. */
export function textOf(error: RecgateError): string {
  const { position } = error;
  const place = position?.line === undefined ? '' : ` (line ${position.line}, column ${position.column ?? 1})`;
  return `${error.message}${place}`;
}

/** `YYYY-MM-DD_hh:mm:ss`, UTC (contract §8). */
function webServiceTime(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', '_');
}

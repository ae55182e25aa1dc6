import type { ErrorCode, RecgateError, VendorErrorForm } from '#libs/recording-model';
import { renderFlexmlError } from './flexml.error-renderer.js';

/** The vendor's status where it differs from the gateway's own (contract §4.5: 409 conflict, 415 media type, 422 validation). */
const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  'field.missing': 422,
  'field.invalid': 422,
  'destination.full': 409,
  'destination.rejected': 409,
  'destination.missing': 404,
};

/** The vendor's words (contract §4.5); everything else is told in the gateway's own. */
const WORDS_OF: Partial<Record<ErrorCode, string>> = {
  'auth.missing': 'Unauthorized',
  'auth.invalid': 'Bad credentials',
  'document.malformed': 'No JSON object could be decoded',
};

/** What of a request is at fault where the error does not say it. */
const FIELD_OF: Partial<Record<ErrorCode, string>> = {
  'destination.full': 'container_sid',
  'destination.missing': 'container_sid',
};

/** Said of a sid that names nothing of the caller's. */
export const NO_SUCH_SID = 'Cannot find item by SID';

const CORS = { 'Access-Control-Allow-Origin': '*' } as const;

/**
 * The answer of the Core and FlexML APIs to a request that failed (contract §4.5).
 * @param path of the request below the host, without the query
 */
export function renderFlexmlDoorError(error: RecgateError, path: string): VendorErrorForm {
  const form = renderFlexmlError(error);
  const isForbidden = error.code === 'auth.invalid' && error.field === 'scope';
  const isCoreApi = path.startsWith('/carrierx/core/');
  const challenge =
    error.code.startsWith('auth.') && !isForbidden ? { 'WWW-Authenticate': 'Basic realm="CarrierX"' } : {};
  const unknown = error.code === 'request.not_found' && error.message !== NO_SUCH_SID ? 'Not Found' : undefined;
  const message = isForbidden ? error.message : (WORDS_OF[error.code] ?? unknown ?? error.message);
  return {
    status: isForbidden ? 403 : (STATUS_OF[error.code] ?? form.status),
    headers: { ...form.headers, ...challenge, ...(isCoreApi ? CORS : {}) },
    body: { errors: [{ message, type: error.code, field: error.field ?? FIELD_OF[error.code] ?? null }] },
  };
}

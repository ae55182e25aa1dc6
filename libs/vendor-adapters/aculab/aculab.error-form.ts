import type { ErrorCode, JsonObject, RecgateError, VendorErrorForm } from '#libs/recording-model';
import { AculabWebFault } from './aculab.web-fault.js';

const ERROR_CODES: Partial<Record<ErrorCode, string>> = { 'field.missing': '0001', 'field.invalid': '0002' };

/**
 * The web services' answer to a bad request (contract §8.1). The times and the request's URL are not known here:
 * the door that answers adds them with `withRequestFacts`.
 */
export function renderError(error: RecgateError): VendorErrorForm {
  const status = error instanceof AculabWebFault ? error.status : error.httpStatus;
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: { error: { code: webCodeOf(error, status), text: textOf(error), ...detailsOf(error) } },
  };
}

/** Only where there are several faults (contract §8.1). */
function detailsOf(error: RecgateError): JsonObject {
  return error instanceof AculabWebFault && error.details.length > 0 ? { details: error.details } : {};
}

function webCodeOf(error: RecgateError, status: number): string {
  return error instanceof AculabWebFault ? error.webCode : (ERROR_CODES[error.code] ?? `HTTP ${status}`);
}

/** Completes the form with `datetime`, `link` and the `request` it answers. */
export function withRequestFacts(
  form: VendorErrorForm,
  request: Omit<WebRequestFacts, 'accept'>,
  now: Date,
): VendorErrorForm {
  const { error } = form.body as { error: JsonObject };
  return {
    ...form,
    body: {
      error: { ...error, datetime: webServiceTime(now), link: linkOf(error) },
      request: { url: request.path, datetime: webServiceTime(request.receivedAt) },
    },
  };
}

/** Where the vendor explains the code (contract §8.1, `link`). */
function linkOf({ code }: JsonObject): string {
  const page = 'https://www.aculab.com/cloud/web-services/web-service-errors';
  return typeof code === 'string' && /^\d{4}$/.test(code) ? `${page}?error=${code}` : page;
}

/** What the form of an error depends on. */
export interface WebRequestFacts {
  /** The service with its leading slash. */
  readonly path: string;
  /** The request's `Accept`; empty when it has none. */
  readonly accept: string;
  readonly receivedAt: Date;
}

/**
 * A web service's error: JSON only for those who accept it, else a small page of HTML (contract §8.1). Who is not
 * authenticated is asked for Basic credentials.
 */
export function renderWebError(error: RecgateError, request: WebRequestFacts, now: Date): VendorErrorForm {
  const form = withRequestFacts(renderError(error), request, now);
  const challenge = form.status === 401 ? { 'WWW-Authenticate': 'Basic realm="web services", charset="UTF-8"' } : {};
  const headers = { ...form.headers, ...challenge };
  if (/(application|text)\/json/i.test(request.accept)) return { ...form, headers };
  const { code, text } = (form.body as { error: { code: string; text: string } }).error;
  const title = /^\d{4}$/.test(code) ? `Error ${code}` : code;
  return {
    status: form.status,
    headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1><p>${escaped(text)}</p></body></html>\n`,
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}

/** Field, place and message of an error on one line, as the error page and the web services show it. */
export function textOf(error: RecgateError): string {
  const { position } = error;
  // The words of the JSON reader tell the place already.
  const place = position?.line === undefined || / at line \d+, column \d+/.test(error.message) ? '' : ` (line ${position.line}, column ${position.column ?? 1})`;
  return `${error.message}${place}`;
}

/** `YYYY-MM-DD_hh:mm:ss`, UTC (contract §8). */
export function webServiceTime(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', '_');
}

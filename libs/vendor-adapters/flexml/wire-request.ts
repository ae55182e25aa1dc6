import type { JsonObject, JsonValue, SecretRef, WireRequest } from '#libs/recording-model';

/**
 * A request to the application (contract §1.1): POST carries the fields as compact JSON without a trailing newline, GET
 * adds them to the query that the URL already has.
 */
export function wireRequest(
  method: 'GET' | 'POST',
  url: string,
  userinfo: SecretRef | null,
  fields: JsonObject,
): WireRequest {
  const target = url.replace(/#.*$/s, '');
  if (method === 'GET') return { method, url: withQuery(target, fields), headers: {}, body: null, userinfo };
  return {
    method,
    url: target,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(fields),
    userinfo,
  };
}

function withQuery(url: string, fields: JsonObject): string {
  const query = Object.entries(fields).map(([name, value]) => `${encode(name)}=${encode(queryValue(value))}`);
  const separator = !url.includes('?') ? '?' : /[?&]$/.test(url) ? '' : '&';
  return url + separator + query.join('&');
}

function queryValue(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A lone surrogate, which no query can carry, becomes the replacement character. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

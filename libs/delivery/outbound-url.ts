import { literalAddress, type AddressGuard } from './address-guard.js';
import { forbidden } from './guarded-connector.js';
import { OutboundFailureError } from './outbound-failure.js';
import type { OutboundRules } from './outbound-rules.js';

export interface CheckedUrl {
  /** Without userinfo. */
  readonly url: URL;
  /** `user:password` that stood in the URL, percent-decoded, or null. */
  readonly userinfo: string | null;
}

/**
 * Reads a URL that is to be asked and checks scheme and literal address. The WHATWG parser normalises odd spellings of
 * IPv4 addresses (`0x7f.1`, `2130706433`) first, so that they are seen as what they are.
 * @throws OutboundFailureError of kind `refused`.
 */
export function checkUrl(text: string, rules: OutboundRules, guard: AddressGuard): CheckedUrl {
  const url = URL.parse(text);
  if (url === null) throw refused('The address is not a URL');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.allowHttp === true))
    throw refused(
      `${url.protocol.slice(0, -1)} is not allowed, only https${rules.allowHttp === true ? ' and http' : ''}`,
    );
  const literal = literalAddress(url.hostname);
  if (literal !== null && !guard.allows(literal)) throw forbidden(url.hostname);
  const userinfo = userinfoOf(url);
  url.username = '';
  url.password = '';
  return { url, userinfo };
}

/** `user:password` of a URL, percent-decoded, or null. */
export function userinfoOf(url: URL): string | null {
  return url.username === '' && url.password === '' ? null : `${decoded(url.username)}:${decoded(url.password)}`;
}

/** `Authorization` for Basic credentials `user:password` (RFC 7617, UTF-8). */
export function basicAuthorization(userinfo: string): string {
  return `Basic ${Buffer.from(userinfo, 'utf8').toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refused(message: string): OutboundFailureError {
  return new OutboundFailureError({ kind: 'refused', message });
}

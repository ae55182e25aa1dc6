import type { OutboundRequest } from './outbound-request.js';
import { userinfoOf } from './outbound-url.js';

const REDIRECTS: Readonly<Record<number, 'asGet' | 'same'>> = {
  301: 'asGet',
  302: 'asGet',
  303: 'asGet',
  307: 'same',
  308: 'same',
};
const CREDENTIAL_HEADERS: readonly string[] = ['authorization', 'cookie', 'proxy-authorization'];

interface RedirectAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The request a redirect asks for, or null when the answer is none (no 3xx, no usable `Location`, or a streamed body that
 * is used up). 301, 302 and 303 turn into GET without a body; credentials do not follow to another origin.
 */
export function nextHop(request: OutboundRequest, from: URL, answer: RedirectAnswer): OutboundRequest | null {
  const kind = REDIRECTS[answer.status];
  const location = URL.parse(answer.headers['location'] ?? '', from.href);
  if (kind === undefined || answer.headers['location'] === undefined || location === null) return null;
  if (kind === 'same' && typeof request.body === 'function') return null;
  const sameOrigin = location.origin === from.origin;
  const { body: _body, contentLength: _length, userinfo, headers = {}, ...rest } = request;
  const keepsBody = kind === 'same' || request.method === 'GET' || request.method === 'HEAD';
  return {
    ...rest,
    method: keepsBody ? request.method : 'GET',
    url: location.href,
    headers: without(headers, [...(sameOrigin ? [] : CREDENTIAL_HEADERS), ...(keepsBody ? [] : ['content-type'])]),
    ...(keepsBody && request.body !== undefined ? { body: request.body } : {}),
    // Credentials of the first address count for its whole origin.
    ...(sameOrigin ? { userinfo: userinfo ?? userinfoOf(new URL(request.url)) } : {}),
  };
}

function without(
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase())));
}

import { RecgateError, splitUserinfo } from '#libs/recording-model';
import { dangerOf } from './object-key.js';

/** A checked upload address. */
export interface UploadAddress {
  readonly url: string;
  readonly userinfo: string | null;
}

const PROTOCOLS = { http: /^https?:\/\/[^/?#\\]+([^?#]*)/i, ftp: /^ftps?:\/\/[^/?#\\]+([^?#]*)$/i } as const;

/**
 * Checks an upload URL. Its path is looked at as written and decoded, since parsing a URL resolves `..` in silence.
 * @throws RecgateError `destination.rejected`
 */
export function safeUploadUrl(text: string, protocol: keyof typeof PROTOCOLS = 'http'): UploadAddress {
  const { url, userinfo } = splitUserinfo(text);
  const path = PROTOCOLS[protocol].exec(url)?.[1];
  if (path === undefined || !URL.canParse(url)) refuse(`is not an absolute ${protocol} or ${protocol}s URL`);
  const danger = dangerOf(decodedPath(path));
  if (danger !== null) refuse(danger);
  if (/[\p{Cc}\s]/u.test(url)) refuse('holds a blank or a control character');
  return { url, userinfo };
}

/** The address without its query, for messages. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

/** @throws RecgateError `destination.rejected` for a path that is not properly percent-encoded */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return refuse('is not properly percent-encoded');
  }
}

function refuse(reason: string): never {
  throw new RecgateError('destination.rejected', `The upload URL ${reason}`);
}

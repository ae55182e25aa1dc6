import { RecgateError, splitUserinfo } from '#libs/recording-model';
import { dangerOf } from '../shared/object-key.js';

/** A checked upload address. */
export interface UploadAddress {
  readonly url: string;
  readonly userinfo: string | null;
}

/**
 * Checks an upload URL. Its path is looked at as written and decoded, since parsing a URL resolves `..` in silence.
 * @throws RecgateError `destination.rejected`
 */
export function safeUploadUrl(text: string): UploadAddress {
  const { url, userinfo } = splitUserinfo(text);
  const path = /^https?:\/\/[^/?#\\]+([^?#]*)/i.exec(url)?.[1];
  if (path === undefined || !URL.canParse(url)) refuse('is not an absolute http or https URL');
  const danger = dangerOf(decoded(path));
  if (danger !== null) refuse(danger);
  if (/[\p{Cc}\s]/u.test(url)) refuse('holds a blank or a control character');
  return { url, userinfo };
}

/** The address without its query, for messages. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return refuse('is not properly percent-encoded');
  }
}

function refuse(reason: string): never {
  throw new RecgateError('destination.rejected', `The upload URL ${reason}`);
}

/**
 * A credential never stands in a spec, a job, a log or an answer: it is replaced by a reference, and the value
 * travels apart, in a `SecretBag` that is sealed before anything is written.
 */
export interface SecretRef {
  /** Name of the entry in the recording's `SecretBag`. */
  readonly secret: string;
}

/** The credentials of one recording or application in clear text, by reference name. Kept in memory only. */
export type SecretBag = Readonly<Record<string, string>>;

/** What an answer or a listing shows in place of a credential. */
export const REDACTED = '***';

/** True when the value is a reference to a sealed credential. */
export function isSecretRef(value: unknown): value is SecretRef {
  return typeof value === 'object' && value !== null && typeof (value as { secret?: unknown }).secret === 'string';
}

/**
 * Looks a reference up.
 * @throws Error when the bag lacks the entry: a wiring mistake, since the adapter that made the reference made the entry.
 */
export function reveal(bag: SecretBag, reference: SecretRef): string {
  const value = bag[reference.secret];
  if (value === undefined) throw new Error(`Secret "${reference.secret}" is not in the bag`);
  return value;
}

/** A URL whose credentials (userinfo) were taken out. */
export interface UrlWithoutUserinfo {
  readonly url: string;
  /** `user:password`, percent-decoded, or null when the URL carried none. */
  readonly userinfo: string | null;
}

/** Takes `user:password@` out of an absolute URL, so that the URL may be stored and shown. Text that is not a URL is returned as it is. */
export function splitUserinfo(url: string): UrlWithoutUserinfo {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@(.*)$/is.exec(url);
  if (match === null) return { url, userinfo: null };
  const [, scheme = '', userinfo = '', rest = ''] = match;
  return { url: scheme + rest, userinfo: safeDecode(userinfo) };
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import { RecgateError, splitUserinfo, type SourcePosition, type UrlWithoutUserinfo } from '#libs/recording-model';

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
/** Everything a URL may be written with (RFC 3986), so that it can be sent as it is. */
const URL_CHARACTERS = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]*$/;

export interface UrlRules {
  /** Accepted schemes, lower case, without colon. Default http and https. */
  readonly schemes?: readonly string[];
  /** The field's name in the vendor's words, for the error. */
  readonly field?: string;
}

/**
 * Makes the URL of a document absolute and takes the credentials out of it. An absolute URL that needs no repair
 * keeps its spelling byte for byte; a relative one is resolved against `base` (RFC 3986 §5).
 * @throws RecgateError `field.invalid` for an empty, malformed or relative-without-base URL and for other schemes.
 */
export function resolveUrl(
  reference: string,
  base: string | null,
  position: SourcePosition,
  rules: UrlRules = {},
): UrlWithoutUserinfo {
  const text = reference.trim();
  const refuse = (why: string): RecgateError =>
    new RecgateError('field.invalid', why, { field: rules.field ?? position.path, position });
  if (text === '') throw refuse('The URL is empty');
  const absolute = SCHEME.test(text);
  if (!absolute && base === null) throw refuse('The URL is relative and the document came from no URL');
  const parsed = URL.parse(text, absolute || base === null ? undefined : base);
  if (parsed === null) throw refuse('The URL is malformed');
  const schemes = rules.schemes ?? ['http', 'https'];
  if (!schemes.includes(parsed.protocol.slice(0, -1)))
    throw refuse(`The URL must begin with ${schemes.join(': or ')}:`);
  if (parsed.hostname === '') throw refuse('The URL names no host');
  return splitUserinfo(absolute && isWritable(text) ? text : parsed.href);
}

function isWritable(text: string): boolean {
  return URL_CHARACTERS.test(text) && /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(text);
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { RecgateError } from '#libs/recording-model';

/** Key and secret of a Sinch application; the secret is base64, as the dashboard shows it. */
export interface SinchCredentials {
  readonly applicationKey: string;
  readonly applicationSecret: string;
}

/** The parts of an HTTP request that a Sinch signature covers (contract §4.1). */
export interface SinchSignable {
  readonly method: string;
  /** Path only, without query. */
  readonly path: string;
  /** Exactly as in the header; empty when there is none. */
  readonly contentType: string;
  /** Value of `x-timestamp`, ISO 8601 UTC. */
  readonly timestamp: string;
  /** The body as sent; empty when there is none. */
  readonly body: string | Uint8Array;
}

export interface SinchSignature {
  /** Base64 MD5 of the body; empty when the body is empty. */
  readonly contentMd5: string;
  readonly signature: string;
  /** Value of the `authorization` header. */
  readonly authorization: string;
}

/** A request as it came in, before anything of it is believed. */
export interface SinchIncomingRequest {
  readonly method: string;
  /** Request target as on the request line: path, and query when there is one. */
  readonly target: string;
  /** Names in any case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The raw body, byte for byte. */
  readonly body: string | Uint8Array;
}

export interface SinchVerifyOptions {
  readonly now: Date;
  /** How old or how far ahead `x-timestamp` may be, ms; default 5 minutes (contract §4.1). */
  readonly toleranceMs?: number;
  /** Path prefix of the mount, for example `/sinch`; signatures with and without it are accepted (contract §4.3). */
  readonly mountPrefix?: string;
}

const DEFAULT_TOLERANCE_MS = 5 * 60_000;
const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,7})?(Z|\+00:00)$/i;

/** Signs a request with the key and secret of an application (contract §4.1, §4.2). */
export function signSinchRequest(request: SinchSignable, credentials: SinchCredentials): SinchSignature {
  const contentMd5 = request.body.length === 0 ? '' : createHash('md5').update(request.body).digest('base64');
  const stringToSign = [
    request.method,
    contentMd5,
    request.contentType,
    `x-timestamp:${request.timestamp}`,
    request.path,
  ].join('\n');
  const key = Buffer.from(credentials.applicationSecret, 'base64');
  const signature = createHmac('sha256', key).update(stringToSign, 'utf8').digest('base64');
  return { contentMd5, signature, authorization: `application ${credentials.applicationKey}:${signature}` };
}

/** What an `Authorization` header says, before it is believed. `proof` is the signature, or the secret for `basic`. */
export interface SinchAuthorization {
  readonly scheme: 'application' | 'basic';
  readonly applicationKey: string;
  readonly proof: string;
}

/**
 * Reads an `Authorization` header, so that the application can be looked up by its key (contract §4.1).
 * @throws RecgateError `auth.missing` (40100) without a header or when it cannot be read, `auth.invalid` with field
 * `scheme` (40301) for another scheme, with `credentials` (40108) when they lack a colon.
 */
export function readSinchAuthorization(header: string | undefined): SinchAuthorization {
  if (header === undefined || header.trim() === '')
    throw new RecgateError('auth.missing', 'The authorization header is missing', { field: 'authorization' });
  const named = /^[a-z][\w-]*(?=:?(\s|$))/i.exec(header.trim())?.[0].toLowerCase();
  if (named !== undefined && named !== 'application' && named !== 'basic')
    throw new RecgateError('auth.invalid', 'The authorization scheme must be application or Basic', { field: 'scheme' });
  const match = /^(application|basic):? (\S+)$/i.exec(header.trim());
  if (match === null)
    throw new RecgateError('auth.missing', 'The authorization header must read "application KEY:SIGNATURE"', {
      field: 'authorization',
    });
  const scheme = match[1]?.toLowerCase() === 'basic' ? 'basic' : 'application';
  const text = scheme === 'basic' ? Buffer.from(match[2] ?? '', 'base64').toString('utf8') : (match[2] ?? '');
  const colon = text.indexOf(':');
  if (colon < 1) throw new RecgateError('auth.invalid', 'The credentials lack a colon', { field: 'credentials' });
  return { scheme, applicationKey: text.slice(0, colon), proof: text.slice(colon + 1) };
}

/**
 * Checks that a request was made by the holder of the application's secret: `application` signature over any accepted
 * spelling of the path, or `Basic` (contract §4.1, §4.3). Secrets and signatures are compared in constant time.
 * @throws RecgateError `auth.missing` (40100) or `auth.invalid` with field `x-timestamp` (40101), `signature` (40102)
 * or `credentials` (40108).
 */
export function verifySinchRequest(
  request: SinchIncomingRequest,
  credentials: SinchCredentials,
  options: SinchVerifyOptions,
): void {
  const header = (name: string): string | undefined => headerOf(request, name);
  const claimed = readSinchAuthorization(header('authorization'));
  if (claimed.applicationKey.toLowerCase() !== credentials.applicationKey.toLowerCase())
    throw new RecgateError('auth.invalid', 'The application key is not known', { field: 'credentials' });
  if (Buffer.from(credentials.applicationSecret, 'base64').length === 0)
    throw new RecgateError('auth.invalid', 'The application has no secret to check against', { field: 'credentials' });
  if (claimed.scheme === 'basic') {
    if (sameText(claimed.proof, credentials.applicationSecret)) return;
    throw new RecgateError('auth.invalid', 'The application secret is wrong', { field: 'credentials' });
  }
  const timestamp = header('x-timestamp');
  checkTimestamp(timestamp, options);
  const base = { method: request.method, contentType: header('content-type') ?? '', timestamp, body: request.body };
  // Every spelling is computed and compared, so that the time taken does not tell which one came close.
  const matches = pathSpellings(request.target, options.mountPrefix ?? '').filter((path) =>
    sameText(signSinchRequest({ ...base, path }, credentials).signature, claimed.proof),
  );
  if (matches.length === 0)
    throw new RecgateError('auth.invalid', 'The signature does not match the request', { field: 'signature' });
}

function headerOf(request: SinchIncomingRequest, name: string): string | undefined {
  const value = Object.entries(request.headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'object' ? value[0] : value;
}

function checkTimestamp(timestamp: string | undefined, options: SinchVerifyOptions): asserts timestamp is string {
  const written = timestamp !== undefined && ISO_UTC.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  const distance = Math.abs(options.now.getTime() - written);
  if (Number.isNaN(distance))
    throw new RecgateError('auth.invalid', 'The x-timestamp header must be an ISO 8601 time in UTC', {
      field: 'x-timestamp',
    });
  if (distance > (options.toleranceMs ?? DEFAULT_TOLERANCE_MS))
    throw new RecgateError('auth.invalid', 'The x-timestamp header is too far from the current time', {
      field: 'x-timestamp',
    });
}

/** The spellings of a path that SDKs sign: as sent and percent-decoded, each with and without the mount prefix. */
function pathSpellings(target: string, mountPrefix: string): string[] {
  const path = target.split(/[?#]/, 1)[0] ?? '';
  const prefix = mountPrefix.replace(/\/+$/, '');
  const stripped = prefix !== '' && path.startsWith(`${prefix}/`) ? [path, path.slice(prefix.length)] : [path];
  return [...new Set(stripped.flatMap((each) => [each, decoded(each)]))];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

import type { Destination, SecretBag, SecretRef } from '#libs/recording-model';
import { FALLBACK_REGION } from './sinch.settings.js';

/** The schemes of `destinationUrl` (contract §2.1). */
export type SinchScheme = 's3' | 'azure' | 'gs' | 'sdrive';

/** A `destinationUrl` taken apart. */
export interface SinchLocation {
  readonly scheme: SinchScheme;
  /** Bucket, or Azure storage account; empty for `sdrive`. */
  readonly place: string;
  /** Azure container; empty elsewhere. */
  readonly container: string;
  /** Key as given: a file, a folder ending in `/`, or null for neither. */
  readonly key: string | null;
}

/** Endpoints and region that the application settings put in place of the providers' own. */
export interface SinchEndpoints {
  readonly defaultRegion: string | null;
  readonly s3: string | null;
  readonly azure: string | null;
  readonly gs: string | null;
}

export interface SinchTarget {
  readonly destination: Destination;
  readonly secrets: SecretBag;
}

/** What is wrong with a destination or its credentials; the message never repeats them. */
export type SinchRefusal = { readonly refused: string };

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,221}$/;
const ACCOUNT = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;
const CONTAINER = /^[$A-Za-z0-9][A-Za-z0-9-]{0,62}$/;
const REGION = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** The longest key of the stores, bytes, and what a generated name may need of it in a folder. */
const MAX_KEY = 1024;
const GENERATED_NAME = 344;
const UNPRINTABLE = /[\u0000-\u001f\u007f]/;

const ref = (secret: string): SecretRef => ({ secret });

/**
 * Takes a `destinationUrl` apart (contract §2.1). The key keeps its spelling; empty path segments are left out. A last
 * segment without `/` is the file.
 */
export function readSinchLocation(text: string): SinchLocation | SinchRefusal {
  const match = /^(s3|azure|gs|sdrive):\/\/(.*)$/is.exec(text.trim());
  if (match === null) return { refused: 'destinationUrl must begin with s3://, azure:// or gs://' };
  const scheme = schemeOf(match[1] ?? '');
  const rest = match[2] ?? '';
  if (UNPRINTABLE.test(rest)) return { refused: 'destinationUrl holds control characters' };
  const segments = rest.split('/');
  if (segments.some((each) => each === '.' || each === '..' || each.includes('\\')))
    return { refused: 'destinationUrl must not hold relative path segments or backslashes' };
  const location = LOCATION_READERS[scheme](segments);
  return 'refused' in location || fits(location.key) ? location : { refused: 'The path of destinationUrl is too long' };
}

/** Whether a store takes the key, a generated name in that folder included. */
function fits(key: string | null): boolean {
  const bytes = Buffer.byteLength(key ?? '');
  return bytes + (key?.endsWith('/') === true ? GENERATED_NAME : 0) <= MAX_KEY;
}

const LOCATION_READERS: Readonly<Record<SinchScheme, (segments: readonly string[]) => SinchLocation | SinchRefusal>> = {
  s3: (segments) => bucketLocation('s3', segments),
  gs: (segments) => bucketLocation('gs', segments),
  azure: ([account = '', container = '', ...key]) =>
    ACCOUNT.test(account) && CONTAINER.test(container)
      ? { scheme: 'azure', place: account, container, key: keyOf(key) }
      : { refused: 'destinationUrl must read azure://account/container[/file]' },
  sdrive: (segments) => ({ scheme: 'sdrive', place: '', container: '', key: keyOf(segments) }),
};

function bucketLocation(scheme: 's3' | 'gs', [bucket = '', ...key]: readonly string[]): SinchLocation | SinchRefusal {
  if (!BUCKET.test(bucket)) return { refused: `destinationUrl must read ${scheme}://bucket[/[folder/][file]]` };
  return { scheme, place: bucket, container: '', key: keyOf(key) };
}

function keyOf(segments: readonly string[]): string | null {
  const named = segments.filter((each) => each !== '');
  if (named.length === 0) return null;
  return named.join('/') + (segments.at(-1) === '' ? '/' : '');
}

function schemeOf(word: string): SinchScheme {
  const lower = word.toLowerCase();
  return lower === 'azure' || lower === 'gs' || lower === 'sdrive' ? lower : 's3';
}

/** The credentials of a scheme, read into a destination (contract §2.2). `sdrive` is the gateway's own store and needs none. */
export function toDestination(
  location: SinchLocation,
  credentials: string,
  endpoints: SinchEndpoints,
): SinchTarget | SinchRefusal {
  return DESTINATIONS[location.scheme](location, credentials.trim(), endpoints);
}

type ToDestination = (
  location: SinchLocation,
  credentials: string,
  endpoints: SinchEndpoints,
) => SinchTarget | SinchRefusal;

const DESTINATIONS: Readonly<Record<SinchScheme, ToDestination>> = {
  s3: (location, credentials, endpoints) => {
    const keys = splitS3Credentials(credentials);
    if (keys === null) return { refused: 'credentials for s3 must read ACCESS_KEY:SECRET_KEY:REGION' };
    return {
      destination: {
        kind: 's3',
        bucket: location.place,
        key: location.key,
        region: keys.region ?? endpoints.defaultRegion ?? FALLBACK_REGION,
        endpoint: endpoints.s3,
        addressing: null,
        accessKeyId: ref('accessKeyId'),
        secretAccessKey: ref('secretAccessKey'),
      },
      secrets: { accessKeyId: keys.access, secretAccessKey: keys.secret },
    };
  },
  gs: (location, credentials, endpoints) => {
    const colon = credentials.indexOf(':');
    if (colon < 1 || colon === credentials.length - 1)
      return { refused: 'credentials for gs must read ACCESS_KEY:SECRET of an interoperability key' };
    return {
      destination: {
        kind: 'gcs',
        bucket: location.place,
        project: null,
        key: location.key,
        endpoint: endpoints.gs,
        auth: { kind: 'hmac', accessKeyId: ref('accessKeyId'), secretAccessKey: ref('secretAccessKey') },
      },
      secrets: { accessKeyId: credentials.slice(0, colon), secretAccessKey: credentials.slice(colon + 1) },
    };
  },
  azure: (location, credentials, endpoints) => {
    if (!BASE64.test(credentials)) return { refused: 'credentials for azure must be a storage account access key' };
    return {
      destination: {
        kind: 'azure-blob',
        account: location.place,
        container: location.container,
        key: location.key,
        endpoint: endpoints.azure,
        auth: { kind: 'accountKey', accountKey: ref('accountKey') },
      },
      secrets: { accountKey: credentials },
    };
  },
  sdrive: () => ({ destination: { kind: 'media-store', container: null, file: null }, secrets: {} }),
};

/** `ACCESS:SECRET:REGION`, or `ACCESS:SECRET`; access before the first colon, region after the last. */
function splitS3Credentials(text: string): { access: string; secret: string; region: string | null } | null {
  const parts = text.split(':');
  const access = parts[0] ?? '';
  const region = parts.length > 2 ? (parts.at(-1) ?? '') : null;
  const secret = parts.length > 2 ? parts.slice(1, -1).join(':') : (parts[1] ?? '');
  if (access === '' || secret === '' || (region !== null && !REGION.test(region))) return null;
  return { access, secret, region };
}

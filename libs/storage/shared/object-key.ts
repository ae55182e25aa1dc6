import { RecgateError } from '#libs/recording-model';

/** What a provider accepts as the name of an object. Lengths count UTF-8 bytes or UTF-16 units, as the provider counts. */
interface KeyRule {
  readonly maxLength: number;
  readonly counts: 'bytes' | 'characters';
  readonly maxSegments: number;
  readonly refused: RegExp | null;
}

/** S3 and Google: 1,024 bytes. Azure: 1,024 characters in 254 segments, none ending with a dot. */
const KEY_RULES = {
  s3: { maxLength: 1024, counts: 'bytes', maxSegments: Infinity, refused: null },
  gcs: { maxLength: 1024, counts: 'bytes', maxSegments: Infinity, refused: /^\.well-known\/acme-challenge\// },
  'azure-blob': { maxLength: 1024, counts: 'characters', maxSegments: 254, refused: /\.(\/|$)|\/$|\\/ },
  'media-store': { maxLength: 1024, counts: 'bytes', maxSegments: Infinity, refused: null },
} as const satisfies Record<string, KeyRule>;

const DOT_SEGMENT = /(^|[/\\])\.{1,2}([/\\]|$)/;
const CONTROL_CHARACTER = /\p{Cc}/u;

/**
 * Checks the name of an object and returns it unchanged. A leading or doubled slash is part of the name for every
 * provider and stays. Refused: empty names, `.` and `..` segments (behind `/` or `\`; proxies and disks resolve
 * them), control characters, text that is not well-formed Unicode, names the provider would refuse or change.
 * @throws RecgateError `destination.rejected`
 */
export function safeObjectKey(name: string, provider: keyof typeof KEY_RULES): string {
  const reason = reasonToRefuse(name, KEY_RULES[provider]);
  if (reason !== null) throw new RecgateError('destination.rejected', `The object name ${quoted(name)} ${reason}`);
  return name;
}

/** What makes a path dangerous wherever it is used, in words, or null. */
export function dangerOf(path: string): string | null {
  if (!path.isWellFormed()) return 'is not well-formed Unicode';
  if (CONTROL_CHARACTER.test(path)) return 'holds a control character';
  return DOT_SEGMENT.test(path) ? 'holds a "." or ".." segment' : null;
}

function reasonToRefuse(name: string, rule: KeyRule): string | null {
  if (name === '') return 'is empty';
  const danger = dangerOf(name);
  if (danger !== null) return danger;
  const length = rule.counts === 'bytes' ? Buffer.byteLength(name) : name.length;
  if (length > rule.maxLength) return `is longer than ${rule.maxLength} ${rule.counts}`;
  if (name.split('/').length > rule.maxSegments) return `has more than ${rule.maxSegments} segments`;
  return rule.refused?.test(name) === true ? 'is one the store does not keep as it is' : null;
}

const BUCKET = /^(?!.*\.\.)[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/i;
const CONTAINER = /^(\$root|\$web|[a-z0-9](-?[a-z0-9]){2,62})$/;
const ACCOUNT = /^[a-z0-9]{3,24}$/;

/** What may stand in the host or path of a store's address, so that a document cannot steer the request elsewhere. */
const NAME_PATTERNS = { bucket: BUCKET, container: CONTAINER, account: ACCOUNT } as const;

/**
 * Checks the name of a bucket, container or storage account.
 * @throws RecgateError `destination.rejected`
 */
export function safeStoreName(name: string, what: keyof typeof NAME_PATTERNS): string {
  if (NAME_PATTERNS[what].test(name)) return name;
  throw new RecgateError('destination.rejected', `The ${what} name ${quoted(name)} is not valid`);
}

/** Percent-encodes an object name for a URL path; slashes stay. */
export function encodeKey(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

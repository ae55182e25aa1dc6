import { createHash } from 'node:crypto';
import { RecgateError, type FileFacts } from '#libs/recording-model';

/** Names a file of the media store. Namespaces keep applications apart: the same name in two of them is two files. */
export interface MediaFileAddress {
  /** `tenant/application`, see `mediaNamespace`. */
  readonly namespace: string;
  /** As the vendor spells it: `f/{sid}.wav`, `/rest_api/recordings/2026/11/21/….wav`. */
  readonly name: string;
}

/** What the store knows of a file; kept beside it as JSON. */
export interface MediaFileInfo extends MediaFileAddress, FileFacts {}

/** The namespace of an application. */
export function mediaNamespace(tenantId: string, applicationId: string): string {
  return `${encodeURIComponent(tenantId)}/${encodeURIComponent(applicationId)}`;
}

/** `media://tenant/application/name`, each segment percent-encoded; the name keeps its slashes, a leading one too. */
export function mediaLocation({ namespace, name }: MediaFileAddress): string {
  return `media://${namespace}/${name.split('/').map(encodeURIComponent).join('/')}`;
}

/** Reads a location back; null when it is none. */
export function parseMediaLocation(location: string): MediaFileAddress | null {
  const [, namespace, name] = /^media:\/\/([^/]+\/[^/]+)\/(.+)$/s.exec(location) ?? [];
  if (namespace === undefined || name === undefined) return null;
  try {
    return { namespace, name: name.split('/').map(decodeURIComponent).join('/') };
  } catch {
    return null;
  }
}

/** Where on disk a file lies, relative to the root. */
export interface MediaPaths {
  readonly directory: string;
  /** The JSON that says which data file is the current one. */
  readonly sidecar: string;
  /** Data files of this name begin with it. */
  readonly stem: string;
}

/**
 * Turns an address into paths that are safe whatever the name holds: files are called by the SHA-256 of their name, in
 * 65,536 directories a namespace. So `..`, NUL, length, letter case and Unicode forms of a name never reach the disk.
 */
export function mediaPaths({ namespace, name }: MediaFileAddress): MediaPaths {
  const stem = createHash('sha256').update(name).digest('hex');
  const directory = `${namespaceDirectory(namespace)}/${stem.slice(0, 2)}/${stem.slice(2, 4)}`;
  return { directory, sidecar: `${directory}/${stem}${SIDECAR_SUFFIX}`, stem };
}

export const SIDECAR_SUFFIX = '.meta.json';

/** A readable directory for plain identifiers, a hash for everything else. */
export function namespaceDirectory(namespace: string): string {
  const segments = namespace.split('/');
  if (segments.length !== 2)
    throw new RecgateError('gateway.internal', `"${namespace}" is no namespace of the media store`);
  return segments.map((segment) => (PLAIN.test(segment) ? segment : hashed(segment))).join('/');
}

/** Lower case only: some disks do not tell case. `h-` is what hashes begin with. */
const PLAIN = /^(?!h-)[a-z0-9][a-z0-9_-]{0,62}$/;

function hashed(segment: string): string {
  return `h-${createHash('sha256').update(segment).digest('hex').slice(0, 32)}`;
}

/** The name of a data file: it changes with the content, so an overwrite never touches the bytes a reader is reading. */
export function dataFileName(stem: string, sha256: string, name: string): string {
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase();
  return `${stem}-${sha256.slice(0, 16)}${extension === undefined ? '' : `.${extension}`}`;
}

import type { RecordingFormat } from '#libs/recording-model';

export type KazooExtension = 'mp3' | 'wav';

/** The renditions Kazoo makes; content types by file extension (contract §2.2). */
export const KAZOO_FORMATS = {
  mp3: { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' },
  wav: { container: 'wav', codec: 'pcm16', bitrateKbps: null, extension: 'wav', contentType: 'audio/x-wav' },
} as const satisfies Record<KazooExtension, RecordingFormat>;

/** Extensions a media name keeps on disk. mp4 has no encoder here and becomes mp3. */
const KEPT_EXTENSIONS: ReadonlyMap<string, KazooExtension> = new Map([
  ['mp3', 'mp3'],
  ['wav', 'wav'],
  ['mp4', 'mp3'],
]);

/** What a requested `format` or extension is encoded as; null when Kazoo does not know it. */
export function encodedAs(word: string): KazooExtension | null {
  return KEPT_EXTENSIONS.get(word) ?? null;
}

export interface DiskName {
  /** Safe file name: percent-encoded root, dot, extension. */
  readonly name: string;
  readonly extension: KazooExtension;
  /** True when the name asked for mp4. */
  readonly wasMp4: boolean;
}

/**
 * The name a given `media_name` has on disk (contract §1.2): the extension stays only if it is mp3, mp4 or wav,
 * otherwise the configured one is appended; the root is percent-encoded. An absolute path keeps its last part.
 */
export function diskName(mediaName: string, defaultExtension: KazooExtension): DiskName {
  const base = mediaName.startsWith('/') ? (mediaName.split('/').findLast((part) => part !== '') ?? '') : mediaName;
  const found = /^(.+)\.(mp3|mp4|wav)$/s.exec(base);
  const root = found?.[1] ?? base;
  const asked = found?.[2] ?? defaultExtension;
  const extension = encodedAs(asked) ?? defaultExtension;
  return { name: `${encodeRoot(root)}.${extension}`, extension, wasMp4: asked === 'mp4' };
}

/** Letters, digits, `-`, `_` and `~` stay; a space becomes `+`; everything else `%XX`. */
function encodeRoot(root: string): string {
  return encodeAll(root).replaceAll('.', '%2E').replaceAll('%20', '+');
}

/** RFC 3986 percent-encoding: only unreserved characters stay (contract §2.2). Lone surrogates become U+FFFD. */
export function encodeAll(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

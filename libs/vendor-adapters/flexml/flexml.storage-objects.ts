import { REDACTED, type JsonObject, type JsonValue } from '#libs/recording-model';
import type { Classification } from './flexml.storage-fields.js';

/** What is known of a container, its own fields apart. */
export interface ContainerFacts {
  readonly sid: string;
  readonly quota: { readonly bytes: number; readonly files: number };
  readonly total: { readonly bytes: number; readonly files: number };
  readonly fields: JsonObject;
}

/** What is known of a file, its own fields apart. */
export interface FileFactsOnWire {
  readonly sid: string;
  readonly container: string;
  readonly sizeBytes: number;
  readonly durationMs: number | null;
  readonly extension: string;
  readonly contentType: string;
  readonly modifiedAt: string;
  readonly lastAccessedAt: string | null;
  readonly fields: JsonObject;
}

/** The Container object (contract §4.3). */
export function renderContainer({ sid, quota, total, fields }: ContainerFacts): JsonObject {
  return {
    ...fields,
    external_attributes: redacted(fields['external_attributes'] ?? {}),
    container_sid: sid,
    quota_bytes: quota.bytes,
    quota_files: quota.files,
    total_bytes: total.bytes,
    total_files: total.files,
    available_bytes_percent: availablePercent(quota.bytes, total.bytes),
    available_files_percent: availablePercent(quota.files, total.files),
    durability_class: 'unassigned',
    threshold_total_bytes: total.bytes,
    threshold_total_files: total.files,
  };
}

/**
 * The File object (contract §4.4).
 * @param container the fields of the container it lies in, for its links
 */
export function renderFile(file: FileFactsOnWire, container: JsonObject): JsonObject {
  const { fields, extension, contentType } = file;
  return {
    ...fields,
    container_sid: file.container,
    content_classification: classificationOf(extension, contentType),
    content_duration: file.durationMs === null ? null : file.durationMs / 1000,
    content_format: extension === '' ? null : extension,
    content_transcoding_progress: null,
    date_last_accessed: file.lastAccessedAt ?? file.modifiedAt,
    date_modified: file.modifiedAt,
    file_access_name: accessNameOf(file),
    file_bytes: file.sizeBytes,
    file_sid: file.sid,
    mime_type: fields['mime_type'] ?? contentType,
    publish_uri: publishUri(file, container),
    type: 'file',
  };
}

/** `{file_sid}.{ext}` unless it was given another (contract §4.4). */
export function accessNameOf({
  sid,
  extension,
  fields,
}: Pick<FileFactsOnWire, 'sid' | 'extension' | 'fields'>): string {
  const given = fields['file_access_name'];
  if (typeof given === 'string' && given !== '') return given;
  return extension === '' ? sid : `${sid}.${extension}`;
}

/** The public link under `publish_domain` (contract §4.2, §2.5 row 14). */
function publishUri(file: FileFactsOnWire, container: JsonObject): string {
  const given = container['publish_domain'];
  const domain = (typeof given === 'string' ? given : '').replace(/\/+$/, '');
  if (file.fields['publish'] !== 'file_access_name') return `${domain}/f/${file.sid}`;
  return `${domain}/c/${file.container}/${encodeURIComponent(accessNameOf(file))}`;
}

/** Whether the link of that kind leads to the file (contract §4.2); `allow_publish: false` closes all of a container. */
export function isPublished(file: JsonObject, container: JsonObject, way: 'file_sid' | 'file_access_name'): boolean {
  return container['allow_publish'] !== false && (file['publish'] ?? 'file_sid') === way;
}

/** Whole percent that is left; BLAST asks for more room when it is below 5 (contract §4.3). */
function availablePercent(quota: number, total: number): number {
  return quota <= 0 ? 0 : Math.max(0, Math.floor(((quota - total) * 100) / quota));
}

const CLASSES: readonly (readonly [Classification, RegExp, RegExp])[] = [
  ['media', /^(wav|mp3|ul|ogg|oga|opus|aac|m4a|flac|mp4|webm|png|jpe?g|gif)$/i, /^(audio|video|image)\//i],
  ['archive', /^(zip|gz|tgz|tar|bz2|xz|7z|rar)$/i, /^application\/(zip|gzip|x-tar|x-7z-compressed|x-bzip2)/i],
  ['document', /^(txt|pdf|docx?|xlsx?|csv|json|xml|html?|md|odt)$/i, /^(text\/|application\/(pdf|json|xml|msword))/i],
  ['executable', /^(exe|dll|msi|sh|bat|com|bin)$/i, /^application\/(x-msdownload|x-executable|x-sh)/i],
];

/** What kind of content a file is (contract §4.3): by its extension, else by its MIME type. */
export function classificationOf(extension: string, contentType: string): Classification {
  const byName = CLASSES.find(([, names]) => names.test(extension));
  return byName?.[0] ?? CLASSES.find(([, , types]) => types.test(contentType))?.[0] ?? 'unknown';
}

/** The settings of an external store may hold credentials: their texts are not shown. */
function redacted(value: JsonValue): JsonValue {
  if (typeof value === 'string') return REDACTED;
  if (Array.isArray(value)) return value.map((inner: JsonValue) => redacted(inner));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redacted(inner)]));
}

/** The same, for what is kept in the open. */
export function withoutCredentials(fields: JsonObject): JsonObject {
  const attributes = fields['external_attributes'];
  return attributes === undefined ? fields : { ...fields, external_attributes: redacted(attributes) };
}

import {
  isSecretRef,
  REDACTED,
  type AccountingEntry,
  type JsonValue,
  type RecordingSpec,
} from '#libs/recording-model';

/** What became of each field of a canonical spec: taken over, defaulted, or dropped. Paths are JSON pointers into the request. */
export function accountForSpec(written: unknown, spec: RecordingSpec): AccountingEntry[] {
  const given = isObject(written) ? written : {};
  const taken = Object.entries(given)
    .flatMap(([key, value]) => leaves(value, [key]))
    .map(([path, value]) => entryFor(path, value, spec));
  const absent = Object.entries(spec).filter(([key]) => given[key] === undefined);
  const defaulted = absent.map(([key, value]): AccountingEntry => {
    return { path: `/spec/${key}`, value: value as JsonValue, outcome: 'defaulted', to: `spec.${key}` };
  });
  return [...taken, ...defaulted];
}

function entryFor(path: readonly string[], value: JsonValue, spec: RecordingSpec): AccountingEntry {
  const entry = { path: `/spec/${path.map(escapePointer).join('/')}`, value, to: `spec.${path.join('.')}` };
  if (path[0] !== 'ifExists' || value !== 'append' || canAppend(spec)) return { ...entry, outcome: 'exact' };
  return { ...entry, outcome: 'dropped', reason: 'there is no file of the own store that it could be appended to' };
}

function canAppend({ destination }: RecordingSpec): boolean {
  return destination.kind === 'media-store' && destination.file !== null;
}

function leaves(value: unknown, path: readonly string[]): [readonly string[], JsonValue][] {
  if (isSecretRef(value)) return [[path, REDACTED]];
  if (!isObject(value) || Object.keys(value).length === 0) return [[path, value as JsonValue]];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function escapePointer(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}

import {
  type FieldCapability,
  type RecordingSpec,
  type VendorAdapter,
  type VendorName,
} from '#libs/recording-model';
import { code, markdownTable } from './markdown.js';

/** Adapters by vendor, in the order of the columns. */
export type Adapters = Readonly<Record<VendorName, VendorAdapter>>;

/** By vendor: the specs that each of its record instructions, without any wishes, comes to. */
export type PlainSpecs = Readonly<Record<VendorName, readonly RecordingSpec[]>>;

/** The vendors' products, for headings. */
export const TITLES: Readonly<Record<VendorName, string>> = {
  flexml: 'CarrierX FlexML',
  kazoo: '2600Hz Kazoo',
  aculab: 'Aculab Cloud',
  sinch: 'Sinch Voice',
};

const NOTHING = '–';

/** Every field of the canonical job that a vendor may ask for, and what it means to a reader. */
const SPEC_FIELDS: Readonly<Record<Exclude<keyof RecordingSpec, 'vendor'>, string>> = {
  mode: 'flow waits, or goes on',
  start: 'when it begins',
  parties: 'whose audio',
  channels: 'channels',
  sampleRate: 'samples per second',
  beep: 'beep before it',
  stopKeys: 'keys that end it',
  silence: 'silence that ends it',
  maxDurationMs: 'longest',
  minDurationMs: 'shortest that is kept',
  maxBytes: 'largest file',
  trim: 'silence cut off the ends',
  followTransfer: 'goes on after a transfer',
  playDuring: 'audio played meanwhile',
  format: 'file format',
  encryption: 'encrypted file',
  destination: 'where the file goes',
  ifExists: 'file is already there',
  retention: 'deleted after a time',
  labels: 'names and numbers attached',
  transcription: 'transcript',
  subscriptions: 'who is told',
  continuation: 'next document',
};

/** The table by field of `RecordingSpec`: which fields of each vendor end there; without one, the values its instructions come to. */
export function renderSpecSummary(adapters: Adapters, plain: PlainSpecs): string {
  const vendors = vendorsOf(adapters);
  const rows = Object.entries(SPEC_FIELDS).map(([field, meaning]) => [
    `${code(field)}: ${meaning}`,
    ...vendors.map((vendor) => summaryCell(adapters[vendor], plain[vendor], field as keyof RecordingSpec)),
  ]);
  const legend = `*Italic*: no field of its own; what the vendor's record instructions come to. –: the vendor has no such thing.`;
  return `${markdownTable(['Field', ...vendors.map((vendor) => TITLES[vendor])], rows)}\n\n${legend}`;
}

/** Fields of the capability tables whose target is no part of the canonical model; empty when all is well. */
export function unknownTargets(adapters: Adapters): string[] {
  return vendorsOf(adapters).flatMap((vendor) =>
    adapters[vendor].capabilities
      .filter(({ to }) => to !== null && to.startsWith('spec.') && specFieldOf(to) === null)
      .map(({ field, to }) => `${vendor} ${field}: ${to ?? ''}`),
  );
}

/** The vendors in the order of the columns. */
export function vendorsOf(adapters: Adapters): VendorName[] {
  return Object.keys(adapters) as VendorName[];
}

function summaryCell(
  { capabilities }: VendorAdapter,
  plain: readonly RecordingSpec[],
  field: keyof RecordingSpec,
): string {
  const asking = capabilities.filter(({ to }) => to !== null && specFieldOf(to) === field);
  if (asking.length > 0) return families(asking).join(', ');
  const values = new Set(plain.map((spec) => shownValue(spec[field])));
  return [...values].map((value) => (value === NOTHING ? NOTHING : `*${value.replaceAll('*', '\\*')}*`)).join(' or ');
}

/** More names than this are shown by what they have in common. */
const MANY_NAMES = 3;

/** The names of fields, many of one family as `gcp…`. */
function families(asking: readonly FieldCapability[]): string[] {
  const named = asking.map(({ field }) => nameInInstruction(field));
  const firstWord = (name: string) => /^[a-z]+/.exec(name)?.[0] ?? name;
  const groups = new Map<string, string[]>();
  for (const name of named) {
    const key = named.length > MANY_NAMES ? firstWord(name) : name;
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups.values()].map((names) => code(familyName(names)));
}

/** What the names begin with, and an ellipsis when they differ after it. */
function familyName(names: readonly string[]): string {
  const [first = '', ...others] = names;
  let length = first.length;
  while (!others.every((name) => name.startsWith(first.slice(0, length)))) length -= 1;
  return others.length === 0 ? first : `${first.slice(0, length)}…`;
}

/** A value for a reader; of a structure, its kind. */
function shownValue(value: RecordingSpec[keyof RecordingSpec]): string {
  if (value === null || value === '' || value === false || value === 0) return NOTHING;
  if (typeof value !== 'object') return value === true ? 'yes' : String(value);
  if ('kind' in value && typeof value.kind === 'string') return value.kind;
  return Object.keys(value).join(', ') || NOTHING;
}

/** `spec.maxDurationMs` or `maxDurationMs` → `maxDurationMs`; null when the target is no field of the job. */
function specFieldOf(to: string): keyof RecordingSpec | null {
  const [head = ''] = to.replace(/^spec\./, '').split('.');
  return head in SPEC_FIELDS ? (head as keyof RecordingSpec) : null;
}

/** `Record@maxLength` → `maxLength`, `options.destinationUrl` → `destinationUrl`; `storage.attachments` stays. */
function nameInInstruction(field: string): string {
  return field.replace(/^(Record@|record_call\.|record\.|options\.)/, '');
}

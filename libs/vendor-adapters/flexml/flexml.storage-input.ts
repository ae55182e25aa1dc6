import { RecgateError, type JsonObject, type JsonValue } from '#libs/recording-model';
import { invalid, objectOf } from './flexml.api-fields.js';
import {
  CLASSIFICATIONS,
  CONTAINER_FIELDS,
  FILE_FIELDS,
  QUOTA_FIELDS,
  type FieldRule,
} from './flexml.storage-fields.js';

/** What a request wants changed of a container. */
export interface ContainerInput {
  readonly fields: JsonObject;
  readonly quota: { readonly bytes?: number; readonly files?: number };
}

/** What a request wants changed of a file. */
export interface FileInput {
  readonly fields: JsonObject;
  /** Null: not named. */
  readonly containerSid: string | null;
}

/**
 * The body of a request.
 * @throws RecgateError `document.malformed` when it is no JSON object
 */
export function readStorageBody(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below, in the vendor's words.
  }
  throw new RecgateError('document.malformed', 'No JSON object could be decoded');
}

/**
 * Fields of a container (contract §4.3). Those that may only be read, and unknown ones, are ignored: clients send back
 * what they have read.
 * @throws RecgateError `field.invalid`
 */
export function readContainerInput(body: JsonObject): ContainerInput {
  const quota: { bytes?: number; files?: number } = {};
  for (const [name, what] of Object.entries(QUOTA_FIELDS)) {
    const value = body[name];
    if (value !== undefined) quota[what] = integerOf(name, value, 0);
  }
  return { fields: readFields(body, CONTAINER_FIELDS), quota };
}

/**
 * Fields of a file (contract §4.4), also from a query, where everything is text.
 * @throws RecgateError `field.invalid`
 */
export function readFileInput(body: JsonObject): FileInput {
  const sid = body['container_sid'];
  if (sid !== undefined && sid !== null && typeof sid !== 'string')
    throw invalid('container_sid', 'the sid of a container');
  return { fields: readFields(body, FILE_FIELDS), containerSid: typeof sid === 'string' && sid !== '' ? sid : null };
}

function readFields(body: JsonObject, rules: Readonly<Record<string, FieldRule>>): JsonObject {
  const fields: Record<string, JsonValue> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = body[name];
    if (value !== undefined) fields[name] = readField(name, value, rule);
  }
  return fields;
}

function readField(name: string, value: JsonValue, rule: FieldRule): JsonValue {
  switch (rule.kind) {
    case 'integer': {
      if (rule.nullable && (value === null || value === '')) return null;
      const number = integerOf(name, value, rule.min);
      if (rule.oneOf?.includes(number) === false) throw invalid(name, `one of ${rule.oneOf.join(', ')}`);
      return number;
    }
    case 'text':
      return textOf(name, value, rule);
    case 'flag':
      return flagOf(name, value);
    case 'classifications':
      return classificationsOf(name, value);
    case 'object':
      return objectOf(value, name);
  }
}

function integerOf(name: string, value: JsonValue, min: number): number {
  const number = typeof value === 'string' && /^\s*[+-]?\d{1,16}\s*$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min) return number;
  throw invalid(name, `a whole number of at least ${min}`);
}

function textOf(
  name: string,
  value: JsonValue,
  { max, nullable, oneOf }: Extract<FieldRule, { kind: 'text' }>,
): string | null {
  if (value === null && nullable) return null;
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text !== 'string' || text.length > max) throw invalid(name, `a text of at most ${max} characters`);
  if (oneOf?.includes(text) === false) throw invalid(name, `one of ${oneOf.join(', ')}`);
  return text;
}

const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  ['true', true],
  ['1', true],
  [1, true],
  [false, false],
  ['false', false],
  ['0', false],
  [0, false],
]);

function flagOf(name: string, value: JsonValue): boolean {
  const flag = FLAGS.get(typeof value === 'string' ? value.toLowerCase() : value);
  if (flag === undefined) throw invalid(name, 'true or false');
  return flag;
}

function classificationsOf(name: string, value: JsonValue): JsonValue {
  const words: readonly string[] = CLASSIFICATIONS;
  const list: readonly JsonValue[] = Array.isArray(value) ? (value as readonly JsonValue[]) : [null];
  const known = list.filter((word) => typeof word === 'string' && words.includes(word));
  if (known.length === list.length) return [...new Set(known)];
  throw invalid(name, `a list of ${words.join(', ')}`);
}

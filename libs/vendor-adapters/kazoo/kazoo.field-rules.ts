import type { JsonObject, JsonValue } from '#libs/recording-model';
import { isJsonObject, member } from '../shared/index.js';
import { asFlag, asInteger } from './kazoo.schema.js';

/** A member of a document that is stored through the API, as far as Crossbar checks it. */
export interface FieldRule {
  readonly type: 'string' | 'integer' | 'boolean' | 'object' | 'array';
  readonly required?: boolean;
  readonly values?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly default?: JsonValue;
  /** Members of an object must be text, numbers or flags. */
  readonly scalars?: boolean;
  /** A check of Kazoo's own beyond the schema: the message when it fails. */
  readonly check?: (value: string) => string | null;
}

export type FieldRules = Readonly<Record<string, FieldRule>>;

/** Failures by dotted path, then rule (contract §5). */
export type Failures = Record<string, Record<string, JsonObject>>;

/** Longest text a stored document may hold where the schema names no length. */
const LONGEST_TEXT = 8192;

/**
 * Checks an object against its rules: numbers and flags written as text are read as such, defaults are filled in, other
 * members stay as they are. Adds what fails to `failures`.
 */
export function readObject(object: JsonObject, rules: FieldRules, path: string, failures: Failures): JsonObject {
  const result: Record<string, JsonValue> = { ...object };
  for (const [key, rule] of Object.entries(rules)) {
    const at = joinPath(path, key);
    const value = member(object, key);
    if (value === undefined || value === null) {
      delete result[key];
      if (rule.default !== undefined) result[key] = rule.default;
      else if (rule.required === true) fail(failures, at, 'required', 'Field is required but missing', {});
    } else {
      result[key] = readValue(value, rule, at, failures);
    }
  }
  return result;
}

/** One step further down a dotted path; a dot inside a key is `%2E`. */
export function joinPath(path: string, key: string): string {
  const name = key.replaceAll('.', '%2E');
  return path === '' ? name : `${path}.${name}`;
}

export function fail(failures: Failures, path: string, rule: string, message: string, more: JsonObject): void {
  failures[path] = { ...failures[path], [rule]: { message, ...more } };
}

function readValue(value: JsonValue, rule: FieldRule, at: string, failures: Failures): JsonValue {
  const typed = typedValue(value, rule.type);
  if (typed === undefined) {
    fail(failures, at, 'type', `Value did not match type(s): ${rule.type}`, { target: rule.type, value: shown(value) });
    return value;
  }
  if (typeof typed === 'string') checkText(typed, rule, at, failures);
  if (typeof typed === 'number') checkNumber(typed, rule, at, failures);
  if (rule.scalars === true && isJsonObject(typed)) checkScalars(typed, at, failures);
  return typed;
}

function typedValue(value: JsonValue, type: FieldRule['type']): JsonValue | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'integer':
      return asInteger(value);
    case 'boolean':
      return asFlag(value);
    case 'object':
      return isJsonObject(value) ? value : undefined;
    case 'array':
      return Array.isArray(value) ? value : undefined;
  }
}

function checkText(text: string, rule: FieldRule, at: string, failures: Failures): void {
  const { values, minLength, maxLength = LONGEST_TEXT, check } = rule;
  if (values !== undefined && !values.includes(text)) {
    fail(failures, at, 'enum', 'Value not found in enumerated list of values', { target: values, value: shown(text) });
  }
  if (minLength !== undefined && text.length < minLength) {
    const message = `String must be at least ${minLength} characters`;
    fail(failures, at, 'minLength', message, { target: minLength });
  }
  if (text.length > maxLength) {
    const message = `String must not be more than ${maxLength} characters`;
    fail(failures, at, 'maxLength', message, { target: maxLength });
  }
  const message = check?.(text) ?? null;
  if (message !== null) fail(failures, at, 'error', message, {});
}

function checkNumber(value: number, { minimum, maximum }: FieldRule, at: string, failures: Failures): void {
  if (minimum !== undefined && value < minimum) {
    fail(failures, at, 'minimum', `Value must be at least ${minimum}`, { target: minimum, value });
  }
  if (maximum !== undefined && value > maximum) {
    fail(failures, at, 'maximum', `Value must be at most ${maximum}`, { target: maximum, value });
  }
}

function checkScalars(object: JsonObject, at: string, failures: Failures): void {
  for (const [key, value] of Object.entries(object)) {
    if (typeof value === 'object') {
      const message = 'Value did not match type(s): string';
      fail(failures, joinPath(at, key), 'type', message, { target: 'string' });
    }
  }
}

/** A value as a failure repeats it: never long, and no structure, which may hold credentials. */
function shown(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.slice(0, 128);
  return typeof value === 'object' ? null : value;
}

import { RecgateError, type JsonObject, type JsonValue } from '#libs/recording-model';
import { isJsonObject, member } from '../shared/index.js';
import { metaflowFailures } from './kazoo.channels.js';
import { validationError } from './kazoo.crossbar-error.js';
import { fail, joinPath, type Failures } from './kazoo.field-rules.js';
import { numberPattern } from './kazoo.number-pattern.js';
import { asInteger } from './kazoo.schema.js';

/** Metaflows of the account, and of its users and devices; sealed, their nodes may name URLs with credentials. */
export const METAFLOW_COLLECTION = 'kazoo.metaflows';

export const DEFAULT_BINDING_DIGIT = '*';

const BINDING_DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '*', '#'];
const LISTEN_ON = ['both', 'self', 'peer'];
/** `digit_timeout` is the schema's word, `digit_timeout_ms` that of the documentation. */
const TIMEOUTS = ['digit_timeout', 'digit_timeout_ms'];
/** Largest document, bytes of JSON: calls read it when they begin. */
const LARGEST_METAFLOWS = 65_536;

/**
 * Metaflows as they are kept and read back: checked, `binding_digit` filled in (contract §4.5).
 * @throws CrossbarError `validation error` with all failures together; RecgateError `document.too_large`
 */
export function completeMetaflows(data: JsonObject): JsonObject {
  if (Buffer.byteLength(JSON.stringify(data)) > LARGEST_METAFLOWS) {
    throw new RecgateError('document.too_large', `Metaflows have at most ${LARGEST_METAFLOWS} bytes`);
  }
  const failures: Failures = {};
  requireOneOf(data, 'binding_digit', BINDING_DIGITS, failures);
  requireOneOf(data, 'listen_on', LISTEN_ON, failures);
  for (const key of TIMEOUTS) requireCount(data, key, failures);
  const nodes = {
    ...nodesOf(data, 'numbers', (keys) => /^[0-9*#]+$/.test(keys), failures),
    ...nodesOf(data, 'patterns', (source) => numberPattern(source) !== null, failures),
  };
  const all = { ...failures, ...nodes };
  if (Object.keys(all).length > 0) throw validationError(all);
  return { binding_digit: DEFAULT_BINDING_DIGIT, ...data };
}

function requireOneOf(data: JsonObject, key: string, words: readonly string[], failures: Failures): void {
  const value = member(data, key);
  if (value === undefined || words.some((word) => word === value)) return;
  fail(failures, key, 'enum', 'Value not found in enumerated list of values', { target: words, value });
}

function requireCount(data: JsonObject, key: string, failures: Failures): void {
  const value = member(data, key);
  if (value === undefined) return;
  const number = asInteger(value);
  if (number === undefined) fail(failures, key, 'type', 'Value did not match type(s): integer', { target: 'integer', value });
  else if (number < 0) fail(failures, key, 'minimum', 'Value must be at least 0', { target: 0, value });
}

function nodesOf(data: JsonObject, key: string, isName: (name: string) => boolean, failures: Failures): JsonObject {
  const nodes: JsonValue | undefined = member(data, key);
  if (nodes === undefined) return {};
  if (!isJsonObject(nodes)) {
    fail(failures, key, 'type', 'Value did not match type(s): object', { target: 'object', value: nodes });
    return {};
  }
  const found = Object.entries(nodes).map(([name, node]) => {
    const path = joinPath(key, name);
    if (isName(name)) return metaflowFailures(node, path);
    const message = 'Strict checking of data is enabled; only include schema-defined properties';
    return { [path]: { additionalProperties: { message } } };
  });
  return Object.assign({}, ...found) as JsonObject;
}

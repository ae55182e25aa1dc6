import type { JsonObject, JsonValue } from '#libs/recording-model';
import { isJsonObject, member } from '../shared/index.js';
import { metaflowFailures } from './kazoo.channels.js';
import { validationError } from './kazoo.crossbar-error.js';

/** Metaflows of the account, and of its users and devices; sealed, their nodes may name URLs with credentials. */
export const METAFLOW_COLLECTION = 'kazoo.metaflows';

const BINDING_DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#'];
const LISTEN_ON = ['both', 'self', 'peer'];
const DEFAULT_DIGIT = '*';

/**
 * Metaflows as they are kept and read back: checked, `binding_digit` filled in (contract §4.5).
 * @throws CrossbarError `validation error` with all failures together
 */
export function completeMetaflows(data: JsonObject): JsonObject {
  const failures = {
    ...oneOf(data, 'binding_digit', BINDING_DIGITS),
    ...oneOf(data, 'listen_on', LISTEN_ON),
    ...nodesOf(data, 'numbers'),
    ...nodesOf(data, 'patterns'),
  };
  if (Object.keys(failures).length > 0) throw validationError(failures);
  return { binding_digit: DEFAULT_DIGIT, ...data };
}

function oneOf(data: JsonObject, key: string, words: readonly string[]): JsonObject {
  const value = member(data, key);
  if (value === undefined || words.some((word) => word === value)) return {};
  const message = 'Value not found in enumerated list of values';
  return { [key]: { enum: { message, target: words, value } } };
}

function nodesOf(data: JsonObject, key: string): JsonObject {
  const nodes: JsonValue | undefined = member(data, key);
  if (nodes === undefined) return {};
  if (!isJsonObject(nodes)) {
    return { [key]: { type: { message: 'Value did not match type(s): object', target: 'object', value: nodes } } };
  }
  return Object.assign(
    {},
    ...Object.entries(nodes).map(([name, node]) => metaflowFailures(node, `${key}.${name.replaceAll('.', '%2E')}`)),
  ) as JsonObject;
}

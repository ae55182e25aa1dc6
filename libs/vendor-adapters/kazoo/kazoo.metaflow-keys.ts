import {
  RecgateError,
  type CallIdentity,
  type JsonObject,
  type JsonValue,
  type KeyListener,
  type StoredKeyCommands,
} from '#libs/recording-model';
import { isJsonObject, member, parseJsonDocument } from '../shared/index.js';
import { DEFAULT_BINDING_DIGIT, METAFLOW_COLLECTION } from './kazoo.metaflows.js';
import { numberPattern } from './kazoo.number-pattern.js';
import { asInteger } from './kazoo.schema.js';

/** Id of the account's own metaflows. */
export const ACCOUNT_OWNER = 'account';

/** How long Konami waits for the next key, ms; `digit_timeout` says otherwise. */
const DIGIT_TIMEOUT_MS = 800;
const LONGEST_TIMEOUT_MS = 60_000;

/** Keys of the telephone run stored metaflows (contract §4.5): those of the device, its user and the account, as one. */
export const kazooKeyCommands: StoredKeyCommands = {
  collection: METAFLOW_COLLECTION,
  ownersOf: (_application, call) => ownersOf(call),
  listener: listenerOf,
};

/** Ids of the metaflows that the device or user has whom a module calls, most specific first; empty for other modules. */
export function metaflowOwners(module: string, id: string): readonly string[] {
  return module === 'user' || module === 'device' ? [`${module}/${id}`, ACCOUNT_OWNER] : [];
}

function ownersOf({ vendor }: CallIdentity): readonly string[] {
  const variables = member(vendor, 'custom_channel_vars');
  const device = idIn(vendor, 'endpoint_id') ?? (isJsonObject(variables) ? idIn(variables, 'authorizing_id') : null);
  const user = idIn(vendor, 'owner_id');
  return [
    ...(device === null ? [] : [`device/${device}`]),
    ...(user === null ? [] : [`user/${user}`]),
    ACCOUNT_OWNER,
  ];
}

function listenerOf(documents: readonly string[]): KeyListener | null {
  const read = documents.map(readMetaflows);
  // What is more specific goes before what is not, key by key.
  const merged = (key: string): JsonObject =>
    Object.fromEntries(read.toReversed().flatMap((each) => Object.entries(objectIn(each, key))));
  const first = (key: string): JsonValue | undefined => read.map((each) => member(each, key)).find((value) => value !== undefined);
  const numbers = merged('numbers');
  const patterns = Object.entries(merged('patterns')).map(([source, node]) => ({ pattern: numberPattern(source), node }));
  if (Object.keys(numbers).length === 0 && patterns.length === 0) return null;
  const binding = first('binding_digit');
  const listenOn = first('listen_on');
  return {
    listensOn: listenOn === 'both' || listenOn === 'peer' ? listenOn : 'self',
    bindingKey: typeof binding === 'string' && binding !== '' ? binding : DEFAULT_BINDING_DIGIT,
    timeoutMs: Math.min(asInteger(first('digit_timeout') ?? first('digit_timeout_ms')) ?? DIGIT_TIMEOUT_MS, LONGEST_TIMEOUT_MS),
    find: (keys) => {
      const number = member(numbers, keys);
      if (number !== undefined) return JSON.stringify(number);
      const found = patterns.find(({ pattern }) => pattern?.matches(keys) === true);
      const captures = found?.pattern?.captures(keys) ?? [];
      return isJsonObject(found?.node) ? JSON.stringify(withCollected(found.node, keys, captures)) : null;
    },
  };
}

/** What a pattern has matched stands in the data of its metaflow. */
function withCollected(node: JsonObject, collected: string, captures: readonly string[]): JsonObject {
  return { ...node, data: { ...objectIn(node, 'data'), collected, ...(captures.length === 0 ? {} : { captures }) } };
}

function readMetaflows(text: string): JsonObject {
  try {
    const { value } = parseJsonDocument(text, { maxDepth: 256 });
    return isJsonObject(value) ? value : {};
  } catch (error) {
    if (error instanceof RecgateError) return {};
    throw error;
  }
}

function objectIn(object: JsonObject, key: string): JsonObject {
  const value = member(object, key);
  return isJsonObject(value) ? value : {};
}

function idIn(object: JsonObject, key: string): string | null {
  const value = member(object, key);
  return typeof value === 'string' && value !== '' ? value : null;
}

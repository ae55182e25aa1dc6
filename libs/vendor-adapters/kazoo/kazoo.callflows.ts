import { RecgateError, type JsonObject, type JsonValue, type StoredDocument } from '#libs/recording-model';
import { isJsonObject, member, parseJsonDocument } from '../shared/index.js';
import { textList } from './kazoo.call-starts.js';
import { validationError } from './kazoo.crossbar-error.js';
import type { CrossbarResult } from './kazoo.envelope.js';
import { KazooValidationError } from './kazoo.errors.js';
import { compareKeys, isWithin, pageOf, readListQuery, type ListKey } from './kazoo.list-query.js';
import { numberPattern } from './kazoo.number-pattern.js';
import { withSchemaDefaults } from './kazoo.schema-defaults.js';
import type { KazooSettings } from './kazoo.settings.js';
import { validateCallflow } from './kazoo.validation.js';

const MAX_DEPTH = 256;
/** Most entries of `numbers` and `patterns`, each. */
const MOST_ROUTES = 500;
/** Largest callflow, bytes of JSON: every call of the account looks through all of them. */
const LARGEST_CALLFLOW = 65_536;
/** Longest number, characters. */
const LONGEST_NUMBER = 128;

/**
 * A callflow as it is kept and read back: checked, defaults filled in, texts coerced (contract §4.4, §5).
 * @throws CrossbarError `validation error` with all failures together; RecgateError `document.too_large`
 */
export function completeCallflow(data: JsonObject, settings: KazooSettings): JsonObject {
  const callflow = withoutPrivate(data);
  if (Buffer.byteLength(JSON.stringify(callflow)) > LARGEST_CALLFLOW) {
    throw new RecgateError('document.too_large', `A callflow has at most ${LARGEST_CALLFLOW} bytes`);
  }
  const failures = { ...schemaFailures(callflow, settings), ...routingFailures(callflow) };
  if (Object.keys(failures).length > 0) throw validationError(failures);
  const flow = member(callflow, 'flow') ?? null;
  return {
    ...callflow,
    numbers: textList(callflow, 'numbers'),
    patterns: textList(callflow, 'patterns'),
    flow: withSchemaDefaults(flow, settings.version),
  };
}

/**
 * No number may lead to two callflows.
 * @throws CrossbarError `validation error`
 */
export function requireFreeNumbers(id: string, callflow: JsonObject, stored: readonly StoredDocument[]): void {
  const others = stored.filter((document) => document.id !== id);
  for (const number of textList(callflow, 'numbers')) {
    const owner = others.find(({ body }) => textList(body, 'numbers').includes(number));
    if (owner === undefined) continue;
    const message = `Number ${number} exists in callflow ${owner.id}`;
    throw validationError({ numbers: { unique: { message, cause: owner.id, value: number } } });
  }
}

/** What is kept in the clear, for listings and to find the callflow of a call; nothing of the flow but its modules. */
export function callflowSummary(id: string, callflow: JsonObject): JsonObject {
  const kept = ['name', 'type', 'owner_id', 'group_id', 'featurecode'].flatMap((key) => {
    const value = member(callflow, key);
    return value === undefined || typeof value === 'object' ? [] : [[key, value] as const];
  });
  return {
    id,
    ...Object.fromEntries(kept),
    numbers: textList(callflow, 'numbers'),
    patterns: textList(callflow, 'patterns'),
    modules: [...new Set(modulesOf(member(callflow, 'flow')))],
  };
}

/**
 * One page of the stored callflows, oldest first, with the filters and the paging of every listing (contract §4.3). They
 * are of no time: only `created_from` and `created_to` that were sent count.
 * @throws CrossbarError `validation error` for filters and paging that cannot be read
 */
export function callflowPage(
  stored: readonly StoredDocument[],
  parameters: URLSearchParams,
  now: Date,
): CrossbarResult {
  const query = readListQuery(parameters, now);
  const timed = parameters.has('created_from') || parameters.has('created_to');
  const found = stored
    .filter(({ body }) => query.passes(body))
    .filter((each) => !timed || isWithin(keyOf(each), { ...query, start: null }))
    .filter((each) => query.start === null || compareKeys(keyOf(each), query.start, true) >= 0)
    .toSorted((a, b) => compareKeys(keyOf(a), keyOf(b), true));
  const { items, extra } = pageOf(found, query, keyOf);
  return { data: items.map(({ id, body }) => ({ ...body, id })), extra };
}

function keyOf({ id, createdAt }: StoredDocument): ListKey {
  return { at: Date.parse(createdAt), id };
}

/** PATCH: objects are merged, null removes, everything else replaces. */
export function mergeDocument(document: JsonObject, changes: JsonObject): JsonObject {
  const merged = new Map(Object.entries(document));
  for (const [key, change] of Object.entries(changes)) {
    const before = merged.get(key);
    if (change === null) merged.delete(key);
    else merged.set(key, isJsonObject(change) && isJsonObject(before) ? mergeDocument(before, change) : change);
  }
  return Object.fromEntries(merged);
}

/** Members that only the API itself writes. */
function withoutPrivate(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([key]) => key !== 'id' && !/^(_|pvt_)/.test(key)));
}

function schemaFailures(callflow: JsonObject, settings: KazooSettings): JsonObject {
  const document = parseJsonDocument(JSON.stringify(callflow), { maxDepth: MAX_DEPTH });
  try {
    validateCallflow(document, '', '/flow', settings);
    return {};
  } catch (error) {
    if (error instanceof KazooValidationError) return error.data;
    throw error;
  }
}

function routingFailures(callflow: JsonObject): JsonObject {
  return Object.fromEntries(['numbers', 'patterns'].flatMap((key) => listFailures(callflow, key)));
}

function listFailures(callflow: JsonObject, key: string): readonly (readonly [string, JsonValue])[] {
  const list = member(callflow, key);
  if (list === undefined) return [];
  if (!Array.isArray(list)) return [[key, wrongType('array', list)]];
  const most = MOST_ROUTES;
  if (list.length > most) {
    return [[key, { maxItems: { message: `Array must not have more than ${most} items`, target: most } }]];
  }
  return (list as readonly JsonValue[]).flatMap((entry, index) => {
    const failure = key === 'numbers' ? numberFailure(entry) : patternFailure(entry);
    return failure === null ? [] : [[`${key}.${index}`, failure] as const];
  });
}

function numberFailure(number: JsonValue): JsonObject | null {
  if (typeof number !== 'string') return wrongType('string', number);
  if (number.length <= LONGEST_NUMBER) return null;
  const message = `String must not be more than ${LONGEST_NUMBER} characters`;
  return { maxLength: { message, target: LONGEST_NUMBER, value: number } };
}

function patternFailure(pattern: JsonValue): JsonObject | null {
  if (typeof pattern !== 'string') return wrongType('string', pattern);
  if (numberPattern(pattern) !== null) return null;
  return { error: { message: 'the pattern cannot be read', value: pattern } };
}

function wrongType(type: string, value: JsonValue): JsonObject {
  return { type: { message: `Value did not match type(s): ${type}`, target: type, value } };
}

function modulesOf(node: JsonValue | undefined): readonly string[] {
  if (!isJsonObject(node)) return [];
  const module = member(node, 'module');
  const children = member(node, 'children');
  const below = isJsonObject(children) ? Object.values(children).flatMap(modulesOf) : [];
  return [...(typeof module === 'string' ? [module] : []), ...below];
}

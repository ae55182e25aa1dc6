import type { JsonObject, JsonValue } from '#libs/recording-model';
import { isJsonObject, member } from '../shared/index.js';
import { validationError } from './kazoo.crossbar-error.js';
import { GREGORIAN_OFFSET, gregorianSeconds } from './kazoo.time.js';

/** Longest stretch of time that one listing covers: 31 days and an hour, s (contract §4.3). */
export const MAX_RANGE_SECONDS = 31 * 86_400 + 3600;

const DEFAULT_PAGE_SIZE = 50;
const LARGEST_PAGE = 1000;
const MOST_FILTERS = 50;
/** Gregorian seconds of the year 9999. */
const LATEST = 315_569_519_999;

/** Where in a listing something stands: by time, then by id. */
export interface ListKey {
  /** Unix time, ms. */
  readonly at: number;
  readonly id: string;
}

/** What a listing of documents by creation time was asked for (contract §4.3). */
export interface ListQuery {
  /** First and last moment, Unix ms, both inclusive. */
  readonly from: number;
  readonly to: number;
  readonly paginate: boolean;
  readonly pageSize: number;
  readonly ascending: boolean;
  /** The first item of the page; null: the first there is. */
  readonly start: ListKey | null;
  /** True for a document that all filters let pass. */
  readonly passes: (document: JsonObject) => boolean;
}

/**
 * Reads time range, filters and paging.
 * @throws CrossbarError `validation error` for a range that is reversed, too long or no number, and for bad paging
 */
export function readListQuery(parameters: URLSearchParams, now: Date): ListQuery {
  const { from, to } = readRange(parameters, gregorianSeconds(now));
  const startKey = parameters.get('start_key');
  return {
    from: (from - GREGORIAN_OFFSET) * 1000,
    to: (to - GREGORIAN_OFFSET) * 1000 + 999,
    paginate: parameters.get('paginate') !== 'false',
    pageSize: readPageSize(parameters.get('page_size')),
    ascending: parameters.get('ascending') === 'true',
    start: startKey === null || startKey === '' ? null : decodeKey(startKey),
    passes: readFilters(parameters),
  };
}

/** One page of items that are in the order asked for, from the query's start on. */
export interface ListPage<T> {
  readonly items: readonly T[];
  /** Members of the envelope beside `data`. */
  readonly extra: JsonObject;
}

/**
 * Cuts the page out of what was found and tells where the next one begins.
 * @param found in the order asked for, none before `query.start`; one more than a page when there is a next page
 */
export function pageOf<T>(found: readonly T[], query: ListQuery, keyOf: (item: T) => ListKey): ListPage<T> {
  if (!query.paginate) return { items: found, extra: {} };
  const items = found.slice(0, query.pageSize);
  const next = found[query.pageSize];
  return {
    items,
    extra: {
      page_size: items.length,
      ...(query.start === null ? {} : { start_key: encodeKey(query.start) }),
      ...(next === undefined ? {} : { next_start_key: encodeKey(keyOf(next)) }),
    },
  };
}

/** Negative when `a` comes first in the order asked for. */
export function compareKeys(a: ListKey, b: ListKey, ascending: boolean): number {
  const order = a.at === b.at ? (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) : a.at - b.at;
  return ascending ? order : -order;
}

/** Whether something that stands here belongs to the listing from the query's start on. */
export function isWithin(key: ListKey, { from, to, start, ascending }: ListQuery): boolean {
  return key.at >= from && key.at <= to && (start === null || compareKeys(key, start, ascending) >= 0);
}

function encodeKey({ at, id }: ListKey): string {
  return Buffer.from(`${at}.${id}`).toString('base64url');
}

function decodeKey(text: string): ListKey {
  const match = /^[\w-]{1,1024}={0,2}$/.test(text) ? Buffer.from(text, 'base64url').toString('utf8') : '';
  const [, at, id] = /^(\d{1,15})\.([^]{1,512})$/.exec(match) ?? [];
  if (at === undefined || id === undefined) throw failure('start_key', 'invalid', 'start_key is not one of a listing');
  return { at: Number(at), id };
}

function readRange(parameters: URLSearchParams, now: number): { readonly from: number; readonly to: number } {
  const givenFrom = readTime(parameters, 'created_from');
  const givenTo = readTime(parameters, 'created_to');
  const to = givenTo ?? (givenFrom === null ? now : givenFrom + MAX_RANGE_SECONDS);
  const from = givenFrom ?? to - MAX_RANGE_SECONDS;
  if (from > to) throw rangeFailure('created_to is prior to created_from', from);
  if (to - from > MAX_RANGE_SECONDS) {
    throw rangeFailure(`created_to is more than ${MAX_RANGE_SECONDS} seconds from created_from`, from);
  }
  return { from, to };
}

function readTime(parameters: URLSearchParams, key: string): number | null {
  const text = parameters.get(key);
  if (text === null || text === '') return null;
  const value = /^\d{1,12}$/.test(text) ? Number(text) : NaN;
  if (!(value <= LATEST)) throw failure(key, 'date_range', `${key} must be in Gregorian seconds`);
  return value;
}

function readPageSize(text: string | null): number {
  if (text === null || text === '') return DEFAULT_PAGE_SIZE;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw failure('page_size', 'minimum', 'page size must be at least 1');
  return Math.min(value, LARGEST_PAGE);
}

type Filter = (document: JsonObject) => boolean;

/** How each kind of filter parameter reads; the longer prefix is looked for first. */
const KEY_FILTERS: Readonly<Record<string, (value: JsonValue | undefined) => boolean>> = {
  has_key: (value) => value !== undefined,
  key_missing: (value) => value === undefined,
  has_value: (value) => !isEmpty(value),
  missing_value: (value) => isEmpty(value),
};

function readFilters(parameters: URLSearchParams): Filter {
  const filters = [...parameters].flatMap(([name, text]): Filter[] => {
    const check = Object.hasOwn(KEY_FILTERS, name) ? KEY_FILTERS[name] : undefined;
    if (check !== undefined) return [(document) => check(valueAt(document, text))];
    const [, not, key] = /^filter_(not_)?(.+)$/.exec(name) ?? [];
    if (key === undefined) return [];
    return [(document) => matches(valueAt(document, key), text) === (not === undefined)];
  });
  if (filters.length > MOST_FILTERS) throw failure('filter', 'maximum', `at most ${MOST_FILTERS} filters`);
  return (document) => filters.every((filter) => filter(document));
}

/** The value under a key; dots lead into nested objects. */
function valueAt(document: JsonObject, key: string): JsonValue | undefined {
  return key
    .split('.')
    .slice(0, 16)
    .reduce<JsonValue | undefined>((value, part) => (isJsonObject(value) ? member(value, part) : undefined), document);
}

function matches(value: JsonValue | undefined, text: string): boolean {
  return value !== undefined && value !== null && typeof value !== 'object' && String(value) === text;
}

function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function rangeFailure(message: string, cause: number): Error {
  return validationError({ created_from: { date_range: { message, cause } } });
}

function failure(path: string, rule: string, message: string): Error {
  return validationError({ [path]: { [rule]: { message } } });
}

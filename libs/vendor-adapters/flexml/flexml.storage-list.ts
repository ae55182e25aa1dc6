import { RecgateError, type JsonObject, type JsonValue } from '#libs/recording-model';
import { readFilter, valueAt } from './flexml.storage-filter.js';

const DEFAULT_LIMIT = 10;
const MOST_LIMIT = 1000;
const FIELD = /^[A-Za-z_][\w.]{0,127}$/;

/** Chooses a whole number from 0 to below `n`. */
export type Choose = (n: number) => number;

/** Something of a list; its object is made only where it is looked at. */
export interface ListItem {
  readonly sid: string;
  readonly show: () => JsonObject;
}

/**
 * The list envelope (contract §4.5): filter, order, page, and the fields that were asked for.
 * @param items in the order they were made
 * @throws RecgateError `request.invalid`
 */
export function renderList(items: readonly ListItem[], query: URLSearchParams, choose: Choose): JsonObject {
  const limit = numberOf(query, 'limit', DEFAULT_LIMIT, 1, MOST_LIMIT);
  const ordered = inOrder(filtered(items, query.get('filter')), query.get('order'), choose);
  const { start, end } = pageOf(ordered, query, limit);
  const page = ordered.slice(start, end);
  const total = ordered.length;
  const pagination = total === 0 ? {} : cursorsOf(page);
  const shown = page.map((item) => chosenFields(item.show(), query));
  return { count: page.length, has_more: end < total, items: shown, limit, offset: start, pagination, total };
}

function filtered(items: readonly ListItem[], filter: string | null): readonly ListItem[] {
  if (filter === null || filter.trim() === '') return items;
  const passes = readFilter(filter);
  return items.filter((item) => passes(item.show()));
}

/** Only the fields that were asked for, or all but those that were not wanted (contract §4.5). */
export function chosenFields(item: JsonObject, query: URLSearchParams): JsonObject {
  const wanted = namesOf(query, 'includeFields', 'include_fields', 'fields');
  const unwanted = namesOf(query, 'exclude_fields', 'excludeFields');
  if (wanted.size === 0 && unwanted.size === 0) return item;
  return Object.fromEntries(
    Object.entries(item).filter(([name]) => (wanted.size === 0 || wanted.has(name)) && !unwanted.has(name)),
  );
}

/** First item of the page and the one behind its last; cursors leave out the item they name. */
function pageOf(
  ordered: readonly ListItem[],
  query: URLSearchParams,
  limit: number,
): { readonly start: number; readonly end: number } {
  const named = ['after', 'before', 'offset'].filter((name) => query.has(name));
  if (named.length > 1) throw refused(named[1] ?? '', `${named.join(' and ')} exclude each other`);
  const offset = numberOf(query, 'offset', 0, 0, Number.MAX_SAFE_INTEGER);
  const at = (name: string) => ordered.findIndex((item) => item.sid === query.get(name));
  if (query.has('after')) {
    const found = at('after');
    return bounded(found === -1 ? ordered.length : found + 1, limit, ordered.length);
  }
  if (query.has('before')) {
    const end = Math.max(0, at('before'));
    return { start: Math.max(0, end - limit), end };
  }
  return bounded(offset, limit, ordered.length);
}

function bounded(start: number, limit: number, total: number): { readonly start: number; readonly end: number } {
  return { start, end: Math.min(start + limit, Math.max(start, total)) };
}

function cursorsOf(page: readonly ListItem[]): JsonObject {
  const [first, last] = [page[0], page.at(-1)];
  return first === undefined || last === undefined ? {} : { cursors: { before: first.sid, after: last.sid } };
}

/** `field`, `field asc`, `field desc`, several of them parted by commas, or `shuffle`. */
function inOrder(items: readonly ListItem[], order: string | null, choose: Choose): readonly ListItem[] {
  const text = order?.trim() ?? '';
  if (text === '') return items;
  if (text.toLowerCase() === 'shuffle') return shuffled(items, choose);
  const keys = text.split(',').slice(0, 8).map(readOrder);
  const rows = items.map((item) => {
    const shown = item.show();
    return { item, values: keys.map(({ path }) => valueAt(shown, path)) };
  });
  rows.sort((a, b) => {
    for (const [index, { sign }] of keys.entries()) {
      const difference = compare(a.values[index], b.values[index]) * sign;
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return rows.map(({ item }) => item);
}

function readOrder(text: string): { readonly path: readonly string[]; readonly sign: 1 | -1 } {
  const [field = '', direction = 'asc', ...rest] = text.trim().split(/\s+/);
  const word = direction.toLowerCase();
  if (!FIELD.test(field) || rest.length > 0 || (word !== 'asc' && word !== 'desc')) {
    throw refused('order', 'order is a field with "asc" or "desc", or "shuffle"');
  }
  return { path: field.split('.'), sign: word === 'asc' ? 1 : -1 };
}

/** Nulls come last in rising order. */
function compare(a: JsonValue | undefined, b: JsonValue | undefined): number {
  const isNothing = (value: JsonValue | undefined) => value === null || value === undefined;
  if (isNothing(a) || isNothing(b)) return Number(isNothing(a)) - Number(isNothing(b));
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [textOf(a), textOf(b)];
  return left < right ? -1 : Number(left > right);
}

function shuffled(items: readonly ListItem[], choose: Choose): readonly ListItem[] {
  const all = [...items];
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = choose(last + 1);
    const [a, b] = [all[last], all[other]];
    if (a === undefined || b === undefined) continue;
    all[last] = b;
    all[other] = a;
  }
  return all;
}

function numberOf(query: URLSearchParams, name: string, fallback: number, min: number, max: number): number {
  const text = query.get(name)?.trim() ?? '';
  if (text === '') return fallback;
  const number = Number(text);
  if (/^\d{1,16}$/.test(text) && number >= min && number <= max) return number;
  throw refused(name, `${name} must be a whole number from ${min} to ${max}`);
}

function namesOf(query: URLSearchParams, ...parameters: readonly string[]): ReadonlySet<string> {
  const names = parameters.flatMap((parameter) => query.getAll(parameter)).flatMap((text) => text.split(','));
  return new Set(names.map((name) => name.trim()).filter((name) => name !== ''));
}

function refused(field: string, message: string): RecgateError {
  return new RecgateError('request.invalid', message, { field });
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

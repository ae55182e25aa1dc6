import type { JsonObject, JsonValue } from '#libs/recording-model';
import type { CrossbarResult } from './kazoo.envelope.js';

const DEFAULT_PAGE_SIZE = 50;
const MOST_PAGE_SIZE = 1000;

/**
 * One page of a short list (contract §4.3 "Paging"): `page_size`, `start_key`, `paginate=false`. A key names the item a page
 * begins with; when that has gone meanwhile, the list begins anew.
 */
export function listPage(
  items: readonly (JsonObject & { readonly id: string })[],
  query: URLSearchParams,
): CrossbarResult {
  const startKey = query.get('start_key');
  const found = startKey === null ? 0 : items.findIndex(({ id }) => keyOf(id) === startKey);
  const first = Math.max(0, found);
  const size = query.get('paginate') === 'false' ? items.length : pageSize(query.get('page_size'));
  const page = items.slice(first, first + size);
  const next = items[first + size];
  const extra: Record<string, JsonValue> = { page_size: page.length };
  if (startKey !== null) extra['start_key'] = startKey;
  if (next !== undefined) extra['next_start_key'] = keyOf(next.id);
  return { data: page, extra };
}

function pageSize(text: string | null): number {
  const size = /^\d{1,6}$/.test(text ?? '') ? Number(text) : DEFAULT_PAGE_SIZE;
  return Math.min(Math.max(size, 1), MOST_PAGE_SIZE);
}

function keyOf(id: string): string {
  return Buffer.from(id).toString('base64url');
}

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareKeys, isWithin, pageOf, readListQuery, type ListKey, type ListQuery } from './index.js';
import { MAX_RANGE_SECONDS } from './kazoo.list-query.js';
import { gregorianSeconds } from './kazoo.time.js';

const NOW = new Date('2026-11-21T12:00:00.500Z');
const NOW_GREGORIAN = gregorianSeconds(NOW);
const query = (text: string): ListQuery => readListQuery(new URLSearchParams(text), NOW);

/** What a server with these items answers to a client that walks from page to page. */
function walk(items: readonly ListKey[], text: string): readonly (readonly ListKey[])[] {
  const pages: (readonly ListKey[])[] = [];
  let start = '';
  do {
    const asked = query(`${text}${start}`);
    const found = items.filter((item) => isWithin(item, asked)).sort((a, b) => compareKeys(a, b, asked.ascending));
    const { items: page, extra } = pageOf(found, asked, (item) => item);
    pages.push(page);
    expect(extra['page_size']).toBe(page.length);
    const next = extra['next_start_key'];
    start = typeof next === 'string' ? `&start_key=${next}` : '';
  } while (start !== '' && pages.length < 100);
  return pages;
}

describe('paging (contract §4.3)', () => {
  const item = fc.record({
    at: fc.integer({ min: NOW.getTime() - 1000, max: NOW.getTime() }),
    id: fc.stringMatching(/^rec_[a-z0-9é]{1,8}$/),
  });

  it('shows every item once and in order, also where many have the same time', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(item, { selector: ({ id }) => id, maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (items, size, ascending) => {
          const pages = walk(items, `page_size=${size}&ascending=${ascending}`);
          const expected = [...items].sort((a, b) => compareKeys(a, b, ascending));
          expect(pages.flat()).toEqual(expected);
          expect(pages.slice(0, -1).every((page) => page.length === size)).toBe(true);
        },
      ),
    );
  });

  it('goes on where it was when items are added and removed between the pages', () => {
    const first = [50, 40, 30, 20].map((at) => ({ at: NOW.getTime() - 100 + at, id: `r${at}` }));
    const { extra } = pageOf(first, query('page_size=2'), (key) => key);
    const later = query(`page_size=2&start_key=${String(extra['next_start_key'])}`);
    const added = { at: NOW.getTime(), id: 'new' };
    const [, , , fourth] = first;
    const rest = [added, ...first.filter(({ id }) => id !== 'r30')].filter((each) => isWithin(each, later));
    expect(rest).toEqual([fourth]);
  });

  it('has pages of 50, at most 1000', () => {
    expect([query('').pageSize, query('page_size=7').pageSize, query('page_size=999999').pageSize]).toEqual([
      50, 7, 1000,
    ]);
  });

  it.each([
    'page_size=0',
    'page_size=-1',
    'page_size=many',
    'start_key=%20',
    'start_key=AAAA',
    `start_key=${'A'.repeat(2000)}`,
  ])('refuses %s', (text) => {
    expect(() => query(text)).toThrow('validation error');
  });
});

describe('the range', () => {
  it.each([
    ['', NOW_GREGORIAN - MAX_RANGE_SECONDS, NOW_GREGORIAN],
    [`created_from=${NOW_GREGORIAN - 60}`, NOW_GREGORIAN - 60, NOW_GREGORIAN - 60 + MAX_RANGE_SECONDS],
    [`created_to=${NOW_GREGORIAN - 60}`, NOW_GREGORIAN - 60 - MAX_RANGE_SECONDS, NOW_GREGORIAN - 60],
    [`created_from=5&created_to=${5 + MAX_RANGE_SECONDS}`, 5, 5 + MAX_RANGE_SECONDS],
    ['created_from=5&created_to=5', 5, 5],
  ])('of %p is in Gregorian seconds, both ends included', (text, from, to) => {
    const read = query(text);
    const gregorian = (ms: number): number => gregorianSeconds(new Date(ms));
    expect([gregorian(read.from), gregorian(read.to)]).toEqual([from, to]);
    expect(isWithin({ at: read.to, id: 'x' }, read)).toBe(true);
    expect(isWithin({ at: read.to + 1, id: 'x' }, read)).toBe(false);
  });

  it.each([
    `created_from=6&created_to=5`,
    `created_from=5&created_to=${6 + MAX_RANGE_SECONDS}`,
    'created_from=-1',
    'created_to=1e3',
  ])('refuses %s', (text) => {
    expect(() => query(text)).toThrow('validation error');
  });
});

describe('filters', () => {
  const document = { a: 'x', n: 7, flag: false, empty: '', none: null, deep: { er: { key: 'y' }, list: [] } };

  it.each([
    ['filter_a=x', true],
    ['filter_a=y', false],
    ['filter_not_a=y', true],
    ['filter_not_a=x', false],
    ['filter_not_missing=x', true],
    ['filter_n=7', true],
    ['filter_flag=false', true],
    ['filter_deep.er.key=y', true],
    ['filter_deep.er=y', false],
    ['has_key=empty', true],
    ['has_key=deep.er.key', true],
    ['has_key=toString', false],
    ['key_missing=missing', true],
    ['key_missing=a', false],
    ['has_value=empty', false],
    ['has_value=none', false],
    ['has_value=deep.list', false],
    ['has_value=flag', true],
    ['missing_value=empty', true],
    ['missing_value=a', false],
    ['filter_a=x&filter_n=7&has_key=flag', true],
    ['filter_a=x&filter_n=8', false],
    ['filter_a=x&filter_a=y', false],
  ])('%s', (text, passes) => {
    expect(query(text).passes(document)).toBe(passes);
  });

  it('are counted', () => {
    const many = Array.from({ length: 51 }, (_, index) => `filter_k${index}=1`).join('&');
    expect(() => query(many)).toThrow('validation error');
  });
});

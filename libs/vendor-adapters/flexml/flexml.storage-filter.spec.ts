import { expect, it } from '@jest/globals';
import { renderList } from './index.js';

const items = Array.from({ length: 20_000 }, (_, index) => ({
  sid: `f-${index}`,
  show: () => ({ file_sid: `f-${index}`, name: 'a'.repeat(1000), string_key_1: `user ${index}` }),
}));
const list = (query: Record<string, string>) => renderList(items, new URLSearchParams(query), () => 0);

it.each([
  ['no star', `name like "%${'a'.repeat(500)}b"`],
  ['single characters', `name like "%${'_a'.repeat(250)}b"`],
  ['many conditions', Array.from({ length: 20 }, () => `name like "%${'a'.repeat(50)}b"`).join(' and ')],
])('a filter that would compare for long is refused: %s', (_what, filter) => {
  expect(() => list({ filter })).toThrow(expect.objectContaining({ code: 'request.invalid', field: 'filter' }));
});

it('an ordinary pattern finds its items among many', () => {
  expect(list({ filter: 'string_key_1 like "%1234%"' })).toMatchObject({ count: 10, total: 12 });
});

it('without a filter only the page is made', () => {
  let shown = 0;
  const counted = items.map(({ sid, show }) => ({ sid, show: () => (shown++, show()) }));
  expect(renderList(counted, new URLSearchParams({ limit: '3' }), () => 0)).toMatchObject({ count: 3, total: 20_000 });
  expect(shown).toBe(3);
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createMemoryLedger } from '#libs/ledger';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import type { Container } from './catalogue-documents.js';
import { countHold, dropHold, emptyContainer, freeRoom, holdRoom, usedRoom } from './container-quota.js';
import { Containers } from './containers.js';

const AT = new Date('2026-01-01T00:00:00.000Z');
const QUOTA = { bytes: 1000, files: 5 };

/** What may happen to one recording or upload, in any order and more than once. */
type Step =
  | { readonly kind: 'hold'; readonly who: number; readonly bytes: number }
  | { readonly kind: 'count' | 'drop' | 'free'; readonly who: number };

const who = fc.integer({ min: 0, max: 7 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('hold' as const), who, bytes: fc.integer({ min: 0, max: 600 }) }),
  fc.record({ kind: fc.constantFrom('count' as const, 'drop' as const, 'free' as const), who }),
);

describe('the room of a container', () => {
  it('is never exceeded and never leaks, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let container = emptyContainer(QUOTA, {});
        const model = new Map<number, { bytes: number; state: 'held' | 'taken' | 'freed' }>();
        for (const each of steps) {
          container = applied(container, each, model);
          const used = usedRoom(container);
          expect(used.bytes).toBeLessThanOrEqual(QUOTA.bytes);
          expect(used.files).toBeLessThanOrEqual(QUOTA.files);
          const inUse = [...model.values()].filter(({ state }) => state !== 'freed');
          expect(used).toEqual({ bytes: inUse.reduce((sum, { bytes }) => sum + bytes, 0), files: inUse.length });
        }
        for (const name of Object.keys(container.holds)) container = dropHold(container, name);
        const taken = [...model.values()].filter(({ state }) => state === 'taken');
        expect(usedRoom(container)).toEqual({
          bytes: taken.reduce((sum, { bytes }) => sum + bytes, 0),
          files: taken.length,
        });
      }),
      { numRuns: 300 },
    );
  });

  it('that a smaller file gives back counts only once it is stored', () => {
    let container: Container | null = holdRoom(emptyContainer(QUOTA, {}), 'first', { bytes: 900, files: 1 }, AT);
    container = countHold(container ?? emptyContainer(QUOTA, {}), 'first');
    container = holdRoom(container, 'shrink', { bytes: -500, files: 0 }, AT);
    expect(container === null ? null : holdRoom(container, 'other', { bytes: 200, files: 1 }, AT)).toBeNull();
    const after = countHold(container ?? emptyContainer(QUOTA, {}), 'shrink');
    expect(holdRoom(after, 'other', { bytes: 200, files: 1 }, AT)).not.toBeNull();
  });

  it('is kept to by many at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 25 }), async (sizes) => {
        const { documents } = createMemoryLedger();
        const rules = VENDOR_ADAPTERS.flexml.catalogue;
        if (rules === undefined) throw new Error('FlexML keeps a catalogue');
        const containers = new Containers(documents, rules, { tenantId: 't', applicationId: 'a' });
        await containers.create('c', QUOTA, {});
        const taken = await Promise.all(
          sizes.map(async (bytes, index) => {
            const name = `recording:${index}`;
            const got = await containers.hold('c', name, { bytes, files: 1 }, AT).then(
              () => true,
              () => false,
            );
            if (!got) return 0;
            if (index % 3 === 2) await containers.drop('c', name);
            else await containers.count('c', name);
            return index % 3 === 2 ? 0 : bytes;
          }),
        );
        const body = (await containers.get('c'))?.body;
        expect(body?.total).toEqual({
          bytes: taken.reduce((sum, bytes) => sum + bytes, 0),
          files: taken.filter((bytes) => bytes > 0).length,
        });
        expect(body?.holds).toEqual({});
        expect(body?.total.bytes).toBeLessThanOrEqual(QUOTA.bytes);
        expect(body?.total.files).toBeLessThanOrEqual(QUOTA.files);
      }),
      { numRuns: 60 },
    );
  });
});

type Model = Map<number, { bytes: number; state: 'held' | 'taken' | 'freed' }>;

/** One step, and what should come of it: a name is used for one file, from its promise to its end. */
function applied(container: Container, each: Step, model: Model): Container {
  const name = `recording:${each.who}`;
  const known = model.get(each.who);
  switch (each.kind) {
    case 'hold': {
      const next = holdRoom(container, name, { bytes: each.bytes, files: 1 }, AT);
      if (next !== null && (known === undefined || known.state === 'held'))
        model.set(each.who, { bytes: each.bytes, state: 'held' });
      return next ?? container;
    }
    case 'count':
      if (known?.state === 'held') model.set(each.who, { ...known, state: 'taken' });
      return countHold(container, name);
    case 'drop':
      if (known?.state === 'held') model.delete(each.who);
      return dropHold(container, name);
    case 'free':
      if (known?.state !== 'taken') return container;
      model.set(each.who, { ...known, state: 'freed' });
      return freeRoom(
        freeRoom(container, `delete:${each.who}`, { bytes: known.bytes, files: 1 }),
        `delete:${each.who}`,
        { bytes: known.bytes, files: 1 },
      );
  }
}

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { REDACTED } from '#libs/recording-model';
import { AccountingCollector } from './accounting-collector.js';
import { parseJsonDocument } from './json-document.js';

describe('AccountingCollector', () => {
  it('lists the fields in document order, then the defaults, and calls the unclaimed unknown', () => {
    const document = parseJsonDocument('{"limit": 5,\n "odd": true, "key": "s3cret"}');
    const accounts = new AccountingCollector(document);
    accounts.defaulted('/method', 'put', { to: 'spec.destination.method' });
    accounts.field('/key', 'exact', { to: 'spec.destination', value: REDACTED });
    accounts.field('/limit', 'converted', { to: 'spec.maxDurationMs', reason: 'seconds to milliseconds' });
    expect(accounts.finish(document.leafPointers())).toEqual([
      {
        path: '/limit',
        value: 5,
        outcome: 'converted',
        to: 'spec.maxDurationMs',
        reason: 'seconds to milliseconds',
        line: 1,
        column: 2,
      },
      {
        path: '/odd',
        value: true,
        outcome: 'unknown',
        reason: 'not in the contract; kept and ignored',
        line: 2,
        column: 2,
      },
      { path: '/key', value: '***', outcome: 'exact', to: 'spec.destination', line: 2, column: 15 },
      { path: '/method', value: 'put', outcome: 'defaulted', to: 'spec.destination.method' },
    ]);
  });

  it('refuses a second entry for a path and a drop without a reason', () => {
    const accounts = new AccountingCollector(parseJsonDocument('{"a":1,"b":2}'));
    accounts.field('/a', 'exact');
    expect(accounts.has('/a')).toBe(true);
    expect(() => accounts.field('/a', 'exact')).toThrow(/twice/);
    expect(() => accounts.field('/b', 'dropped')).toThrow(/without a reason/);
  });

  it('has exactly one entry for each leaf of any document', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.func(fc.boolean()), (value, claimed) => {
        const document = parseJsonDocument(JSON.stringify(value));
        const leaves = document.leafPointers();
        const accounts = new AccountingCollector(document);
        leaves.filter((path) => claimed(path)).forEach((path) => accounts.field(path, 'exact'));
        expect(accounts.finish(leaves).map((entry) => entry.path)).toEqual(leaves);
      }),
    );
  });
});

import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { sharedLookup, type SharedLookupOptions } from './shared-lookup.js';

/** A resolver that answers when it is told to; `fail.*` never exists. */
function slowResolver(): { lookup: LookupFunction; asked: string[]; answerAll: () => void } {
  const asked: string[] = [];
  const open: (() => void)[] = [];
  const lookup: LookupFunction = (hostname, _options, callback) => {
    asked.push(hostname);
    const number = asked.length;
    open.push(() => {
      if (hostname.startsWith('fail.')) callback(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), '');
      else callback(null, [{ address: `10.0.0.${number}`, family: 4 }]);
    });
  };
  return { lookup, asked, answerAll: () => open.splice(0).forEach((answer) => answer()) };
}

function shared(options: SharedLookupOptions = {}) {
  const resolver = slowResolver();
  const clock = { ms: 0 };
  const lookup = sharedLookup(resolver.lookup, { now: () => clock.ms, ...options });
  const answers: string[] = [];
  const ask = (hostname: string): void =>
    lookup(hostname, { all: true }, (error, addresses) => {
      answers.push(error === null ? JSON.stringify(addresses) : String(error.code));
    });
  return { ...resolver, clock, ask, answers, lookup };
}

describe('sharedLookup', () => {
  it('asks once for all who wait, and each gets the answer', () => {
    const { ask, asked, answers, answerAll } = shared();
    for (let count = 0; count < 100; count += 1) ask('a.example.net');
    ask('b.example.net');
    expect(asked).toEqual(['a.example.net', 'b.example.net']);
    answerAll();
    expect(answers).toHaveLength(101);
    expect(new Set(answers).size).toBe(2);
  });

  it('remembers answers and errors for a moment', () => {
    const { ask, asked, answers, answerAll, clock } = shared({ ttlMs: 1000 });
    for (const name of ['a.example.net', 'fail.example.net']) ask(name);
    answerAll();
    clock.ms = 999;
    for (const name of ['a.example.net', 'fail.example.net']) ask(name);
    expect([asked.length, answers]).toEqual([2, [answers[0], 'ENOTFOUND', answers[0], 'ENOTFOUND']]);
    clock.ms = 1000;
    ask('a.example.net');
    answerAll();
    expect([asked.length, answers[4] === answers[0]]).toEqual([3, false]);
  });

  it.each([true, false])('passes on what the system itself says of a name that is not there (all: %s)', async (all) => {
    const ask = sharedLookup(systemLookup);
    const codes = [1, 2].map(() => new Promise((resolve) => ask('recgate.invalid', { all }, (error) => resolve(error?.code))));
    for (const code of await Promise.all(codes)) expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(code);
  });

  it('forgets the oldest names when it has no room, never those that are awaited', () => {
    const { ask, asked, answers, answerAll } = shared({ maxNames: 2 });
    ask('a.example.net');
    answerAll();
    for (const name of ['b.example.net', 'c.example.net', 'd.example.net']) ask(name);
    answerAll();
    expect(answers).toHaveLength(4);
    ask('a.example.net');
    expect(asked).toHaveLength(5);
  });

  it('gives everyone a list of their own', () => {
    const { lookup, answerAll } = shared();
    const lists: unknown[] = [];
    lookup('a.example.net', { all: true }, (_error, addresses) => lists.push(addresses));
    answerAll();
    lookup('a.example.net', { all: true }, (_error, addresses) => lists.push(addresses));
    expect(lists[0]).toEqual(lists[1]);
    expect(lists[0]).not.toBe(lists[1]);
  });
});

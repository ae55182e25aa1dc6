import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject, StoredDocument } from '#libs/recording-model';
import { callflowOf, kazooCallStarts } from './kazoo.call-starts.js';
import { numberPattern } from './kazoo.number-pattern.js';

function stored(id: string, body: JsonObject): StoredDocument {
  const at = '2026-11-20T12:00:00.000Z';
  return {
    collection: 'kazoo.callflows',
    applicationId: 'app',
    id,
    version: 1,
    body,
    sealed: null,
    createdAt: at,
    updatedAt: at,
  };
}

const DOCUMENTS = [
  stored('pattern', { numbers: [], patterns: ['^2[0-9]{3}$'] }),
  stored('number', { numbers: ['+14155550100', '2000'], patterns: [] }),
  stored('late-pattern', { numbers: [], patterns: ['^2', '^9(\\d+)$'] }),
];

describe('the callflow of a call', () => {
  it.each([
    ['2000', 'number'],
    ['2000@acme.sip.example.com', 'number'],
    ['sip:2000@acme.sip.example.com', 'number'],
    ['+14155550100', 'number'],
    ['14155550100', 'number'],
    ['2001', 'pattern'],
    ['20011', 'late-pattern'],
    ['911', 'late-pattern'],
    ['1001', null],
  ])('to %s is %s', (to, id) => {
    const call = { callId: 'c', from: '1001', to, direction: 'inbound', vendor: {} } as const;
    const application = { applicationId: 'app', tenantId: 't', settings: {}, secrets: {} };
    const start = kazooCallStarts.choose(application, call, DOCUMENTS);
    expect(start === null ? null : start).toEqual(
      id === null ? null : { kind: 'document', role: 'saved', document: DOCUMENTS.find((each) => each.id === id) },
    );
  });

  it('is that of no_match when nothing else is meant', () => {
    const all = [stored('last', { numbers: ['no_match'], patterns: [] }), ...DOCUMENTS];
    expect([callflowOf('1001', all)?.id, callflowOf('2000', all)?.id]).toEqual(['last', 'number']);
  });
});

describe('patterns of numbers', () => {
  const PATTERNS = [
    '^\\*97([0-9]{0,})$',
    '^\\+?1?([2-9][0-9]{9})$',
    '^(?:2|3)[0-9]*$',
    '^(\\d{3}|\\d{5})$',
    '[^0-46-9]',
    '9.+1',
    '^(a|b+)*c?$',
    '^[*#]\\d{2,3}',
  ];

  it('match what regular expressions match', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789+*#abc'), maxLength: 14 });
    fc.assert(
      fc.property(fc.constantFrom(...PATTERNS), text, (pattern, number) => {
        expect(numberPattern(pattern)?.matches(number)).toBe(new RegExp(pattern).test(number));
      }),
    );
  });

  it.each([
    '(',
    ')',
    '[',
    '[]',
    'a)',
    '*',
    '+1',
    '(?=2)',
    '(a)\\1',
    '[z-a]',
    '2{3,1}',
    '2{999}',
    '((((2))))',
    '',
    'x'.repeat(200),
  ])('%j is none', (pattern) => {
    expect(numberPattern(pattern)).toBeNull();
  });

  it('capture what regular expressions capture', () => {
    const patterns = ['^1([0-9]{4})$', '^(\\d+)\\*(\\d*)$', '9(.*)$', '^(?:7|8)(\\d{2})(\\d?)', '([0-9]+)#?'];
    const text = fc.string({ unit: fc.constantFrom(...'01789*#'), maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(...patterns), fc.oneof(text, text.map((end) => `1${end}`)), (pattern, keys) => {
        expect(numberPattern(pattern)?.captures(keys)).toEqual(new RegExp(pattern).exec(keys)?.slice(1) ?? []);
      }),
    );
    expect(numberPattern('^1([0-9]{4})$')?.captures('12001')).toEqual(['2001']);
    expect(numberPattern('^(1)|(2)$')?.captures('2')).toEqual([]);
  });

  it('cannot be made to take long', () => {
    const number = '0'.repeat(64);
    for (const pattern of ['^(0+)+x$', '^(0|0)*x$', `^${'0*'.repeat(60)}x$`, '^(((0*)*)*)*x$'.replace('((((', '(((')]) {
      const compiled = numberPattern(pattern);
      if (compiled !== null) expect([compiled.matches(number), compiled.captures(number)]).toEqual([false, []]);
    }
  });
});

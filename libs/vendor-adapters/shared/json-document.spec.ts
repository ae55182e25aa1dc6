import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecgateError } from '#libs/recording-model';
import { parseJsonDocument } from './json-document.js';
import { childPointer, isJsonObject, member, pointerKeys } from './json-pointer.js';

function failure(text: string, limits = {}): RecgateError {
  try {
    parseJsonDocument(text, limits);
  } catch (error) {
    if (error instanceof RecgateError) return error;
    throw error;
  }
  throw new Error('the document was accepted');
}

/** Valid JSON whose numbers all fit a double. */
function isReadable(text: string): boolean {
  try {
    let finite = true;
    JSON.parse(text, (_key, value: unknown) => {
      if (value === Infinity || value === -Infinity) finite = false;
      return value;
    });
    return finite;
  } catch {
    return false;
  }
}

describe('parseJsonDocument', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(0, 2), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        expect(parseJsonDocument(spaced).value).toStrictEqual(JSON.parse(spaced));
      }),
    );
  });

  it('refuses what JSON.parse refuses and endless numbers, always with a position', () => {
    const nearlyJson = fc.oneof(
      fc.string(),
      fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, noise]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + noise + text.slice(cut + 1);
      }),
      fc.tuple(fc.json(), fc.nat()).map(([text, at]) => text.slice(0, at % text.length)),
    );
    fc.assert(
      fc.property(nearlyJson, (text) => {
        if (isReadable(text)) {
          parseJsonDocument(text);
        } else {
          const error = failure(text);
          expect(error.code).toBe('document.malformed');
          expect(error.position?.line).toBeGreaterThanOrEqual(1);
          expect(error.position?.column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('points at the member name, and at the value inside an array', () => {
    const text = '{\n  "a": {"b~/": 1},\r\n  "list": [\n    true, "x"]\n}';
    const document = parseJsonDocument(text);
    expect(document.positionOf('')).toEqual({ path: '', line: 1, column: 1 });
    expect(document.positionOf('/a/b~0~1')).toEqual({ path: '/a/b~0~1', line: 2, column: 9 });
    expect(document.positionOf('/list')).toEqual({ path: '/list', line: 3, column: 3 });
    expect(document.positionOf('/list/1')).toEqual({ path: '/list/1', line: 4, column: 11 });
    expect(document.at('/list/1')).toBe('x');
  });

  it('gives an absent pointer the place of what encloses it', () => {
    const document = parseJsonDocument('{"a":\n {"b": 1}}');
    expect(document.positionOf('/a/c/d')).toEqual({ path: '/a/c/d', line: 1, column: 2 });
    expect(document.has('/a/c')).toBe(false);
    expect(document.at('/a/c/d')).toBeUndefined();
    expect(document.at('/a/b/c')).toBeUndefined();
  });

  it('lists scalars and empty containers as leaves, in document order', () => {
    const document = parseJsonDocument('{"b":{"x":1,"y":[]},"a":[null,{"k":{}}]}');
    expect(document.leafPointers()).toEqual(['/b/x', '/b/y', '/a/0', '/a/1/k']);
    expect(document.leafPointers('/a')).toEqual(['/a/0', '/a/1/k']);
    expect(document.leafPointers('/none')).toEqual([]);
    expect(parseJsonDocument('7').leafPointers()).toEqual(['']);
  });

  it('resolves every leaf pointer of any document to its value and a line', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const document = parseJsonDocument(JSON.stringify(value, null, 1));
        for (const pointer of document.leafPointers()) {
          expect(document.has(pointer)).toBe(true);
          expect(document.at(pointer)).not.toBeUndefined();
          expect(document.positionOf(pointer).line).toBeGreaterThanOrEqual(1);
        }
      }),
    );
  });

  it('lets the last of two equal keys win, says so, and forgets the first', () => {
    const document = parseJsonDocument('{"a":{"x":1,"y":2},\n"a":{"x":3}}');
    expect(document.value).toEqual({ a: { x: 3 } });
    expect(document.leafPointers()).toEqual(['/a/x']);
    expect(document.has('/a/y')).toBe(false);
    expect(document.warnings).toEqual([
      { message: 'The key "a" is given twice; the last one counts', position: { path: '/a', line: 2, column: 1 } },
    ]);
  });

  it('reads a megabyte of repeated keys without looking at each key for each', () => {
    const keys = Array.from({ length: 40_000 }, (_each, index) => `"k${index}":{"a":1}`);
    const document = parseJsonDocument(`{${keys.join()},${'"x":1,'.repeat(40_000)}"y":2}`, { maxValues: 200_000 });
    expect(document.leafPointers()).toHaveLength(40_002);
    expect(document.warnings).toHaveLength(39_999);
  });

  it('keeps __proto__ and constructor as plain keys', () => {
    const document = parseJsonDocument('{"__proto__":{"polluted":1},"constructor":2}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(document.leafPointers()).toEqual(['/__proto__/polluted', '/constructor']);
    expect(isJsonObject(document.value) && member(document.value, 'toString')).toBeUndefined();
    expect(isJsonObject(document.value) && member(document.value, '__proto__')).toEqual({ polluted: 1 });
  });

  it('caps depth and size and refuses numbers beyond double', () => {
    expect(parseJsonDocument('['.repeat(64) + ']'.repeat(64)).has('/0')).toBe(true);
    expect(failure('['.repeat(65) + ']'.repeat(65)).code).toBe('document.too_deep');
    expect(failure('{"a":'.repeat(49000)).code).toBe('document.too_deep');
    expect(failure(`"${'é'.repeat(10)}"`, { maxBytes: 21 }).code).toBe('document.too_large');
    expect(failure('{"n":\n1e309}')).toMatchObject({
      code: 'document.malformed',
      position: { path: '/n', line: 2, column: 1 },
    });
  });

  it('reads long strings without recursion trouble', () => {
    const long = 'x'.repeat(900_000);
    expect(parseJsonDocument(JSON.stringify(long)).value).toBe(long);
  });

  it('refuses more values than any real document holds', () => {
    expect(parseJsonDocument(`[${Array(20_000).fill('1').join()}]`).leafPointers()).toHaveLength(20_000);
    expect(() => parseJsonDocument(`[${Array(20_001).fill('1').join()}]`)).toThrow(
      expect.objectContaining({
        code: 'document.too_large',
        position: expect.objectContaining({ path: '/20000', line: 1 }) as unknown,
      }),
    );
  });
});

describe('pointers', () => {
  it('escape and unescape any key', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (keys) => {
        const pointer = keys.reduce((path: string, key) => childPointer(path, key), '');
        expect(pointerKeys(pointer)).toEqual(keys);
      }),
    );
  });
});

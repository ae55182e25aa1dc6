import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fieldsOfXml, parseDocument, recordActions, refusalOf } from '#libs/testing';
import { parseXmlDocument, type XmlElement } from '../shared/index.js';
import { flexmlAdapter } from './index.js';

/** Text that XML 1.0 can carry. */
const xmlText = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter((text) => !/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text));

function escape(text: string): string {
  return text.replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function pathsOf(element: XmlElement): string[] {
  const own = element.text === null ? element.attributes : [...element.attributes, element.text];
  return [...own.map((field) => field.at.path), ...element.children.flatMap(pathsOf)];
}

describe('xml document', () => {
  it('keeps text and values whatever they hold', () => {
    fc.assert(
      fc.property(xmlText, xmlText, (value, text) => {
        const root = parseXmlDocument(`<Response a="${escape(value)}">${escape(text)}</Response>`);
        expect([root.attributes[0]?.value, root.text?.value ?? '']).toEqual([value, text.trim()]);
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  it('finds places across comments, CDATA, line ends and instructions', () => {
    const root = parseXmlDocument(
      '\uFEFF<?xml version="1.0"?>\r\n<Response>\r<!-- a > b -->\n <?go on?> <Say\n\tvoice = \'a="b"\'\r\n> <!-- x -->\n  <![CDATA[  hi]]> there</Say></Response>',
    );
    const [say] = root.children;
    expect(say?.at).toEqual({ path: '/Response/Say[1]', line: 4, column: 12 });
    expect(say?.attributes[0]).toEqual({
      name: 'voice',
      value: 'a="b"',
      at: { path: '/Response/Say[1]/@voice', line: 5, column: 2 },
    });
    expect(say?.text).toEqual({ value: 'hi there', at: { path: '/Response/Say[1]/text()', line: 7, column: 14 } });
  });

  it('lists the fields that stand in the document and no others', () => {
    const body = '<Response><Say a="1" b="2">x<Q/>y</Say> <Say/><say c="">z</say><Play> </Play></Response>';
    expect(pathsOf(parseXmlDocument(body)).sort()).toEqual(
      fieldsOfXml(body)
        .map((field) => field.path)
        .sort(),
    );
  });

  it('reads wide documents near the size limit', () => {
    const bodies = [
      `<Response>${'<a/>'.repeat(60_000)}</Response>`,
      `<Response>${'<!-- -->x'.repeat(25_000)}</Response>`,
      `<Response><Record ${Array.from({ length: 15_000 }, (_, index) => `a${index}="1"`).join(' ')}/></Response>`,
    ];
    for (const body of bodies) expect(parseDocument(flexmlAdapter, body).accounting.length).toBeGreaterThanOrEqual(0);
  });

  it('is not confused by names that every object has', () => {
    const body =
      '<Response><constructor toString="1"/><__proto__ a="b"/><Record __proto__="x" constructor="y"/></Response>';
    const parsed = parseDocument(flexmlAdapter, body);
    expect(parsed.steps.map((step) => step.kind)).toEqual(['skipped', 'skipped', 'record']);
    expect(parsed.accounting.filter((entry) => entry.outcome === 'unknown')).toHaveLength(4);
  });
});

/** Attribute name → a value the contract accepts. */
const VALID: Readonly<Record<string, fc.Arbitrary<string>>> = {
  maxLength: fc.integer({ min: 1, max: 100_000 }).map(String),
  timeout: fc.integer({ min: 1, max: 600 }).map(String),
  playBeep: fc.constantFrom('true', 'false', 'TRUE'),
  recordSession: fc.constantFrom('true', 'false'),
  finishOnKey: fc.string({ maxLength: 6 }),
  direction: fc.constantFrom('any', 'in', 'out', 'IN'),
  trim: fc.constantFrom('trim-silence', 'do-not-trim'),
  fileFormat: fc.constantFrom('wav', 'mp3', 'ul'),
  stringKey1: xmlText,
  integerKey1: fc.maxSafeInteger().map(String),
  lifecycleTtl: fc.integer({ min: -1, max: 1_000_000 }).map(String),
  action: fc.webPath().map((path) => `/p${path}`),
  callbackUrl: fc.webUrl({ withQueryParameters: true }),
  errorAction: fc.constantFrom('/e', 'e?x=1', '//other.example.com/e'),
  transcribe: fc.constantFrom('true', 'false'),
  awsBucketName: fc.constantFrom('calls', 'a/b', ''),
  awsSecretKey: fc.string({ minLength: 1, maxLength: 20 }),
  fileSid: xmlText,
  surprise: xmlText,
};

describe('Record with any mixture of attributes', () => {
  const attributes = fc
    .subarray(Object.keys(VALID))
    .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, VALID[name] ?? fc.constant('')]))));

  it('is read, accounted for field by field, with no number that JSON loses', () => {
    fc.assert(
      fc.property(attributes, fc.boolean(), (values, upper) => {
        const text = Object.entries(values).map(
          ([name, value]) => `${upper ? name.toUpperCase() : name}="${escape(value)}"`,
        );
        const body = `<Response>\n<Record ${text.join('\n  ')}/></Response>`;
        const parsed = parseDocument(flexmlAdapter, body);
        const [action] = recordActions(parsed.steps);
        expect(JSON.parse(JSON.stringify(action?.spec))).toEqual(action?.spec);
        const written = parsed.accounting.filter((entry) => entry.outcome !== 'defaulted').map((entry) => entry.path);
        expect(written.sort()).toEqual(
          fieldsOfXml(body)
            .map((field) => field.path)
            .sort(),
        );
      }),
      { numRuns: 300, seed: 12 },
    );
  });

  it('refuses any whole number outside the limits and anything that is none', () => {
    const absurd = fc.oneof(
      fc.integer({ max: 0 }).map(String),
      fc.bigInt({ min: 2_147_483_648n }).map(String),
      fc
        .double()
        .filter((value) => !Number.isInteger(value) || value < 1)
        .map(String),
      fc.constantFrom('0x10', '1e3', 'Infinity', '１２', '--1', '1 2'),
    );
    fc.assert(
      fc.property(absurd, fc.constantFrom('maxLength', 'timeout'), (value, name) => {
        expect(
          refusalOf(() => parseDocument(flexmlAdapter, `<Response><Record ${name}="${value}"/></Response>`)).code,
        ).toBe('field.invalid');
      }),
      { numRuns: 200, seed: 13 },
    );
  });
});

import { RecgateError, type JsonObject, type JsonValue } from '#libs/recording-model';

/** Longest filter, and most conditions in one. */
const MOST_TEXT = 2000;
const MOST_CONDITIONS = 32;
/** Characters that all the patterns of one filter may compare, over all items: a fraction of a second. */
const MOST_COMPARED = 20_000_000;

/** What is left of the comparisons of one list. */
interface Effort {
  left: number;
}

type Test = (value: JsonValue | undefined, operand: string, effort: Effort) => boolean;

const equals: Test = (value, operand) =>
  isNull(operand) ? value === null || value === undefined : sameAs(value, operand);

/** Every operator with what it compares (contract §4.5). A number is compared with the operand as a number. */
const OPERATORS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['eq', equals],
  ['ne', (value, operand, effort) => !equals(value, operand, effort)],
  ['lt', (value, operand) => order(value, operand, (sign) => sign < 0)],
  ['le', (value, operand) => order(value, operand, (sign) => sign <= 0)],
  ['gt', (value, operand) => order(value, operand, (sign) => sign > 0)],
  ['ge', (value, operand) => order(value, operand, (sign) => sign >= 0)],
  [
    'like',
    (value, operand, effort) =>
      typeof value === 'string' && matches(value.toLowerCase(), operand.toLowerCase(), effort),
  ],
]);

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['lte', 'le'],
  ['gte', 'ge'],
  ['=', 'eq'],
  ['==', 'eq'],
  ['!=', 'ne'],
  ['is', 'eq'],
]);

interface Condition {
  readonly path: readonly string[];
  readonly operator: string;
  readonly operands: readonly string[];
}

/**
 * Reads `field op value [and …]` (contract §4.5).
 * @returns tells whether an object passes; throws the same error when the patterns compare too much over all objects
 * @throws RecgateError `request.invalid` naming what cannot be read
 */
export function readFilter(text: string | null): (item: JsonObject) => boolean {
  if (text === null || text.trim() === '') return () => true;
  if (text.length > MOST_TEXT) throw unreadable(`it is longer than ${MOST_TEXT} characters`);
  const conditions = readConditions(tokensOf(text));
  const effort: Effort = { left: MOST_COMPARED };
  return (item) => conditions.every((condition) => passes(item, condition, effort));
}

function passes(item: JsonObject, { path, operator, operands }: Condition, effort: Effort): boolean {
  const value = valueAt(item, path);
  if (operator === 'in') return operands.some((operand) => equals(value, operand, effort));
  return OPERATORS.get(operator)?.(value, operands[0] ?? '', effort) === true;
}

interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** Words (`o'brien` is one), quoted texts, and the brackets and commas of lists. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([(),])|([^\s(),"'][^\s(),]*))/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, double, single, mark, plain] = match;
    const quoted = double ?? single;
    tokens.push(
      quoted === undefined
        ? { text: mark ?? plain ?? '', quoted: false }
        : { text: quoted.replace(/\\(.)/g, '$1'), quoted: true },
    );
    if (pattern.lastIndex >= text.trimEnd().length) return tokens;
  }
  throw unreadable('a quote is not closed');
}

function readConditions(tokens: readonly Token[]): Condition[] {
  const conditions: Condition[] = [];
  let at = 0;
  const next = (wanted: string): Token => {
    const token = tokens[at];
    if (token === undefined) throw unreadable(`${wanted} is missing`);
    at += 1;
    return token;
  };
  while (at < tokens.length) {
    if (conditions.length > 0 && next('"and"').text.toLowerCase() !== 'and')
      throw unreadable('conditions are joined by "and" alone');
    const field = next('a field').text;
    if (!/^[A-Za-z_][\w.]{0,127}$/.test(field)) throw unreadable(`"${field}" is no field`);
    const written = next('an operator').text.toLowerCase();
    const operator = ALIASES.get(written) ?? written;
    if (operator !== 'in' && !OPERATORS.has(operator)) throw unreadable(`"${written}" is no operator`);
    const operands = operator === 'in' ? readList(next) : [readOperand(next)];
    conditions.push({ path: field.split('.'), operator, operands });
    if (conditions.length > MOST_CONDITIONS) throw unreadable(`it has more than ${MOST_CONDITIONS} conditions`);
  }
  return conditions;
}

function readOperand(next: (wanted: string) => Token): string {
  const { text, quoted } = next('a value');
  if (!quoted && /^[(),]$/.test(text)) throw unreadable('a value is missing');
  return !quoted && text.toLowerCase() === 'null' ? NULL : text;
}

function readList(next: (wanted: string) => Token): string[] {
  if (next('a list in brackets').text !== '(') throw unreadable('"in" takes a list in brackets');
  const list: string[] = [];
  for (;;) {
    list.push(readOperand(next));
    const { text, quoted } = next('")"');
    if (!quoted && text === ')') return list;
    if (quoted || text !== ',') throw unreadable('the values of a list are parted by commas');
  }
}

/** The word `null` without quotes; no text of a filter can be this. */
const NULL = '\u0000null';

function isNull(operand: string): boolean {
  return operand === NULL;
}

/** The value of a field, or of one within it (`external_attributes.bucket`). */
export function valueAt(item: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = item;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
  }
  return value;
}

function sameAs(value: JsonValue | undefined, operand: string): boolean {
  if (typeof value === 'number') return operand.trim() !== '' && Number(operand) === value;
  if (typeof value === 'boolean') return operand.toLowerCase() === String(value);
  if (Array.isArray(value)) return value.some((inner: JsonValue) => sameAs(inner, operand));
  return value === operand;
}

function order(value: JsonValue | undefined, operand: string, holds: (sign: number) => boolean): boolean {
  if (isNull(operand)) return false;
  if (typeof value === 'number')
    return operand.trim() !== '' && !Number.isNaN(Number(operand)) && holds(Math.sign(value - Number(operand)));
  if (typeof value !== 'string') return false;
  return holds(value < operand ? -1 : Number(value > operand));
}

/** `%` stands for any text, `_` for one character. */
function matches(text: string, pattern: string, effort: Effort): boolean {
  let at = 0;
  let star = -1;
  let mark = 0;
  let p = 0;
  while (at < text.length) {
    effort.left -= 1;
    if (effort.left < 0) throw unreadable('its patterns would take too long');
    if (p < pattern.length && pattern[p] === '%') {
      star = p;
      p += 1;
      mark = at;
    } else if (p < pattern.length && (pattern[p] === '_' || pattern[p] === text[at])) {
      p += 1;
      at += 1;
    } else if (star !== -1) {
      p = star + 1;
      mark += 1;
      at = mark;
    } else {
      return false;
    }
  }
  return /^%*$/.test(pattern.slice(p));
}

function unreadable(why: string): RecgateError {
  return new RecgateError('request.invalid', `The filter cannot be read: ${why}`, { field: 'filter' });
}

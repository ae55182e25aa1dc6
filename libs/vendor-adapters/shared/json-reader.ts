import { RecgateError, type JsonValue, type SourcePosition } from '#libs/recording-model';
import { childPointer } from './json-pointer.js';

/** One part of a JSON text and where it begins. */
export interface JsonNode {
  readonly offset: number;
  readonly value: JsonValue;
}

/** What reading a JSON text yields: the value, and each of its parts by JSON pointer. */
export interface JsonReading {
  readonly value: JsonValue;
  readonly nodes: ReadonlyMap<string, JsonNode>;
  readonly warnings: readonly { readonly message: string; readonly pointer: string }[];
}

const WHITESPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** A strict recursive reader; the depth cap keeps the recursion harmless. */
export class JsonReader {
  private at = 0;
  private readonly nodes = new Map<string, JsonNode>();
  private readonly warnings: { message: string; pointer: string }[] = [];

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
    private readonly maxValues: number,
    private readonly positionAt: (offset: number, path: string) => SourcePosition,
  ) {}

  /** @throws RecgateError `document.malformed`, `document.too_deep` or `document.too_large` with the position. */
  read(): JsonReading {
    if (this.text.startsWith('\uFEFF')) this.at = 1;
    this.skipSpace();
    const offset = this.at;
    const value = this.value('', 0);
    this.nodes.set('', { offset, value });
    this.skipSpace();
    if (this.at < this.text.length) throw this.malformed('unexpected text after the end of the document', '');
    return { value, nodes: this.nodes, warnings: this.warnings };
  }

  private value(pointer: string, depth: number): JsonValue {
    if (this.nodes.size >= this.maxValues) {
      const position = this.positionAt(this.at, pointer);
      throw new RecgateError('document.too_large', `The document holds more than ${this.maxValues} values`, {
        position,
      });
    }
    switch (this.text[this.at]) {
      case undefined:
        throw this.malformed('the document ends too early', pointer);
      case '{':
        return this.object(pointer, depth + 1);
      case '[':
        return this.array(pointer, depth + 1);
      case '"':
        return this.string(pointer);
      default:
        return this.scalar(pointer);
    }
  }

  private object(pointer: string, depth: number): JsonValue {
    this.checkDepth(pointer, depth);
    const result: Record<string, JsonValue> = {};
    this.elements(pointer, '}', () => {
      const offset = this.at;
      if (this.text[this.at] !== '"') throw this.malformed('a member name in double quotes is expected', pointer);
      const key = this.string(pointer);
      const child = childPointer(pointer, key);
      const former = this.nodes.get(child);
      if (former !== undefined) {
        this.forget(child, former.value);
        this.warnings.push({ message: `The key "${key}" is given twice; the last one counts`, pointer: child });
      }
      this.skipSpace();
      this.expect(':', child);
      this.skipSpace();
      const value = this.value(child, depth);
      this.nodes.set(child, { offset, value });
      // Defined, not assigned: an assignment to `__proto__` would change the prototype.
      Object.defineProperty(result, key, { value, writable: true, enumerable: true, configurable: true });
    });
    return result;
  }

  private array(pointer: string, depth: number): JsonValue {
    this.checkDepth(pointer, depth);
    const result: JsonValue[] = [];
    this.elements(pointer, ']', () => {
      const child = childPointer(pointer, result.length);
      const offset = this.at;
      const value = this.value(child, depth);
      this.nodes.set(child, { offset, value });
      result.push(value);
    });
    return result;
  }

  /** The comma-separated inside of an object or array, from its opening to its closing bracket. */
  private elements(pointer: string, close: '}' | ']', element: () => void): void {
    this.at += 1;
    this.skipSpace();
    if (this.text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      element();
      this.skipSpace();
      if (this.text[this.at] === close) break;
      this.expect(',', pointer);
      this.skipSpace();
    }
    this.at += 1;
  }

  private string(pointer: string): string {
    const token = this.match(STRING);
    if (token === null)
      throw this.malformed('a string is not closed or holds a character that must be escaped', pointer);
    return JSON.parse(token) as string;
  }

  private scalar(pointer: string): JsonValue {
    const word = this.match(WORD);
    if (word !== null) return WORDS.get(word) ?? null;
    const start = this.at;
    const digits = this.match(NUMBER);
    if (digits === null) throw this.malformed('a value is expected', pointer);
    const number = Number(digits);
    if (!Number.isFinite(number)) {
      this.at = start;
      throw this.malformed('the number is out of range', pointer);
    }
    return number;
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const token = pattern.exec(this.text)?.[0] ?? null;
    if (token !== null) this.at += token.length;
    return token;
  }

  private skipSpace(): void {
    this.match(WHITESPACE);
  }

  private expect(character: string, pointer: string): void {
    if (this.text[this.at] !== character) throw this.malformed(`"${character}" is expected`, pointer);
    this.at += 1;
  }

  /** Takes a value and all its parts out of the index. */
  private forget(pointer: string, value: JsonValue): void {
    this.nodes.delete(pointer);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, part] of Object.entries(value)) this.forget(childPointer(pointer, key), part);
  }

  private checkDepth(pointer: string, depth: number): void {
    if (depth <= this.maxDepth) return;
    throw new RecgateError('document.too_deep', `The document is nested deeper than ${this.maxDepth} levels`, {
      position: this.positionAt(this.at, pointer),
    });
  }

  private malformed(what: string, pointer: string): RecgateError {
    const position = this.positionAt(this.at, pointer);
    return new RecgateError(
      'document.malformed',
      `Invalid JSON at line ${position.line}, column ${position.column}: ${what}`,
      {
        position,
      },
    );
  }
}

import { RecgateError, type JsonObject, type JsonValue, type SourcePosition } from '#libs/recording-model';
import { childPointer } from './json-pointer.js';
import { JsonReader, type JsonNode } from './json-reader.js';

export interface JsonLimits {
  /** Largest document, bytes of UTF-8. Default 1 MiB. */
  readonly maxBytes?: number;
  /** How many objects and arrays may stand inside one another. Default 64. */
  readonly maxDepth?: number;
  /** How many values it may hold. Each may become a line of the accounting and a warning. Default 20,000. */
  readonly maxValues?: number;
}

export interface JsonWarning {
  readonly message: string;
  readonly position: SourcePosition;
}

const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_VALUES = 20_000;

/** A JSON text that remembers where each value stood. Pointers are RFC 6901; the root is the empty pointer. */
export interface JsonDocument {
  /** Plain objects and arrays; a key such as `__proto__` is an ordinary own property. */
  readonly value: JsonValue;
  /** Tolerated oddities (a key given twice). */
  readonly warnings: readonly JsonWarning[];
  /** True when the document holds this pointer. */
  has(pointer: string): boolean;
  /** The value at the pointer, or undefined. */
  at(pointer: string): JsonValue | undefined;
  /**
   * Where the member's name (array elements: the value) begins. A pointer that is not in the document gets the line
   * and column of the nearest enclosing value, and keeps its own path.
   */
  positionOf(pointer: string): SourcePosition;
  /** Pointers of all fields at or below `under` in document order: scalars, empty objects and empty arrays. */
  leafPointers(under?: string): readonly string[];
}

/**
 * Reads a JSON text strictly (RFC 8259). A key given twice: the last one wins, with a warning.
 * @throws RecgateError `document.malformed` with line and column; `document.too_deep`; `document.too_large`.
 */
export function parseJsonDocument(text: string, limits: JsonLimits = {}): JsonDocument {
  const maxBytes = limits.maxBytes ?? MAX_BYTES;
  if (Buffer.byteLength(text) > maxBytes) {
    throw new RecgateError('document.too_large', `The document is larger than ${maxBytes} bytes`, {
      position: { path: '' },
    });
  }
  const lines = new LineIndex(text);
  const { maxDepth = MAX_DEPTH, maxValues = MAX_VALUES } = limits;
  const positionAt = (offset: number, path: string): SourcePosition => lines.position(offset, path);
  const read = new JsonReader(text, maxDepth, maxValues, positionAt).read();
  const positionOf = (pointer: string): SourcePosition => lines.position(nearestOffset(read.nodes, pointer), pointer);
  return {
    value: read.value,
    warnings: read.warnings.map(({ message, pointer }) => ({ message, position: positionOf(pointer) })),
    has: (pointer) => read.nodes.has(pointer),
    at: (pointer) => read.nodes.get(pointer)?.value,
    positionOf,
    leafPointers: (under = '') => {
      const start = read.nodes.get(under);
      return start === undefined ? [] : leaves(start.value, under);
    },
  };
}

function leaves(value: JsonValue, pointer: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [pointer];
  const below = Array.isArray(value)
    ? (value as readonly JsonValue[]).map((item, index) => leaves(item, childPointer(pointer, index)))
    : Object.entries(value as JsonObject).map(([key, item]) => leaves(item, childPointer(pointer, key)));
  return below.length === 0 ? [pointer] : below.flat();
}

function nearestOffset(nodes: ReadonlyMap<string, JsonNode>, pointer: string): number {
  for (let path = pointer; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    const node = nodes.get(path);
    if (node !== undefined) return node.offset;
    if (!path.startsWith('/')) break;
  }
  return nodes.get('')?.offset ?? 0;
}

/** Turns offsets into lines and columns (UTF-16 units), both from 1. */
class LineIndex {
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (const found of text.matchAll(/\r\n|\n|\r/g)) this.starts.push(found.index + found[0].length);
  }

  position(offset: number, path: string): SourcePosition {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { path, line: low + 1, column: offset - (this.starts[low] ?? 0) + 1 };
  }
}

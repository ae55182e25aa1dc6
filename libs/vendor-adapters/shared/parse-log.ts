import type { AccountingEntry, JsonValue, ParsedDocument, SourcePosition } from '#libs/recording-model';
import { AccountingCollector, type AccountedSource } from './accounting-collector.js';
import type { XmlElement, XmlText } from './xml-document.js';

/** A field's value as the accounting may show it: without credentials. */
export type ShownValue = (field: { readonly name?: string; readonly value: string }) => string;

/** Gathers, while an XML document is read, what became of each field and what the application should be warned of. */
export class ParseLog {
  private readonly fields: ReadonlyMap<string, XmlText>;
  private readonly collector: AccountingCollector;
  private readonly noted: ParsedDocument['warnings'][number][] = [];

  constructor(
    root: XmlElement,
    readonly shown: ShownValue,
  ) {
    this.fields = new Map(fieldsOf(root).map((field) => [field.at.path, field]));
    this.collector = new AccountingCollector(this.source());
  }

  account(at: SourcePosition, entry: Omit<AccountingEntry, 'path' | 'line' | 'column'>): void {
    this.collector.add({ ...at, ...entry });
  }

  /** A default that the vendor applies; the path says where the field would stand. A blank field keeps its own entry. */
  applyDefault(path: string, value: JsonValue, to: string): void {
    if (!this.collector.has(path)) this.collector.defaulted(path, value, { to });
  }

  warn(message: string, position: SourcePosition): void {
    this.noted.push({ message, position });
  }

  isAccounted(path: string): boolean {
    return this.collector.has(path);
  }

  /** Every field of the document in its order, then the defaults. */
  finish(): Pick<ParsedDocument, 'accounting' | 'warnings'> {
    return { accounting: this.collector.finish([...this.fields.keys()]), warnings: this.noted };
  }

  private source(): AccountedSource {
    return {
      positionOf: (path) => this.fields.get(path)?.at ?? { path },
      at: (path) => this.shown(this.fields.get(path) ?? { value: '' }),
    };
  }
}

/** A text in which no URL holds userinfo. */
export function withoutUserinfo(text: string): string {
  return text.replace(/\/\/[^/?#\s]*@/g, '//');
}

/** Attributes and texts of an element and all below it, in document order. */
function fieldsOf(element: XmlElement): XmlText[] {
  const own = element.text === null ? element.attributes : [...element.attributes, element.text];
  return [...own, ...element.children.flatMap(fieldsOf)];
}

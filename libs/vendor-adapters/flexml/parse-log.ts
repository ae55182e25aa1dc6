import type { AccountingEntry, JsonValue, ParsedDocument, SourcePosition } from '#libs/recording-model';
import { AccountingCollector, type AccountedSource } from '../shared/index.js';
import { shownValue } from './redaction.js';
import type { XmlElement, XmlText } from './xml-document.js';

/** Gathers, while a document is read, what became of each field and what the application should be warned of. */
export class ParseLog {
  private readonly fields: ReadonlyMap<string, XmlText>;
  private readonly collector: AccountingCollector;
  private readonly noted: ParsedDocument['warnings'][number][] = [];

  constructor(root: XmlElement) {
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
      at: (path) => shownValue(this.fields.get(path) ?? { value: '' }),
    };
  }
}

/** Attributes and texts of an element and all below it, in document order. */
function fieldsOf(element: XmlElement): XmlText[] {
  const own = element.text === null ? element.attributes : [...element.attributes, element.text];
  return [...own, ...element.children.flatMap(fieldsOf)];
}

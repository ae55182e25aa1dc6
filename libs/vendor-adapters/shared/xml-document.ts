import { SaxesParser } from 'saxes';
import { RecgateError, type SourcePosition } from '#libs/recording-model';

/** Largest document read, bytes of UTF-8. */
export const MAX_DOCUMENT_BYTES = 256 * 1024;
/** Deepest element read; the root is at depth 1. */
export const MAX_DEPTH = 32;
/** Errors told at once; the rest of a broken document adds nothing. */
const MAX_ERRORS_TOLD = 5;

export interface XmlAttribute {
  /** As written. */
  readonly name: string;
  readonly value: string;
  readonly at: SourcePosition;
}

export interface XmlElement {
  /** As written. */
  readonly name: string;
  readonly at: SourcePosition;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** All character data directly inside, trimmed; null when it is blank. */
  readonly text: XmlText | null;
}

export interface XmlText {
  readonly value: string;
  readonly at: SourcePosition;
}

/**
 * Reads an XML document into elements that know their place (`/Response/Record[1]/@maxLength`, line, column).
 * @throws RecgateError `document.malformed` (every well-formedness error, with line and column),
 * `document.forbidden` (DOCTYPE), `document.too_deep` (depth 32), `document.too_large` (256 KiB).
 */
export function parseXmlDocument(source: string): XmlElement {
  if (Buffer.byteLength(source) > MAX_DOCUMENT_BYTES) {
    throw new RecgateError('document.too_large', `The document is larger than ${MAX_DOCUMENT_BYTES} bytes`, {
      position: { path: '', line: 1, column: 1 },
    });
  }
  return new TreeBuilder(source).build();
}

interface OpenElement {
  readonly name: string;
  readonly at: SourcePosition;
  readonly attributes: XmlAttribute[];
  readonly children: XmlElement[];
  readonly seen: Map<string, number>;
  text: string;
  textAt: SourcePosition | null;
}

class TreeBuilder {
  private readonly parser = new SaxesParser({ position: true });
  private readonly lineStarts: readonly number[];
  private readonly open: OpenElement[] = [];
  private readonly errors: { message: string; line: number; column: number }[] = [];
  private root: XmlElement | null = null;
  /** Offset behind the last markup: where following character data begins. */
  private markupEnd = 0;

  constructor(private readonly source: string) {
    this.lineStarts = [0, ...[...source.matchAll(/\r\n|\r|\n/g)].map((match) => match.index + match[0].length)];
  }

  build(): XmlElement {
    this.listen();
    this.parser.write(this.source).close();
    if (this.errors.length > 0) this.failMalformed();
    if (this.root === null)
      throw new RecgateError('document.malformed', 'The document has no root element', {
        position: { path: '', line: 1, column: 1 },
      });
    return this.root;
  }

  private listen(): void {
    const { parser } = this;
    parser.on('error', (error) => this.noteError(error.message));
    parser.on('doctype', () => this.refuse('document.forbidden', 'A DOCTYPE is not accepted', '<!DOCTYPE'));
    parser.on('opentagstart', (tag) => this.openElement(tag.name));
    parser.on('attribute', (attribute) => this.addAttribute(attribute.name, attribute.value));
    parser.on('opentag', () => this.endMarkup());
    parser.on('closetag', () => this.closeElement());
    parser.on('comment', () => this.endMarkup());
    parser.on('processinginstruction', () => this.endMarkup());
    parser.on('text', (text) => this.addText(text, this.markupEnd));
    parser.on('cdata', (text) => {
      this.addText(text, this.source.lastIndexOf('<![CDATA[', parser.position) + '<![CDATA['.length);
      this.endMarkup();
    });
  }

  private openElement(name: string): void {
    if (this.open.length >= MAX_DEPTH)
      this.refuse('document.too_deep', `Elements are nested more than ${MAX_DEPTH} deep`, '<');
    const parent = this.open.at(-1);
    const number = (parent?.seen.get(name) ?? 0) + 1;
    parent?.seen.set(name, number);
    const path = parent === undefined ? `/${name}` : `${parent.at.path}/${name}[${number}]`;
    const at = this.positionAt(path, this.source.lastIndexOf('<', this.parser.position - 1));
    this.open.push({ name, at, attributes: [], children: [], seen: new Map(), text: '', textAt: null });
  }

  /** The parser stands behind the closing quote; the name is found by walking back over value and `=`. */
  private addAttribute(name: string, value: string): void {
    const element = this.open.at(-1);
    if (element === undefined) return;
    const closingQuote = this.parser.position - 1;
    const openingQuote = this.source.lastIndexOf(this.source.charAt(closingQuote), closingQuote - 1);
    const start = this.source.lastIndexOf(name, openingQuote - 1);
    element.attributes.push({ name, value, at: this.positionAt(`${element.at.path}/@${name}`, start) });
  }

  private addText(text: string, from: number): void {
    const element = this.open.at(-1);
    if (element === undefined) return;
    element.text += text;
    if (element.textAt !== null || text.trim() === '') return;
    const blank = this.source.slice(from).search(/\S/);
    element.textAt = this.positionAt(`${element.at.path}/text()`, from + Math.max(0, blank));
  }

  private closeElement(): void {
    this.endMarkup();
    const { name, at, attributes, children, text, textAt } = this.open.pop() ?? {};
    if (name === undefined || at === undefined || attributes === undefined || children === undefined) return;
    const element: XmlElement = {
      name,
      at,
      attributes,
      children,
      text: textAt ? { value: (text ?? '').trim(), at: textAt } : null,
    };
    const parent = this.open.at(-1);
    if (parent === undefined) this.root ??= element;
    else parent.children.push(element);
  }

  /** Some parser events fire on the `>` that ends the markup, some just before it. */
  private endMarkup(): void {
    const { position } = this.parser;
    this.markupEnd = this.source.charAt(position - 1) === '>' ? position : this.source.indexOf('>', position) + 1;
  }

  private noteError(message: string): void {
    const { line, column } = this.parser;
    this.errors.push({ message: message.replace(/^\d+:\d+: /, ''), line, column: Math.max(1, column) });
    if (this.errors.length >= MAX_ERRORS_TOLD) this.failMalformed();
  }

  private failMalformed(): never {
    const [first] = this.errors;
    const told = this.errors.map((error) => `${error.line}:${error.column} ${error.message}`).join(' · ');
    throw new RecgateError('document.malformed', `The XML is not well-formed: ${told}`, {
      position: { path: this.open.at(-1)?.at.path ?? '', line: first?.line ?? 1, column: first?.column ?? 1 },
    });
  }

  private refuse(code: 'document.forbidden' | 'document.too_deep', message: string, markup: string): never {
    if (this.errors.length > 0) this.failMalformed();
    const position = this.positionAt(
      this.open.at(-1)?.at.path ?? '',
      this.source.lastIndexOf(markup, this.parser.position - 1),
    );
    throw new RecgateError(code, message, { position });
  }

  private positionAt(path: string, offset: number): SourcePosition {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { path, line: low + 1, column: Math.max(0, offset - (this.lineStarts[low] ?? 0)) + 1 };
  }
}

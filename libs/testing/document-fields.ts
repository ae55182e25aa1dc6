import { SaxesParser } from 'saxes';

/** A field that stands in a vendor document, found without the help of the adapter under test. */
export interface DocumentField {
  /** XML: `/Response/Record[1]/@maxLength`, `/Response/Say[1]/text()`. JSON: a JSON pointer. */
  readonly path: string;
  /** XML only: what must stand at the position the adapter reports. */
  readonly startsWith?: string;
}

/** Lists the fields of a document that is XML when it begins with `<`, and JSON otherwise. */
export function fieldsOfDocument(text: string): DocumentField[] {
  return /^\uFEFF?\s*</.test(text) ? fieldsOfXml(text) : fieldsOfJson(text);
}

/**
 * The fields of an XML document: every attribute of every element, and every element text that is not blank.
 * Elements are counted among siblings of the same name, as XPath does; the root has no number.
 */
export function fieldsOfXml(text: string): DocumentField[] {
  const fields: DocumentField[] = [];
  const open: { path: string; text: string; seen: Map<string, number> }[] = [];
  const parser = new SaxesParser({});
  parser.on('opentag', (tag) => {
    const parent = open.at(-1);
    const number = (parent?.seen.get(tag.name) ?? 0) + 1;
    parent?.seen.set(tag.name, number);
    const path = parent === undefined ? `/${tag.name}` : `${parent.path}/${tag.name}[${number}]`;
    open.push({ path, text: '', seen: new Map() });
    for (const name of Object.keys(tag.attributes)) fields.push({ path: `${path}/@${name}`, startsWith: name });
  });
  const addText = (chunk: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += chunk;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const element = open.pop();
    if (element !== undefined && element.text.trim() !== '') fields.push({ path: `${element.path}/text()` });
  });
  parser.write(text).close();
  return fields;
}

/** The leaves of a JSON document as JSON pointers; an empty object or array is a leaf. */
export function fieldsOfJson(text: string): DocumentField[] {
  const fields: DocumentField[] = [];
  const walk = (value: unknown, path: string): void => {
    const children = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    if (children.length === 0) fields.push({ path });
    for (const [key, child] of children) walk(child, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  };
  walk(JSON.parse(text), '');
  return fields;
}

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's own directory. */
export const PROJECT_ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @param path relative to the project */
export function readProjectFile(path: string): string {
  return readFileSync(join(PROJECT_ROOT, path), 'utf8');
}

/** A Markdown table; bars and line breaks in cells are made harmless. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(toCell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text as code; a backtick inside needs a longer fence. */
export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/**
 * The part of a document between `<!-- name: begin -->` and `<!-- name: end -->`.
 * @throws Error when a marker is missing
 */
export function markedPart(document: string, name: string): string {
  return splitAtMarkers(document, name).inside;
}

/** The document with the part between the markers replaced. @throws Error when a marker is missing */
export function withMarkedPart(document: string, name: string, part: string): string {
  const { before, after } = splitAtMarkers(document, name);
  return `${before}${part}${after}`;
}

function splitAtMarkers(document: string, name: string): { before: string; inside: string; after: string } {
  const begin = `<!-- ${name}: begin -->\n`;
  const end = `\n<!-- ${name}: end -->`;
  const from = document.indexOf(begin) + begin.length;
  const to = document.indexOf(end, from - 1);
  if (from < begin.length || to < 0) throw new Error(`The markers "${name}: begin" and "${name}: end" are missing`);
  return { before: document.slice(0, from), inside: document.slice(from, to), after: document.slice(to) };
}

function toCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();
}

import type { VendorName } from '#libs/recording-model';

export interface DemoEvent {
  readonly name: string;
  /** From the end of the recording to the arrival, ms; null when it never came. */
  readonly delayMs: number | null;
}

/** What came of one vendor's call. */
export interface DemoLine {
  readonly vendor: VendorName;
  readonly document: string;
  readonly format: string;
  readonly state: string;
  readonly durationMs: number | null;
  readonly sha256: string | null;
  readonly location: string | null;
  readonly events: readonly DemoEvent[];
  /** Everything that was promised and did not happen. */
  readonly faults: readonly string[];
}

/** The table for people. */
export function formatTable(lines: readonly DemoLine[]): string {
  const rows = lines.map((line) => [
    line.vendor,
    line.document,
    line.format,
    line.durationMs === null ? '-' : `${(line.durationMs / 1000).toFixed(2)} s`,
    line.sha256 === null ? '-' : line.sha256.slice(0, 12),
    line.state,
  ]);
  const heads = ['vendor', 'document', 'format', 'length', 'sha256', 'state'];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)));
  const format = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd();
  const body = lines.flatMap((line, index) => [
    format(rows[index] ?? []),
    `    file    ${line.location ?? 'none'}`,
    ...line.events.map(({ name, delayMs }) => `    event   ${name}: ${delayMs === null ? 'NEVER CAME' : describeDelay(delayMs)}`),
    ...line.faults.map((fault) => `    FAULT   ${fault}`),
  ]);
  return [format(heads), ...body].join('\n');
}

function describeDelay(delayMs: number): string {
  return delayMs < 0 ? `${-delayMs} ms before the recording ended` : `${delayMs} ms after the recording ended`;
}

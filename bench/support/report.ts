import { writeFileSync } from 'node:fs';
import { commandLine, describeMachine, loadAverage, type MachineFacts } from './machine.js';

/** A row of results: plain values, keys in the order of the columns. */
export type ResultRow = Readonly<Record<string, string | number | boolean | null>>;

/** What `--json FILE` writes. */
export interface BenchReport {
  readonly bench: string;
  readonly measures: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly machine: MachineFacts;
  readonly loadAverageStart: number;
  readonly loadAverageEnd: number;
  readonly command: string;
  readonly results: readonly ResultRow[];
}

const DECIMALS = 2;
/** Of the first column, which names what was measured. */
const NAME_WIDTH = 40;

/** Prints what is measured, on what, and the results as they come; writes them to a file where one is named. */
export class Report {
  private readonly machine = describeMachine();
  private readonly startedAt = new Date();
  private readonly loadStart = loadAverage();
  private readonly results: ResultRow[] = [];
  private columns: readonly (readonly [name: string, width: number])[] = [];

  /**
   * @param measures one sentence for a reader: what the figures are
   * @param jsonFile from `--json`; undefined: only the table
   */
  constructor(
    private readonly bench: string,
    private readonly measures: string,
    private readonly jsonFile: string | undefined,
  ) {
    const { cores, cpu, arch, memoryGiB, kernel, node } = this.machine;
    console.log(`${bench}: ${measures}`);
    console.log(`machine: ${cores} × ${cpu} (${arch}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, load average ${this.loadStart}`);
    console.log(`command: ${commandLine()}`);
  }

  /** Adds a row; rows with other columns than the one before begin a new table. */
  row(result: ResultRow): void {
    this.results.push(result);
    const names = Object.keys(result);
    if (names.join() !== this.columns.map(([name]) => name).join()) {
      this.columns = names.map((name, index) => [name, index === 0 ? NAME_WIDTH : Math.max(name.length, shown(result[name] ?? null).length)]);
      console.log(this.columns.map(([name, width], index) => aligned(name, width, index)).join('  '));
    }
    console.log(this.columns.map(([name, width], index) => aligned(shown(result[name] ?? null), width, index)).join('  '));
  }

  /** The last line, and the file. */
  end(): void {
    const loadEnd = loadAverage();
    console.log(`load average at the end ${loadEnd} on ${this.machine.cores} cores`);
    if (this.jsonFile === undefined) return;
    const report: BenchReport = {
      bench: this.bench,
      measures: this.measures,
      startedAt: this.startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      machine: this.machine,
      loadAverageStart: this.loadStart,
      loadAverageEnd: loadEnd,
      command: commandLine(),
      results: this.results,
    };
    writeFileSync(this.jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  }
}

function aligned(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

function shown(value: string | number | boolean | null): string {
  if (typeof value !== 'number') return String(value ?? '-');
  return Number.isInteger(value) ? String(value) : value.toFixed(DECIMALS);
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import type { VendorName } from '#libs/recording-model';
import { runSimulateCommand } from '../run-simulate-command.js';
import type { RawOptions } from '../simulate-options.js';

/** A line of the output; what it holds depends on its type. */
export interface OutputLine {
  readonly type: string;
  readonly recording?: number | null;
  readonly mediaTime?: number;
  readonly event?: string;
  readonly purpose?: string;
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  readonly bodyFile?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly fields?: readonly { readonly path: string; readonly outcome: string }[];
  readonly state?: string;
  readonly reason?: string;
  readonly file?: string;
  readonly durationMs?: number;
  readonly samples?: number;
  readonly sampleRate?: number;
  readonly channels?: number;
  readonly sha256?: string;
  readonly stored?: boolean;
  readonly code?: string;
  readonly status?: number;
  readonly message?: string;
  readonly field?: string;
  readonly position?: { readonly path: string; readonly line?: number; readonly column?: number };
  readonly path?: string;
}

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly lines: readonly OutputLine[];
  readonly out: string;
  of(type: string): readonly OutputLine[];
  /** `purpose url` of the requests. */
  readonly requests: readonly string[];
}

/** A directory that is gone after the tests of the file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'recgate-simulate-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Runs the command on documents given as text, in one directory. */
export class SimulateRunner {
  private count = 0;

  constructor(readonly directory: string) {}

  /** Writes a file and returns its path. */
  file(name: string, text: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    return path;
  }

  async run(vendor: VendorName, document: string, options: Partial<RawOptions> = {}): Promise<Run> {
    const number = ++this.count;
    const out = options.out ?? join(this.directory, `out-${number}`);
    const path = this.file(`document-${number}`, document);
    const stdout = collector();
    const stderr = collector();
    const exitCode = await runSimulateCommand({ vendor, document: path, ...options, out }, stdout, stderr);
    const lines = stdout.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as OutputLine);
    return {
      exitCode,
      stdout: stdout.text,
      stderr: stderr.text,
      lines,
      out,
      of: (type) => lines.filter((line) => line.type === type),
      requests: lines.filter(({ type }) => type === 'request').map(({ purpose, url }) => `${purpose} ${url}`),
    };
  }
}

function collector() {
  return {
    text: '',
    write(text: string) {
      this.text += text;
    },
  };
}

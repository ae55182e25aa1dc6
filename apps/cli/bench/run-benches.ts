import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SUFFIX = '.bench.js';
const EXIT_USAGE = 2;

export interface BenchOptions {
  readonly list?: boolean;
  /** File for all reports. */
  readonly json?: string;
}

/** Runs built benches one after the other, each in a process of its own; answers the exit code. */
export async function runBenches(names: readonly string[], { list, json }: BenchOptions): Promise<number> {
  const directory = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'bench');
  const known = knownBenches(directory);
  if (list === true) {
    for (const name of known) console.log(name);
    return 0;
  }
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`recgate: there is no bench ${unknown.join(', ')}; there are ${known.join(', ')}\n`);
    return EXIT_USAGE;
  }
  const reports: unknown[] = [];
  const work = mkdtempSync(join(tmpdir(), 'recgate-bench-'));
  let failed = 0;
  try {
    for (const name of names.length > 0 ? names : known) {
      const report = join(work, `${name}.json`);
      const code = await runBench(join(directory, `${name}${SUFFIX}`), report);
      if (code !== 0) {
        process.stderr.write(`recgate: the bench ${name} ended with code ${code}\n`);
        failed += 1;
      }
      if (existsSync(report)) reports.push(JSON.parse(readFileSync(report, 'utf8')));
      console.log('');
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(reports, null, 2)}\n`);
  return failed === 0 ? 0 : 1;
}

function knownBenches(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory).filter((file) => file.endsWith(SUFFIX));
  return files.map((file) => file.slice(0, -SUFFIX.length)).sort();
}

function runBench(program: string, report: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', program, '--json', report], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

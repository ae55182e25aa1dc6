// Every check of the project, in the order in which a mistake is cheapest to find. Called by `./recgate test`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const only = process.argv.slice(2);
const bin = (...parts) => join(root, 'node_modules', ...parts);
const scratch = mkdtempSync(join(tmpdir(), 'recgate-checks-'));
/** Tests that send audio in real time or kill processes. */
const REAL_TIME = '/test/(journeys|faults)/|/libs/capture/live/';
const reports = [];

function jest(name, args) {
  const report = join(scratch, `${name}.json`);
  reports.push(report);
  const common = ['--experimental-vm-modules', bin('jest', 'bin', 'jest.js'), '--json', '--outputFile', report, '--passWithNoTests'];
  return { name, args: [...common, ...args, ...only], quiet: true };
}

const CHECKS = [
  { name: 'types', args: [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json', '--noEmit', '--incremental', 'false'] },
  { name: 'lint', args: [bin('eslint', 'bin', 'eslint.js'), '.'] },
  { name: 'layers', args: [bin('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'examples', 'bench', 'test'] },
  { name: 'build', args: [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'] },
  // What runs in real time goes after the rest and one file at a time: a busy machine is no part of what it proves.
  jest('tests', ['--testPathIgnorePatterns', REAL_TIME, '--maxWorkers', '2']),
  jest('journeys and faults', ['--testPathPatterns', REAL_TIME, '--maxWorkers', '1']),
];

/** Failures of these do not make the checks after them pointless. */
const GOES_ON = new Set(['lint', 'layers', 'tests']);

let failed = false;
for (const check of CHECKS) {
  const started = Date.now();
  process.stdout.write(`recgate test: ${check.name} …\n`);
  const done = spawnSync(process.execPath, check.args, {
    cwd: root,
    stdio: ['ignore', check.quiet === true ? 'ignore' : 'inherit', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', FORCE_COLOR: '0' },
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(`recgate test: ${check.name} ${done.status === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`);
  if (done.status !== 0) {
    failed = true;
    if (!GOES_ON.has(check.name)) break;
  }
}
reportTests();
rmSync(scratch, { recursive: true, force: true });
process.exit(failed ? 1 : 0);

/** One line for all test runs together; nothing run, or anything skipped, is a failure. */
function reportTests() {
  let passed = 0;
  let broken = 0;
  for (const file of reports) {
    try {
      const report = JSON.parse(readFileSync(file, 'utf8'));
      passed += report.numPassedTests;
      broken += report.numFailedTests + report.numRuntimeErrorTestSuites + report.numPendingTests;
    } catch {
      broken += 1;
    }
  }
  process.stdout.write(`${passed} passed, ${broken} failed\n`);
  if (passed === 0 || broken > 0) failed = true;
}

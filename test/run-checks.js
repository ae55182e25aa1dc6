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
const jestReport = join(scratch, 'jest.json');

const CHECKS = [
  { name: 'types', args: [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json', '--noEmit', '--incremental', 'false'] },
  { name: 'lint', args: [bin('eslint', 'bin', 'eslint.js'), '.'] },
  { name: 'layers', args: [bin('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'examples', 'bench', 'test'] },
  { name: 'build', args: [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'] },
  {
    name: 'tests',
    args: ['--experimental-vm-modules', bin('jest', 'bin', 'jest.js'), '--json', '--outputFile', jestReport, ...only],
  },
];

let failed = false;
for (const check of CHECKS) {
  const started = Date.now();
  process.stdout.write(`recgate test: ${check.name} …\n`);
  const done = spawnSync(process.execPath, check.args, {
    cwd: root,
    stdio: ['ignore', check.name === 'tests' ? 'ignore' : 'inherit', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', FORCE_COLOR: '0' },
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(`recgate test: ${check.name} ${done.status === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`);
  if (done.status !== 0) {
    failed = true;
    if (check.name !== 'lint') break;
  }
}
reportTests();
rmSync(scratch, { recursive: true, force: true });
process.exit(failed ? 1 : 0);

function reportTests() {
  let report;
  try {
    report = JSON.parse(readFileSync(jestReport, 'utf8'));
  } catch {
    process.stdout.write('0 passed, 1 failed\n');
    failed = true;
    return;
  }
  process.stdout.write(`${report.numPassedTests} passed, ${report.numFailedTests + report.numRuntimeErrorTestSuites} failed\n`);
  if (report.numPassedTests === 0 || report.numPendingTests > 0) failed = true;
}

// Every check of the project, in the order in which a mistake is cheapest to find. Called by `./recgate test`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { madeVoid, watchStandstills } from './standstills.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const only = process.argv.slice(2);
const bin = (...parts) => join(root, 'node_modules', ...parts);
const scratch = mkdtempSync(join(tmpdir(), 'recgate-checks-'));
/** Tests that send audio in real time or kill processes. */
const REAL_TIME = '/test/(journeys|faults)/|/libs/capture/live/';
/** So often is repeated what a standstill of the machine made void. */
const MOST_REPEATS = 2;
const standstills = watchStandstills();
/** What became of each test file, by its name; a repetition takes the place of what it repeats. */
const results = new Map();

function jest(name, args, more = {}) {
  const report = join(scratch, `${name}.json`);
  const common = ['--experimental-vm-modules', bin('jest', 'bin', 'jest.js'), '--json', '--outputFile', report, '--passWithNoTests'];
  return { name, report, args: [...common, ...args], ...more };
}

const CHECKS = [
  { name: 'types', args: [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json', '--noEmit', '--incremental', 'false'] },
  { name: 'lint', args: [bin('eslint', 'bin', 'eslint.js'), '.'] },
  { name: 'layers', args: [bin('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', 'apps', 'libs', 'examples', 'bench', 'test'] },
  { name: 'build', args: [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'] },
  // What runs in real time goes after the rest and one file at a time: a busy machine is no part of what it proves.
  jest('tests', ['--testPathIgnorePatterns', REAL_TIME, '--maxWorkers', '2', ...only]),
  jest('journeys and faults', ['--testPathIgnorePatterns', `^(?!.*(${REAL_TIME}))`, '--maxWorkers', '1', ...only], { inRealTime: true }),
];

/** Failures of these do not make the checks after them pointless. */
const GOES_ON = new Set(['lint', 'layers', 'tests']);

let failed = false;
for (const check of CHECKS) {
  if (passes(check) || (check.inRealTime === true && passesRepeated(check.report))) continue;
  failed = true;
  if (!GOES_ON.has(check.name)) break;
}
reportTests();
rmSync(scratch, { recursive: true, force: true });
process.exit(failed ? 1 : 0);

function passes({ name, args, report }) {
  const started = Date.now();
  process.stdout.write(`recgate test: ${name} …\n`);
  const done = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', report === undefined ? 'inherit' : 'ignore', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', FORCE_COLOR: '0' },
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(`recgate test: ${name} ${done.status === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`);
  if (report !== undefined) note(report, done.status !== 0);
  return done.status === 0;
}

/** Checks again what a standstill of the machine made void; any other failure stands. */
function passesRepeated(report, repeat = 1) {
  const files = repeat > MOST_REPEATS ? [] : madeVoid(filesOf(report), standstills);
  if (files.length === 0) return false;
  for (const { name, pauses } of files) {
    const times = pauses.map(({ at, ms }) => `${Math.round(ms)} ms at ${new Date(at).toISOString()}`);
    process.stdout.write(`recgate test: the machine stood still during ${relative(root, name)}: ${times.join(', ')}; it is checked again\n`);
  }
  const again = jest(`again ${repeat}`, ['--runTestsByPath', ...files.map(({ name }) => name), '--maxWorkers', '1']);
  return passes(again) || passesRepeated(again.report, repeat + 1);
}

/** Keeps what became of the files of a run; one that failed before it could say anything counts as one failure. */
function note(report, failed) {
  const files = filesOf(report);
  if (failed && files.length === 0) results.set(report, { status: 'failed', assertionResults: [] });
  for (const file of files) results.set(file.name, file);
}

/** Test files of a run; none when it did not come to a report. */
function filesOf(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    return [];
  }
}

/** One line for all test runs together; nothing run, or anything skipped, is a failure. */
function reportTests() {
  const files = [...results.values()];
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  // A file may fail outside its tests: while it is loaded, set up or tidied up.
  const outside = files.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.every((each) => each.status === 'passed'));
  const broken = tests.length - passed + outside.length;
  process.stdout.write(`${passed} passed, ${broken} failed\n`);
  if (passed === 0 || broken > 0) failed = true;
}

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { spreadOf } from './support/percentiles.js';
import { Report } from './support/report.js';
import { writeTalkWav } from './support/talk.js';

/*
 * `recgate simulate` on long audio: wall time of the whole command, process start, encoding and hashing included, and its
 * CPU. Only built code can be measured.
 * usage: node dist/bench/simulate.bench.js [--minutes 180] [--runs 3] [--json FILE]
 */

interface Case {
  readonly name: string;
  readonly vendor: string;
  readonly document: string;
}

interface Run {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakRssMb: number;
  readonly durationMs: number;
}

const CLI = fileURLToPath(new URL('../apps/cli/main.js', import.meta.url));
/** Makes the command write a last line on standard error: the CPU time and memory it took. */
const MEASURED = `
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    process.stderr.write('\\n' + JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakRssMb: maxRSS / 1024 }));
  });
`;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '180' }, runs: { type: 'string', default: '3' }, json: { type: 'string' } },
});
const seconds = Number(values.minutes) * 60;
const runs = Number(values.runs);

const kazoo = (format: string) => JSON.stringify({ module: 'record_call', data: { action: 'start', format, time_limit: 10_800, url: 'https://store.example.com/files' } });
const CASES: readonly Case[] = [
  { name: 'flexml WAV 8 kHz mono', vendor: 'flexml', document: '<Response><Record maxLength="10800" timeout="600" finishOnKey="none" trim="do-not-trim"/></Response>' },
  { name: 'kazoo WAV 16 kHz stereo', vendor: 'kazoo', document: kazoo('wav') },
  { name: 'kazoo MP3 16 kHz stereo', vendor: 'kazoo', document: kazoo('mp3') },
];

const report = new Report('simulate', `one vendor document against ${values.minutes} minutes of two-party 8 kHz audio; wall and CPU ms of the whole command`, values.json);
const directory = mkdtempSync(join(tmpdir(), 'recgate-bench-'));
try {
  const audio = join(directory, 'talk.wav');
  writeTalkWav(audio, seconds);
  for (const each of CASES) await measure(each, audio);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
report.end();

async function measure({ name, vendor, document }: Case, audio: string): Promise<void> {
  const file = join(directory, 'document');
  writeFileSync(file, document);
  const all: Run[] = [];
  for (let run = 0; run < runs; run++) all.push(await simulate(vendor, file, audio));
  const wall = spreadOf(all.map(({ wallMs }) => wallMs));
  report.row({
    document: name,
    runs,
    'recorded s': (all[0]?.durationMs ?? 0) / 1000,
    'wall p50': wall.p50,
    'wall least': wall.least,
    'CPU p50': spreadOf(all.map(({ cpuMs }) => cpuMs)).p50,
    '× real time': Math.round((seconds * 1000) / wall.p50),
    'RSS MB': Math.round(Math.max(...all.map(({ peakRssMb }) => peakRssMb))),
  });
}

async function simulate(vendor: string, document: string, audio: string): Promise<Run> {
  const out = join(directory, 'out');
  const words = ['simulate', '--vendor', vendor, '--document', document, '--audio', audio, '--hangup-at', String(seconds), '--out', out];
  const from = performance.now();
  const { output, errors } = await runToEnd(['--import', `data:text/javascript,${encodeURIComponent(MEASURED)}`, CLI, ...words]);
  const wallMs = performance.now() - from;
  rmSync(out, { recursive: true, force: true });
  const result = output.split('\n').find((line) => line.includes('"type":"result"'));
  if (result === undefined) throw new Error(`The simulation gave no result: ${output.slice(0, 500)} ${errors}`);
  const used = JSON.parse(errors.trim().split('\n').at(-1) ?? '{}') as Pick<Run, 'cpuMs' | 'peakRssMb'>;
  return { wallMs, ...used, durationMs: (JSON.parse(result) as { durationMs: number }).durationMs };
}

function runToEnd(words: readonly string[]): Promise<{ output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve({ output, errors }) : reject(new Error(`simulate ended with code ${code}: ${errors}`))));
  });
}

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RecordingRecord } from '#libs/recording-model';
import { spreadOf } from './support/percentiles.js';
import { Report } from './support/report.js';
import { writeTalkWav } from './support/talk.js';
import { benchSpec, openWorkbench, WAV, type BegunRecording, type Workbench } from './support/workbench.js';

/*
 * What the orchestration costs a recording: accept → captured → encoded → stored → told, with 100 ms of audio, so that
 * the media work is next to nothing. First one recording after the other (latency), then many at once (recordings/s).
 * usage: node dist/bench/orchestration.bench.js [--runs 300] [--recordings 2000] [--at-once 64] [--json FILE]
 */

const AUDIO_MS = 100;
const WARM_UP = 30;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '300' },
    recordings: { type: 'string', default: '2000' },
    'at-once': { type: 'string', default: '64' },
    json: { type: 'string' },
  },
});

/** Milliseconds from the stage before. */
interface Stages {
  readonly accepted: number;
  readonly captured: number;
  readonly encoded: number;
  readonly stored: number;
  readonly told: number;
  /** From the end of the capture to the callback received, all stages behind the call. */
  readonly endToTold: number;
  readonly total: number;
}

const measures = `accept → captured → encoded → stored → told of ${AUDIO_MS} ms WAV; private Redis with AOF always, all workers, media store and callback receiver in one process; ms`;
const report = new Report('orchestration', measures, values.json);
const bench = await openWorkbench((config) => {
  config.worker.encodeThreads = 2;
});
const audio = join(bench.directory, 'audio.wav');
writeTalkWav(audio, AUDIO_MS / 1000);
try {
  for (let run = 0; run < WARM_UP; run++) await one(bench);
  await measureLatency(Number(values.runs));
  await measureThroughput(Number(values.recordings), Number(values['at-once']));
} finally {
  await bench.close();
}
report.end();

async function measureLatency(runs: number): Promise<void> {
  const all: Stages[] = [];
  for (let run = 0; run < runs; run++) all.push(await one(bench));
  for (const stage of ['accepted', 'captured', 'encoded', 'stored', 'told', 'endToTold', 'total'] as const) {
    report.row({ stage, runs, ...spreadOf(all.map((stages) => stages[stage])) });
  }
}

async function measureThroughput(recordings: number, atOnce: number): Promise<void> {
  let begun = 0;
  const totals: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  const lane = async () => {
    while (begun++ < recordings) totals.push((await one(bench)).total);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  report.row({
    recordings,
    atOnce,
    seconds,
    'recordings/s': recordings / seconds,
    'CPU ms each': (user + system) / 1000 / recordings,
    p50: spreadOf(totals).p50,
    p99: spreadOf(totals).p99,
  });
}

async function one(on: Workbench): Promise<Stages> {
  const from = performance.now();
  const wallFrom = Date.now();
  const recording = await on.begin(benchSpec(WAV, 1), audio);
  const accepted = performance.now() - from;
  const end = await captureAll(recording);
  const told = await recording.told;
  const record = await recording.record();
  await recording.release();
  const at = (state: RecordingRecord['state']) => Date.parse(record.history.find((entry) => entry.state === state)?.at ?? '') - wallFrom;
  // The ledger notes whole milliseconds: single stages are rounded, the totals are not.
  return {
    accepted,
    captured: at('captured') - accepted,
    encoded: at('storing') - at('captured'),
    stored: at('available') - at('storing'),
    told: told - from - at('available'),
    endToTold: told - end,
    total: told - from,
  };
}

async function captureAll({ media }: BegunRecording): Promise<number> {
  await media.advanceTo(AUDIO_MS);
  const end = performance.now();
  media.hangup('caller');
  return end;
}

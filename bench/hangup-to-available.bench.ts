import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { RecordingRecord, RecordingSpec } from '#libs/recording-model';
import { spreadOf } from './support/percentiles.js';
import { Report } from './support/report.js';
import { writeTalkWav } from './support/talk.js';
import { benchSpec, MP3, openWorkbench, WAV } from './support/workbench.js';

/*
 * From hang-up to the callback that says "available", received by the customer, the file being downloadable. The audio
 * is fed through the capture faster than it was spoken (`--speed` × real time), its last second as fast as it was.
 * usage: node dist/bench/hangup-to-available.bench.js [--runs 10] [--speed 100] [--minutes 10] [--follow 100] [--json FILE]
 * `--follow 0` shows the same without encoding while the recording goes on.
 */

interface Case {
  readonly name: string;
  readonly seconds: number;
  readonly spec: RecordingSpec;
}

const LAST_MS = 1000;
const STEP_MS = 100;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    speed: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '10' },
    follow: { type: 'string', default: '100' },
    json: { type: 'string' },
  },
});
const runs = Number(values.runs);
const speed = Number(values.speed);
const minutes = Number(values.minutes);

const CASES: readonly Case[] = [
  { name: `${minutes} min MP3 8 kHz stereo`, seconds: minutes * 60, spec: benchSpec(MP3, 2) },
  { name: `${minutes} min MP3 8 kHz stereo, trimmed`, seconds: minutes * 60, spec: benchSpec(MP3, 2, { trim: 'both' }) },
  { name: '1 min WAV 8 kHz mono', seconds: 60, spec: benchSpec(WAV, 1) },
];

const measures = `from hang-up to the available callback received, fed at ${speed} × real time; private Redis with AOF always, workers, media store and receiver in one process; ms`;
const report = new Report('hangup-to-available', measures, values.json);
const bench = await openWorkbench((config) => {
  config.media.followedRecordings = Number(values.follow);
});
try {
  for (const each of CASES) await measure(each);
} finally {
  await bench.close();
}
report.end();

async function measure({ name, seconds, spec }: Case): Promise<void> {
  const audio = join(bench.directory, 'audio.wav');
  writeTalkWav(audio, seconds);
  const figures: Figures[] = [];
  await hangUp(spec, audio, Math.min(seconds, 20));
  for (let run = 0; run < runs; run++) figures.push(await hangUp(spec, audio, seconds));
  const total = spreadOf(figures.map((each) => each.total));
  const median = (pick: (figure: Figures) => number) => spreadOf(figures.map(pick)).p50;
  report.row({
    recording: name,
    runs,
    ...total,
    'captured p50': median((each) => each.captured),
    'encoded p50': median((each) => each.encoded),
    'stored p50': median((each) => each.stored),
    'told p50': median((each) => each.told),
  });
  rmSync(audio);
}

/** Milliseconds: the whole, and its parts each from the one before. */
interface Figures {
  readonly total: number;
  readonly captured: number;
  readonly encoded: number;
  readonly stored: number;
  readonly told: number;
}

async function hangUp(spec: RecordingSpec, audio: string, seconds: number): Promise<Figures> {
  const recording = await bench.begin(spec, audio);
  const { media } = recording;
  await feed(media, seconds * 1000);
  const from = performance.now();
  const wallFrom = Date.now();
  media.hangup('caller');
  const told = await recording.told;
  const record = await recording.record();
  await recording.release();
  const at = (state: RecordingRecord['state']) => Date.parse(record.history.find((entry) => entry.state === state)?.at ?? '') - wallFrom;
  return {
    total: told - from,
    captured: at('captured'),
    encoded: at('storing') - at('captured'),
    stored: at('available') - at('storing'),
    told: told - from - at('available'),
  };
}

async function feed(media: { advanceTo(ms: number): Promise<void> }, lengthMs: number): Promise<void> {
  const begun = performance.now();
  for (let at = 0; at < lengthMs - LAST_MS; ) {
    at = Math.min(lengthMs - LAST_MS, at + STEP_MS * speed);
    await media.advanceTo(at);
    await sleep(Math.max(0, begun + at / speed - performance.now()));
  }
  for (let at = lengthMs - LAST_MS; at < lengthMs; ) {
    at = Math.min(lengthMs, at + STEP_MS);
    await media.advanceTo(at);
    await sleep(STEP_MS);
  }
}

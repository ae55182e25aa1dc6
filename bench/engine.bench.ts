import { parseArgs } from 'node:util';
import { RecordingEngine, type EngineResult } from '#libs/recording-engine';
import { PLAIN_RECORDING, type RecordingSpec } from '#libs/recording-model';
import { Report } from './support/report.js';

/**
 * CPU time of the recording engine over a 3-hour two-party call at 8 kHz, in blocks of 20 ms, as a live call brings
 * them. Run with `node dist/bench/engine.bench.js` after a build.
 */
const RATE = 8000;
const HOURS = 3;
const BLOCK = 160;

const plain: RecordingSpec = { ...PLAIN_RECORDING, vendor: 'kazoo', channels: 2 };

const CASES: readonly { readonly name: string; readonly spec: RecordingSpec }[] = [
  { name: 'stereo, no stop rules', spec: plain },
  {
    name: 'stereo, silence rule and trim',
    spec: { ...plain, silence: { initialMs: 5000, finalMs: 600_000, level: 'auto' }, trim: 'both' },
  },
  { name: 'mono mix, no stop rules', spec: { ...plain, channels: 1 } },
  { name: 'mono caller, no stop rules', spec: { ...plain, channels: 1, parties: 'caller' } },
  { name: 'stereo, in-band stop keys too', spec: { ...plain, stopKeys: '#' } },
];

/** One minute of turn-taking speech-like sound over faint noise. */
function minuteOfTalk(offset: number): Int16Array {
  let state = 17 + offset;
  return Int16Array.from({ length: 60 * RATE }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const noise = (state >> 8) / 0x40000;
    const talking = Math.floor(i / RATE / 3) % 2 === offset && i % 4000 < 3300;
    const phase = (2 * Math.PI * 170 * i) / RATE;
    return Math.round(noise + (talking ? 3000 * (Math.sin(phase) + Math.sin(4 * phase) + Math.sin(7 * phase)) : 0));
  });
}

function measure(spec: RecordingSpec, caller: Int16Array, callee: Int16Array): { cpuMs: number; samples: number } {
  const callerBlocks = blocksOf(caller);
  const calleeBlocks = blocksOf(callee);
  let ended: EngineResult | null = null;
  let appended = 0;
  const engine = new RecordingEngine(
    { spec, callAnswered: true, callBridged: true },
    { append: (_channels, from, to) => void (appended += to - from) },
    {
      armed: () => undefined,
      beepWanted: () => undefined,
      capturing: () => undefined,
      paused: () => undefined,
      resumed: () => undefined,
      ended: (result) => void (ended = result),
      absent: (reason) => console.error(`absent: ${reason}`),
    },
  );
  const before = process.cpuUsage();
  for (let minute = 0; minute < HOURS * 60; minute++) {
    for (let block = 0; block < callerBlocks.length; block++) {
      engine.process(callerBlocks[block] ?? caller, calleeBlocks[block] ?? callee, BLOCK);
    }
  }
  engine.hangup('caller');
  const { user, system } = process.cpuUsage(before);
  if (ended === null || appended !== HOURS * 3600 * RATE)
    console.error(`recorded ${appended} samples, not the whole call`);
  return { cpuMs: (user + system) / 1000, samples: appended };
}

function blocksOf(samples: Int16Array): Int16Array[] {
  return Array.from({ length: samples.length / BLOCK }, (_, i) => samples.subarray(i * BLOCK, (i + 1) * BLOCK));
}

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const report = new Report('engine', `${HOURS} h of two legs at ${RATE} Hz in blocks of ${BLOCK} samples, one thread`, values.json);
const caller = minuteOfTalk(0);
const callee = minuteOfTalk(1);
for (const { name, spec } of CASES) {
  const { cpuMs, samples } = measure(spec, caller, callee);
  const perCallSecond = (cpuMs * 1000) / (samples / RATE);
  report.row({ recording: name, 'CPU ms': Math.round(cpuMs), 'µs a call-second': perCallSecond });
}
report.end();

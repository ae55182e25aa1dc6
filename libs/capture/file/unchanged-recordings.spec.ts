import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { writeDtmf } from '#libs/media';
import type { RecordingControl, RecordingSpec } from '#libs/recording-model';
import { createSpool } from '../spool/spool.js';
import { OwnerLog, record, type RunningRecording } from '../testing/recorded-call.js';
import { testSpec } from '../testing/specs.js';
import { inTemporaryDirectory } from '../testing/temporary-directory.js';
import { writeWav } from '../testing/wav-writing.js';
import { createFileCallMedia, type FileCallMedia } from './file-call-media.js';
import { WavFile } from './wav-file.js';

/*
 * Fingerprints of recordings of generated calls: every sample, every result, every event with its place. A change that
 * only makes capture cheaper leaves each as it is; a change of behaviour has to say so here.
 */
const SECONDS = 20;

/** Something done to the call at a place, ms. */
type Act = readonly [atMs: number, act: (call: FileCallMedia, control: RecordingControl) => void];

interface Case {
  readonly spec: Partial<RecordingSpec>;
  readonly acts?: readonly Act[];
  readonly sampleRate?: number;
  /** Key presses in the audio: party, key, place in seconds. */
  readonly presses?: readonly (readonly [0 | 1, string, number])[];
  readonly fingerprint: string;
}

const made = new Map<string, Int16Array>();

/** Turn-taking words over faint noise; silence in the first second and in the last three. */
function talk(party: number, sampleRate: number): Int16Array {
  const known = made.get(`${party} ${sampleRate}`);
  if (known !== undefined) return known.slice();
  const { sin, imul, round, PI } = Math;
  let state = 17 + party;
  const voice = new Int16Array(SECONDS * sampleRate);
  for (let i = 0; i < voice.length; i++) {
    state = (imul(state, 1664525) + 1013904223) | 0;
    const second = i / sampleRate;
    const turn = Math.floor(second / 2.5) % 2 === party;
    const talking = turn && second > 1 && second < SECONDS - 3 && (second * 2.3) % 1 < 0.8;
    const phase = 2 * PI * (140 + 40 * party) * second;
    const word = talking ? 2500 * (sin(phase) + sin(4 * phase) + sin(7 * phase)) : 0;
    voice[i] = round((state >> 8) / 0x40000 + word);
  }
  made.set(`${party} ${sampleRate}`, voice);
  return voice.slice();
}

const silence = { initialMs: 5000, finalMs: 2000, level: 'auto' } as const;

const CASES: Readonly<Record<string, Case>> = {
  'stereo, both parties': { spec: {}, fingerprint: 'a281ee2f20b5291b' },
  'mono mix': { spec: { channels: 1 }, fingerprint: '88915453e9be2933' },
  'mono, one party': { spec: { channels: 1, parties: 'callee' }, fingerprint: 'dba7a6d39a4f974d' },
  'in-band stop key': { spec: { stopKeys: '#' }, presses: [[0, '5', 4.01], [1, '#', 9.337]], fingerprint: '278f7f9859d83242' },
  'in-band keys without a stop': { spec: {}, presses: [[0, '5', 4.01], [1, '#', 9.337]], fingerprint: '2d97ce8b87ebf89f' },
  'signalled stop key': { spec: { stopKeys: '#' }, acts: [[6001, (call) => call.key('#', 'caller')]], fingerprint: 'c5bf3bd3f8d93e1b' },
  'first sound is the stop key': { spec: { stopKeys: '*', trim: 'both' }, presses: [[0, '*', 0.5]], fingerprint: '6c14f73ff54f2311' },
  'silence after speech': { spec: { silence }, fingerprint: 'd6818d95c2fa9fcb' },
  'silence before speech': { spec: { silence: { ...silence, initialMs: 700 } }, fingerprint: '0da32f3f0b1e00b3' },
  'trimmed at both ends': { spec: { trim: 'both' }, fingerprint: '5a2d2e2092577717' },
  'trimmed at the beginning, beep': { spec: { trim: 'leading', beep: true }, fingerprint: '458fbd7d7151ea55' },
  'from the first sound': { spec: { start: 'onFirstSound', parties: 'caller', channels: 1 }, fingerprint: 'fbc456e7357a57fc' },
  'from the answer': { spec: { start: 'onAnswer', maxDurationMs: 7777 }, acts: [[2222, (call) => call.answered()]], fingerprint: '86528c51b74c3888' },
  'longest size': { spec: { maxBytes: 100_001, channels: 1 }, fingerprint: '9bf90c9b259633a9' },
  'paused and masked': {
    spec: { trim: 'both', silence },
    acts: [
      [3010, (_, control) => control.pause()],
      [4444, (_, control) => control.resume()],
      [5005, (_, control) => control.mask()],
      [7007, (_, control) => control.unmask()],
      [8888, (call) => call.transferred('callee')],
    ],
    fingerprint: 'd85e0682a52bfe7a',
  },
  'at twice the rate': { spec: { sampleRate: 16000, trim: 'both' }, fingerprint: '0bd3de0294c17028' },
  'from 44.1 kHz': { spec: { stopKeys: '9' }, sampleRate: 44100, presses: [[1, '9', 11.5]], fingerprint: '4da27724925a1d7c' },
};

async function fingerprintOf({ spec, acts = [], sampleRate = 8000, presses = [] }: Case, stepMs: number): Promise<string> {
  const hash = createHash('sha256');
  await inTemporaryDirectory(async (directory) => {
    const channels = [talk(0, sampleRate), talk(1, sampleRate)];
    for (const [party, key, at] of presses) {
      const from = Math.round(at * sampleRate);
      writeDtmf(channels[party] ?? new Int16Array(0), from, from + Math.round(0.15 * sampleRate), key, sampleRate, 5000);
    }
    const caller = WavFile.open(await writeWav(join(directory, 'call.wav'), channels, sampleRate));
    const spool = createSpool({ directory: join(directory, 'spool'), durable: false });
    const owner = new OwnerLog();
    const call = createFileCallMedia({ callRef: 'c', startTime: new Date('2026-03-01T10:00:00Z'), spool, listener: owner, caller });
    await call.advanceTo(40);
    const recording = record(call, spool, 'r', testSpec(spec));
    let over = false;
    void recording.outcome.then(() => (over = true));
    const after = await runTo(call, recording, acts, stepMs, () => over);
    const outcome = await recording.outcome;
    hash.update(JSON.stringify([recording.told, owner.keys, after, outcome.kind === 'finished' ? outcome.result : outcome]));
    if (outcome.kind === 'finished') for (const channel of outcome.audio) hash.update(new Uint8Array(channel.buffer, channel.byteOffset, channel.byteLength));
    await call.close();
    caller.close();
  });
  return hash.digest('hex').slice(0, 16);
}

/** Advances the call through the acts to its end; gives the place of media time when the recording had come to its own end. */
async function runTo(call: FileCallMedia, { control }: RunningRecording, acts: readonly Act[], stepMs: number, over: () => boolean): Promise<number> {
  const places: Act[] = [...acts, [SECONDS * 1000, () => undefined]];
  for (const [place, act] of places) {
    while (call.mediaTimeMs < place && !over()) await call.advanceTo(Math.min(place, call.mediaTimeMs + stepMs), over);
    if (over()) return call.mediaTimeMs;
    act(call, control);
  }
  call.hangup('callee');
  return call.mediaTimeMs;
}

describe('recordings of generated calls', () => {
  it.each(Object.entries(CASES))('stay as they are: %s', async (_, it) => {
    expect(await fingerprintOf(it, 1_000_000)).toBe(it.fingerprint);
  });

  it.each(Object.entries(CASES))('do not depend on how media time is advanced: %s', async (_, it) => {
    expect(await fingerprintOf(it, 340)).toBe(it.fingerprint);
  });
});

import { PLAIN_RECORDING, type FinishReason, type Party, type RecordingSpec } from '#libs/recording-model';
import { RecordingEngine } from '../index.js';
import type { EngineResult } from '../index.js';

export const RATE = 8000;

/** A spec that asks for nothing special: both parties, stereo, from now on, until told otherwise. */
export function plainSpec(changes: Partial<RecordingSpec> = {}): RecordingSpec {
  const destination = { kind: 'none', reason: 'test' } as const;
  return { ...PLAIN_RECORDING, vendor: 'flexml', mode: 'blocking', channels: 2, destination, ...changes };
}

/** Something that happens to the call at a sample. */
export interface Happening {
  readonly at: number;
  readonly act: (engine: RecordingEngine) => void;
}

export interface EngineRun {
  /** Everything the listener was told, in order, with positions. */
  readonly log: readonly string[];
  readonly channels: readonly Int16Array[];
  readonly result: EngineResult | null;
  readonly absent: FinishReason | null;
}

export interface CallAudio {
  readonly caller: Int16Array;
  readonly callee: Int16Array;
}

/** Feeds a call to an engine in blocks of the given sizes (repeated), with the happenings at their exact samples. */
export function runEngine(
  spec: RecordingSpec,
  audio: CallAudio,
  happenings: readonly Happening[] = [],
  blocks: readonly number[] = [160],
  call = { callAnswered: true, callBridged: true },
): EngineRun {
  const total = audio.caller.length;
  const recorded: Int16Array[] = Array.from({ length: spec.channels }, () => new Int16Array(total));
  let length = 0;
  const log: string[] = [];
  let result: EngineResult | null = null;
  let absent: FinishReason | null = null;
  const sink = {
    append: (channels: readonly Int16Array[], from: number, to: number): void => {
      channels.forEach((channel, c) => recorded[c]?.set(channel.subarray(from, to), length));
      length += to - from;
    },
  };
  const engine = new RecordingEngine({ spec, ...call }, sink, {
    armed: (at) => log.push(`armed ${at}`),
    beepWanted: (beep, at) => log.push(`beep ${beep.frequencyHz} ${beep.durationMs} ${at}`),
    capturing: (at) => log.push(`capturing ${at}`),
    paused: (at) => log.push(`paused ${at}`),
    resumed: (at) => log.push(`resumed ${at}`),
    ended: (ended) => {
      result = ended;
      log.push(`ended ${JSON.stringify(ended)}`);
    },
    absent: (reason, at) => {
      absent = reason;
      log.push(`absent ${reason} ${at}`);
    },
  });
  const due = [...happenings].sort((a, b) => a.at - b.at);
  let position = 0;
  for (let block = 0; position < total || due.length > 0; block++) {
    while (due[0] !== undefined && due[0].at <= position) due.shift()?.act(engine);
    const until = Math.min(total, due[0]?.at ?? total, position + Math.max(1, blocks[block % blocks.length] ?? 160));
    if (until <= position) break;
    engine.process(audio.caller.subarray(position, until), audio.callee.subarray(position, until), until - position);
    position = until;
  }
  return { log, channels: recorded.map((channel) => channel.slice(0, length)), result, absent };
}

/** Two legs of silence, `seconds` long. */
export function silentCall(seconds: number): { caller: Int16Array; callee: Int16Array } {
  return { caller: new Int16Array(seconds * RATE), callee: new Int16Array(seconds * RATE) };
}

/** Fills `[fromS..toS)` with something that passes for speech: a swelling tone with overtones at a peak of about 9000. */
export function speak(leg: Int16Array, fromS: number, toS: number, pitchHz = 180): void {
  const from = Math.round(fromS * RATE);
  const to = Math.round(toS * RATE);
  for (let i = from; i < to; i++) {
    const t = (i - from) / RATE;
    const swell = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * t);
    const phase = 2 * Math.PI * pitchHz * t;
    leg[i] = Math.round(3000 * swell * (Math.sin(2 * phase) + Math.sin(3 * phase + 1) + 0.8 * Math.sin(5 * phase + 2)));
  }
}

/** Adds line noise of the given peak from a small generator, the same for the same seed. */
export function addNoise(leg: Int16Array, peak: number, seed: number): void {
  let state = seed;
  for (let i = 0; i < leg.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    leg[i] = (leg[i] ?? 0) + Math.round(((state >> 8) / 0x800000) * peak);
  }
}

export const PARTY_LIST: readonly Party[] = ['caller', 'callee'];

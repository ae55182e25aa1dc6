import type {
  CallMedia,
  CallMediaListener,
  CaptureListener,
  CaptureResult,
  Party,
  RecgateError,
  RecordingControl,
  RecordingSpec,
} from '#libs/recording-model';
import type { Spool } from '../spool/spool.js';
import { readAll } from './counted-audio.js';

/** How a recording under test came out. */
export type Outcome =
  | { readonly kind: 'finished'; readonly result: CaptureResult; readonly audio: readonly Int16Array[] }
  | { readonly kind: 'absent'; readonly reason: string; readonly atMs: number; readonly media: CaptureResult['media'] }
  | { readonly kind: 'failed'; readonly error: RecgateError };

export interface RunningRecording {
  readonly control: RecordingControl;
  /** What the listener was told, in order. */
  readonly told: string[];
  readonly outcome: Promise<Outcome>;
}

/** Starts a recording and gathers what becomes of it. */
export function record(call: CallMedia, spool: Spool, recordingId: string, spec: RecordingSpec): RunningRecording {
  const told: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  // Not every test waits for it; then the directory may be gone before it is read.
  promise.catch(() => undefined);
  const listener: CaptureListener = {
    capturing: () => told.push('capturing'),
    paused: () => told.push('paused'),
    resumed: () => told.push('resumed'),
    finished: (result) => {
      told.push('finished');
      spool
        .open(recordingId, result)
        .then(readAll)
        .then((audio) => resolve({ kind: 'finished', result, audio }), reject);
    },
    absent: (reason, atMs, _key, media = []) => {
      told.push('absent');
      resolve({ kind: 'absent', reason, atMs, media });
    },
    failed: (error) => {
      told.push('failed');
      resolve({ kind: 'failed', error });
    },
  };
  const control = call.startRecording({ recordingId, spec, callAnswered: true, callBridged: true }, listener);
  return { control, told, outcome: promise };
}

/** The outcome when it must be a recording. */
export async function finished(recording: RunningRecording): Promise<Extract<Outcome, { kind: 'finished' }>> {
  const outcome = await recording.outcome;
  if (outcome.kind !== 'finished') throw new Error(`The recording did not finish: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Notes what the owner of a call is told. */
export class OwnerLog implements CallMediaListener {
  readonly keys: { readonly key: string; readonly party: Party; readonly atMs: number }[] = [];
  readonly advances: number[] = [];
  timeouts = 0;

  keyPressed(key: string, party: Party, atMs: number): void {
    this.keys.push({ key, party, atMs });
  }

  advanced(mediaTimeMs: number): void {
    this.advances.push(mediaTimeMs);
  }

  mediaTimedOut(): void {
    this.timeouts++;
  }
}

/** So often a message goes to and fro on loopback in what the tests wait for, at most. */
const ROUNDS = 20;

/**
 * Waits; what was under way on loopback when the time was over has arrived then. A process that was busy all the time would
 * otherwise find its timers due before it has looked at its sockets.
 */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  for (let round = 0; round < ROUNDS; round++) await new Promise((resolve) => setImmediate(resolve));
}

import { assertNever, type FlowRequest, type FlowStep, type SourcePosition } from '#libs/recording-model';
import { afterRecording } from './after-recording.js';
import type { Connection } from './connection.js';
import type { DigitCollection } from './digit-collection.js';
import type { PlaybackHandle, RecordingHandle, RecordingOutcome, StepOf } from './flow-ports.js';
import type { PlaybackLoop, PlaybackSequence } from './playback-sequence.js';

export interface RecordWait {
  readonly kind: 'record';
  readonly handle: RecordingHandle;
  readonly step: StepOf<'record'>;
  outcome: RecordingOutcome | null;
  /** It was interrupted: this is asked in place of its continuation, as soon as it is known what became of it. */
  readonly cutOffFor?: FlowRequest;
}

/** What a frame waits for before its next step. */
export type Wait =
  | { readonly kind: 'timer'; readonly until: number | null; readonly parked: boolean; readonly prompts: PlaybackLoop }
  | { readonly kind: 'playback'; readonly sequence: PlaybackSequence }
  | { readonly kind: 'collect'; readonly collection: DigitCollection }
  | RecordWait
  | Connection
  | { readonly kind: 'request' };

/** One list of steps on its way. A frame laid over another runs while the one below goes on waiting. */
export interface Frame {
  steps: readonly FlowStep[];
  index: number;
  documentUrl: string | null;
  wait: Wait | null;
  /** The key that cut off a play, and the index of the step after that. */
  typedAhead: { readonly key: string; readonly at: number } | null;
}

export function newFrame(steps: readonly FlowStep[], documentUrl: string | null): Frame {
  return { steps, index: 0, documentUrl, wait: null, typedAhead: null };
}

/** Where the step stands that the frame took last. */
export function positionOf(frame: Frame): SourcePosition {
  return frame.steps[frame.index - 1]?.at ?? { path: '' };
}

/** The step that the topmost frame waits for; null when it is between two, or waits for an answer. */
export function stepUnderWay(frames: readonly Frame[]): FlowStep | null {
  const frame = frames.at(-1);
  if (frame === undefined || frame.wait === null || frame.wait.kind === 'request') return null;
  return frame.steps[frame.index - 1] ?? null;
}

/**
 * Takes the recording that the topmost frame waits for away from it: once it is settled the request is made, and hears
 * what became of it (Aculab contract §6). Null when it waits for none.
 */
export function cutOffRecording(frames: readonly Frame[], request: FlowRequest): RecordWait | null {
  const frame = frames.at(-1);
  if (frame?.wait?.kind !== 'record' || frame.wait.outcome !== null) return null;
  const { wait } = frame;
  frame.wait = null;
  return { ...wait, cutOffFor: request };
}

/**
 * Media time at which one of the frames goes on by itself; null when all wait for something to happen. A frame whose
 * wait is over but that lies under another has no time of its own.
 */
export function earliestDeadline(frames: readonly Frame[], now: number): number | null {
  let earliest: number | null = null;
  for (const { wait } of frames) {
    const deadline = wait === null || isOver(wait, now) ? null : deadlineOf(wait);
    if (deadline !== null && (earliest === null || deadline < earliest)) earliest = deadline;
  }
  return earliest;
}

/** Media time at which the wait changes by itself; null when something must happen first. */
function deadlineOf(wait: Wait): number | null {
  switch (wait.kind) {
    case 'timer':
      return earlier(wait.until, wait.prompts.deadline);
    case 'connect':
      return wait.until;
    case 'playback':
      return wait.sequence.deadline;
    case 'collect':
      return wait.collection.deadline;
    case 'record':
    case 'request':
      return null;
    default:
      return assertNever(wait, 'wait');
  }
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

/** Whether there is nothing left to wait for at this media time. */
export function isOver(wait: Wait, now: number): boolean {
  switch (wait.kind) {
    case 'timer':
      return wait.until !== null && wait.until <= now;
    case 'connect':
      return wait.legEnded || (wait.until !== null && wait.until <= now);
    case 'playback':
      return wait.sequence.done;
    case 'collect':
      return wait.collection.done;
    case 'record':
      if (wait.cutOffFor !== undefined) return wait.outcome !== null;
      return wait.outcome !== null && afterRecording(wait.step.spec.continuation, wait.outcome).kind !== 'wait';
    case 'request':
      return false;
    default:
      return assertNever(wait, 'wait');
  }
}

/** Lets what is timed inside the wait go on. */
export function advanceWait(wait: Wait, now: number): void {
  if (wait.kind === 'timer') wait.prompts.advance(now, wait.until);
  if (wait.kind === 'playback') wait.sequence.advance(now);
  if (wait.kind === 'collect') wait.collection.advance(now);
}

/** Tells the wait that a pass ended; one of another wait is passed over. */
export function playbackEnded(wait: Wait | null, handle: PlaybackHandle, now: number, failed: boolean): void {
  if (wait?.kind === 'timer') wait.prompts.playbackEnded(handle, now, failed);
  if (wait?.kind === 'playback') wait.sequence.playbackEnded(handle, now, failed);
  if (wait?.kind !== 'collect') return;
  wait.collection.prompts.playbackEnded(handle, now, failed);
  wait.collection.promptsMayBeOver(now);
}

/** Cuts off what is playing. */
export function silence(wait: Wait | null): void {
  if (wait?.kind === 'timer') wait.prompts.cancel();
  if (wait?.kind === 'playback') wait.sequence.cancel();
  if (wait?.kind === 'collect') wait.collection.prompts.cancel();
}

import { assertNever, type FlowRequest } from '#libs/recording-model';
import { afterRecording } from './after-recording.js';
import type { FetchContext } from './flow-ports.js';
import type { PlaybackSequence } from './playback-sequence.js';
import type { Wait } from './wait.js';

/** A request to make, and what it tells the application. */
export interface Continuation extends Pick<FetchContext, 'reason'> {
  readonly request: FlowRequest;
  readonly about: Partial<Pick<FetchContext, 'recording' | 'collected' | 'interrupted' | 'connectedMs'>>;
}

/** The request that follows a wait that is over; null: the next step runs. */
export function continuationOf(wait: Wait, now: number): Continuation | null {
  switch (wait.kind) {
    case 'timer':
    case 'request':
      return null;
    case 'playback':
      return afterPrompts(wait.sequence);
    case 'collect': {
      const { action, digits, finishKey, prompts } = wait.collection;
      if (digits === '' && prompts.afterFailure !== null) return afterPrompts(prompts);
      if (action.next === null || (digits === '' && !action.nextWhenEmpty)) return null;
      return { request: action.next, reason: 'digitsCollected', about: { collected: { digits, finishKey } } };
    }
    case 'record': {
      if (wait.outcome === null) return null;
      const { recording } = wait.outcome;
      if (wait.cutOffFor !== undefined)
        return { request: wait.cutOffFor, reason: 'interrupted', about: { recording, interrupted: { step: 'record' } } };
      const after = afterRecording(wait.step.spec.continuation, wait.outcome);
      if (after.kind !== 'fetch') return null;
      return { request: after.request, reason: after.reason, about: { recording } };
    }
    case 'connect':
      return wait.afterEnd === null ? null : { request: wait.afterEnd, reason: 'connectEnded', about: { connectedMs: wait.connectedMs(now) } };
    default:
      return assertNever(wait, 'wait');
  }
}

/** Audio that could not be had may lead elsewhere. */
function afterPrompts({ afterFailure }: PlaybackSequence): Continuation | null {
  return afterFailure === null ? null : { request: afterFailure, reason: 'step', about: {} };
}

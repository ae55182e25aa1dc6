import { assertNever, type FlowRequest, type RecordingContinuation } from '#libs/recording-model';
import type { RecordingOutcome } from './flow-ports.js';

/** What a flow does after a blocking recording. */
export type AfterRecording =
  /** Not far enough yet. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'next' }
  | {
      readonly kind: 'fetch';
      readonly request: FlowRequest;
      readonly reason: 'recordingCompleted' | 'recordingFailed';
    };

const WAIT: AfterRecording = { kind: 'wait' };
const NEXT: AfterRecording = { kind: 'next' };

/**
 * FlexML asks `action` only when there is audio and it can be had, and `errorAction` on failure (contract §1.3); Aculab
 * asks `next_page` after every ending (contract §5.2). Without a request to make, the next step runs.
 */
export function afterRecording(
  continuation: RecordingContinuation | null,
  { state }: RecordingOutcome,
): AfterRecording {
  switch (state) {
    case 'captured':
      return continuation?.requires === 'available' ? WAIT : completed(continuation);
    case 'available':
      return completed(continuation);
    case 'absent':
    case 'discarded':
      return continuation?.onlyWithAudio === true ? NEXT : completed(continuation);
    case 'failed': {
      const request = continuation?.onFailed ?? null;
      return request === null ? NEXT : { kind: 'fetch', request, reason: 'recordingFailed' };
    }
    default:
      return assertNever(state, 'recording state');
  }
}

function completed(continuation: RecordingContinuation | null): AfterRecording {
  const request = continuation?.onCompleted ?? null;
  return request === null ? NEXT : { kind: 'fetch', request, reason: 'recordingCompleted' };
}

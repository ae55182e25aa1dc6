import type { JsonObject, ParsedDocument, RecordAction } from '#libs/recording-model';
import type { RecordingRequest } from '../accept-recording.js';
import type { CallContext } from './call-context.js';

/** The start of a recording that a document asks for. */
export function recordingOfDocument(
  { application, callRef, identity, nodeId }: CallContext,
  { callState, callDurationMs }: Pick<RecordingRequest, 'callState' | 'callDurationMs'>,
  action: RecordAction,
  from: { readonly document: ParsedDocument | null; readonly url: string | null; readonly flowState?: JsonObject },
): RecordingRequest {
  const flowState = from.flowState ?? from.document?.flowState;
  return {
    application,
    callRef,
    call: identity,
    callState,
    callDurationMs,
    nodeId,
    documentUrl: from.url,
    action,
    accounting: from.document?.accounting ?? [],
    ...(flowState === undefined ? {} : { flowState }),
    idempotencyKey: null,
  };
}

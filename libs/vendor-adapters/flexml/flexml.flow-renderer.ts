import type { FlowContext, FlowRequest, JsonObject, WireRequest } from '#libs/recording-model';
import { commonFields, type CallOutcome } from './flexml.common-fields.js';
import { recordingFields, type RecordingStatus } from './flexml.recording-fields.js';
import { wireRequest } from './wire-request.js';

/** What `RecordingStatus` the request after a Record carries (contract §2.5 row 8). */
const STATUS_OF_PURPOSE: Readonly<Record<string, RecordingStatus>> = { action: 'completed', errorAction: 'failed' };

/** The purpose of the request that Amd makes. */
export const AMD_PURPOSE = 'amdAction';

/** The wire form of a request of the call flow: common fields, then what the verb adds (contract §3). */
export function renderFlexmlFlowRequest(request: FlowRequest, context: FlowContext): WireRequest {
  const { application, call, callState } = context;
  // The first document is its own RequestUrl (contract §1.2, captured shape).
  const documentUrl = context.documentUrl ?? (request.purpose === 'document' ? request.url : null);
  const fields = {
    ...commonFields({ application, call, callState, documentUrl, outcome: outcomeOf(context) }),
    ...verbFields(request, context),
  };
  return wireRequest(request.method, request.url, request.userinfo, fields);
}

function verbFields(
  { purpose }: FlowRequest,
  { recording, collected, application, callDurationMs }: FlowContext,
): JsonObject {
  if (purpose === 'statusCallback') return { CallDuration: Math.round(callDurationMs / 1000) };
  if (purpose === AMD_PURPOSE) return { AMDStatus: 'NOTSURE', AMDCause: '' };
  const status = STATUS_OF_PURPOSE[purpose];
  if (status !== undefined && recording !== null) return recordingFields(status, recording, application);
  return collected === null ? {} : { Digits: collected.digits, FinishKey: collected.finishKey };
}

function outcomeOf({ error, answered, hangupBy, endReason }: FlowContext): CallOutcome {
  if (error !== null || endReason === 'applicationFailed') return 'failed';
  if (answered) return 'completed';
  // Nobody knows whether it would have been answered.
  if (endReason === 'nodeLost' || endReason === 'nodeStopped') return 'failed';
  return hangupBy === 'caller' || endReason === 'command' ? 'cancel' : 'noanswer';
}

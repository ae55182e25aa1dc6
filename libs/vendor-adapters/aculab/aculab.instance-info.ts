import type {
  ApplicationView,
  CallEndReason,
  CallIdentity,
  FlowContext,
  JsonValue,
  RecordingView,
} from '#libs/recording-model';
import { instanceIdOf, logFilename } from './aculab.names.js';
import { apiVersionOf, settingOf, type AculabApiVersion } from './aculab.settings.js';
import { decimal, type WireObject } from './aculab.wire-json.js';

/** Name of the whole-call recording, in the flow state, in its labels and in call info (contract §1.4). */
export const CALL_RECORDING_FILENAME = 'call_recording_filename';

/** The members every request to a page begins with (contract §1.3). */
export function instanceHead(call: CallIdentity, token: JsonValue | undefined, callStartedAt: Date): WireObject {
  return {
    application_instance_id: instanceIdOf(call),
    token: typeof token === 'string' ? token : null,
    log_filename: logFilename(call, callStartedAt),
  };
}

/** `is_notification`, which version 1 does not know (contract §1.8). */
export function notificationFlag(version: AculabApiVersion, isNotification: boolean): WireObject {
  return version === 1 ? {} : { is_notification: isNotification };
}

/** Beginning of the call, from the length it has by now. */
export function callStartOf(context: Pick<FlowContext, 'now' | 'callDurationMs'>): Date {
  return new Date(context.now.getTime() - context.callDurationMs);
}

/** Beginning of the call of a recording, from the place of the recording in it; else the recording's acceptance. */
export function callStartOfRecording(recording: RecordingView): Date {
  const { capture } = recording;
  if (capture === null) return new Date(recording.createdAt);
  return new Date(Date.parse(capture.startedAt) - capture.mediaStartMs);
}

/** The call info object `this_call` (contract §1.4). Members of version 2 are left out for version 1. */
export function callInfo(context: FlowContext, isFinal: boolean): WireObject {
  const { call, application } = context;
  const version = apiVersionOf(application);
  const inbound = call.direction === 'inbound';
  return {
    call_id: call.callId,
    call_direction: inbound ? 'in' : 'out',
    call_from: call.from,
    call_to: call.to,
    call_target: textOf(call, 'call_target') ?? call.to,
    ...(version === 1 ? {} : { call_divert: textOf(call, 'call_divert') ?? '' }),
    ...(version === 1 || !inbound ? {} : present(call, 'call_attestation')),
    seconds_call_duration: decimal(Math.floor(context.callDurationMs / 100 + 0.5)),
    call_state: wireCallState(context),
    ...(isFinal ? finalFacts(context, version) : {}),
    application_parameters: applicationParameters(application),
    ...present(call, 'outbound_parameters'),
    ...present(call, 'far_end_type'),
    ...callRecordingName(context),
  };
}

/** The whole-call recording: the gateway's own, or the one that the call brings along. */
function callRecordingName({ call, flowState }: FlowContext): WireObject {
  const own = flowState[CALL_RECORDING_FILENAME];
  return typeof own === 'string' ? { [CALL_RECORDING_FILENAME]: own } : present(call, CALL_RECORDING_FILENAME);
}

/** `idle` once the call has ended; a ringing call is `inbound` (contract §1.4). */
function wireCallState(context: FlowContext): 'idle' | 'inbound' | 'answered' {
  if (context.callState === 'ended') return 'idle';
  return context.callState === 'ringing' ? 'inbound' : 'answered';
}

/** `call_cause` and, from version 2, `call_raw_cause` of the final page. */
function finalFacts(context: FlowContext, version: AculabApiVersion): WireObject {
  const { cause, raw } = endOf(context);
  return {
    call_cause: textOf(context.call, 'call_cause') ?? cause,
    ...(version === 1 ? {} : { call_raw_cause: textOf(context.call, 'call_raw_cause') ?? raw }),
  };
}

interface CallCause {
  readonly cause: string;
  readonly raw: string;
}

/** What neither the application nor the far end brought about. */
const CAUSES: Partial<Record<CallEndReason, CallCause>> = {
  noAnswer: { cause: 'no_answer', raw: '480' },
  mediaTimeout: { cause: 'failed', raw: '200' },
  nodeStopped: { cause: 'failed', raw: '200' },
  nodeLost: { cause: 'failed', raw: '200' },
};

/** How the call ended (contract §1.4); the raw cause is what SIP says in such a case. */
function endOf(context: FlowContext): CallCause {
  const told = context.endReason === undefined ? undefined : CAUSES[context.endReason];
  if (told !== undefined) return told;
  const byFarEnd = hungUpByFarEnd(context);
  const unanswered = context.call.direction === 'outbound' && !context.answered;
  if (unanswered) return byFarEnd ? { cause: 'busy', raw: '486' } : { cause: 'no_answer', raw: '480' };
  return { cause: byFarEnd ? 'hung_up' : 'completed', raw: '200' };
}

function hungUpByFarEnd(context: FlowContext): boolean {
  return context.hangupBy === farEndOf(context.call);
}

/** The party Aculab records and talks to: whoever called in, or was called. */
export function farEndOf(call: CallIdentity): 'caller' | 'callee' {
  return call.direction === 'inbound' ? 'caller' : 'callee';
}

function applicationParameters(application: ApplicationView): string {
  return settingOf(application, 'applicationParameters') ?? '';
}

function textOf(call: CallIdentity, key: string): string | undefined {
  const value = call.vendor[key];
  return typeof value === 'string' ? value : undefined;
}

function present(call: CallIdentity, key: string): WireObject {
  const value = textOf(call, key);
  return value === undefined ? {} : { [key]: value };
}

import type { CallRecord, JsonObject, JsonValue } from '#libs/recording-model';
import { endReason, endResult, errorReason, FREE, toType, withoutPlus } from './sinch.flow-renderer.js';

/** What `GET …/calls/id/{callId}` answers (contract §3); nothing of recordings is in it. */
export function renderSinchCallInfo(call: CallRecord, now: Date): JsonObject {
  const { identity } = call;
  const isOver = call.state === 'ended';
  const duration = secondsAnswered(call, now);
  const isAnswered = duration !== null;
  return {
    from: { type: /^\+?\d+$/.test(identity.from) ? 'Number' : 'Username', endpoint: identity.from },
    to: identity.vendor['to'] ?? { type: typeOf(call), endpoint: identity.to },
    domain: identity.vendor['domain'] ?? 'pstn',
    callId: identity.callId,
    ...(isAnswered ? { duration } : {}),
    status: isOver ? 'FINAL' : 'ONGOING',
    result: isAnswered || isOver ? endResult(isAnswered, call.endReason) : 'N/A',
    reason: isOver ? reasonOf(call, isAnswered) : 'N/A',
    timestamp: `${call.createdAt.slice(0, 19)}Z`,
    custom: identity.vendor['custom'] ?? '',
    userRate: identity.vendor['userRate'] ?? FREE,
    debit: identity.vendor['debit'] ?? FREE,
  };
}

/** Participants of a conference, those who joined first first. */
export function inOrderOfJoining(calls: readonly CallRecord[]): readonly CallRecord[] {
  return calls.toSorted((a, b) => (a.conference?.joinedAt ?? '').localeCompare(b.conference?.joinedAt ?? ''));
}

/** What `GET …/conferences/id/{conferenceId}` answers (contract §3). */
export function renderSinchConference(participants: readonly CallRecord[], now: Date): JsonObject {
  return { participants: participants.map((call) => renderParticipant(call, now)) };
}

function renderParticipant(call: CallRecord, now: Date): JsonValue {
  const { identity, conference } = call;
  return {
    cli: withoutPlus(identity.direction === 'outbound' || identity.from === '' ? identity.to : identity.from),
    id: identity.callId,
    duration: secondsSince(conference?.joinedAt ?? call.createdAt, now.toISOString()),
    muted: conference?.muted ?? false,
    onhold: conference?.onHold ?? false,
  };
}

/** Whole seconds since the answer, of an ended call those that DiCE told; null: it was not answered. */
function secondsAnswered(call: CallRecord, now: Date): number | null {
  const { answeredAt, durationMs, endReason: why } = call;
  if (answeredAt === null || why === 'noAnswer') return null;
  if (durationMs === undefined) return secondsSince(answeredAt, call.endedAt ?? now.toISOString());
  return Math.ceil(durationMs / 1000);
}

/** The reason that DiCE told. */
function reasonOf(call: CallRecord, isAnswered: boolean): string {
  return call.failure === undefined ? endReason(call.endedBy, isAnswered, call.endReason) : errorReason(call.failure);
}

function typeOf(call: CallRecord): string {
  const type = toType(call.identity);
  return type === 'did' ? 'Number' : `${type.charAt(0).toUpperCase()}${type.slice(1)}`;
}

function secondsSince(from: string, until: string): number {
  return Math.max(0, Math.ceil((Date.parse(until) - Date.parse(from)) / 1000));
}

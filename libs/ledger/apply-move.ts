import {
  NEXT_STATES,
  type OutboxEntry,
  type RecordingEvent,
  type RecordingMove,
  type RecordingRecord,
  type RecordingState,
} from '#libs/recording-model';

/** A move worked out: what is written, in one atomic step, by either ledger. */
export interface AppliedMove {
  readonly record: RecordingRecord;
  readonly events: readonly RecordingEvent[];
  readonly entry: OutboxEntry;
}

/**
 * Works out a move without writing it.
 * @throws Error when the state machine does not allow it: a programming error, never a matter of input.
 */
export function applyMove(current: RecordingRecord, move: RecordingMove): AppliedMove {
  const allowed: readonly RecordingState[] = NEXT_STATES[current.state];
  if (move.to !== current.state && !allowed.includes(move.to)) {
    throw new Error(`Recording ${current.id} cannot go from ${current.state} to ${move.to}`);
  }
  const at = move.at.toISOString();
  const events = (move.events ?? []).map((event, index): RecordingEvent => {
    const sequence = current.eventCount + index + 1;
    return { ...event, id: `evt_${current.id}_${sequence}`, recordingId: current.id, sequence };
  });
  const epoch = current.epoch + (move.beginsStage === true ? 1 : 0);
  const moved = move.to !== current.state;
  const entered = { state: move.to, at, ...(move.cause === undefined ? {} : { cause: move.cause }) };
  const { deleteAt, deletion, ...kept } = current;
  const { deleteAt: newDate, deletion: newAttempt, ...patch } = { deleteAt, deletion, ...move.patch };
  const record: RecordingRecord = {
    ...kept,
    ...patch,
    ...(newDate === undefined ? {} : { deleteAt: newDate }),
    ...(newAttempt === undefined ? {} : { deletion: newAttempt }),
    state: move.to,
    version: current.version + 1,
    epoch,
    updatedAt: at,
    eventCount: current.eventCount + events.length,
    history: moved ? [...current.history, entered] : current.history,
  };
  const entry = { recordingId: current.id, state: move.to, entered: moved, epoch, eventSequences: events.map((event) => event.sequence) };
  return { record, events, entry };
}

/** An attempt to delete a file that takes longer was made by a process that is dead, ms. */
const LONGEST_DELETION_MS = 30_000;

/** When the file is to be deleted, ms; null when it is not, is held, or is gone already. */
export function deletionDue({ deleteAt, deletion, deletedAt, legalHold }: RecordingRecord): number | null {
  if (deletedAt !== undefined) return null;
  if (deletion !== undefined && deletion.failure === undefined) return Date.parse(deletion.begunAt) + LONGEST_DELETION_MS;
  if (legalHold === true || deleteAt === undefined) return null;
  if (deletion === undefined) return Date.parse(deleteAt);
  return deletion.retryAt === undefined ? null : Math.max(Date.parse(deleteAt), Date.parse(deletion.retryAt));
}

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
  const { deleteAt: before, ...kept } = current;
  const { deleteAt = before, ...patch } = move.patch ?? {};
  const takenAway = move.patch !== undefined && 'deleteAt' in move.patch && move.patch.deleteAt === undefined;
  const record: RecordingRecord = {
    ...kept,
    ...patch,
    ...(deleteAt === undefined || takenAway ? {} : { deleteAt }),
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

/** When the file is to be deleted, ms; null when it is not, is held, or is gone already. */
export function deletionDue({ deleteAt, deletedAt, legalHold }: RecordingRecord): number | null {
  return deleteAt === undefined || deletedAt !== undefined || legalHold === true ? null : Date.parse(deleteAt);
}

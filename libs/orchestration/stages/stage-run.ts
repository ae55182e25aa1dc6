import {
  toRecgateError,
  toFailure,
  type FailureStage,
  type RecordingMove,
  type RecordingRecord,
  type RecordingState,
} from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';

export interface Stage {
  readonly name: FailureStage;
  /** States in which the stage may begin: the one it is due in, and its own when a worker died in it. */
  readonly from: readonly RecordingState[];
  readonly while: RecordingState;
  /** Does the work; the move it returns is made only when nobody took the stage over meanwhile. */
  run(record: RecordingRecord): Promise<RecordingMove>;
  /** Undoes the effects of a run whose result was thrown away or failed. */
  undo?(record: RecordingRecord): Promise<void>;
}

/** What became of one run of a stage. `superseded`: another worker holds it or it is long done. */
export type StageOutcome = 'done' | 'failed' | 'superseded';

/**
 * Runs one stage of one recording under a fresh epoch.
 * @param lastTry true when the queue will not try again: a retryable error then fails the recording
 * @throws RecgateError the retryable errors of the stage, for the queue to wait and try again
 */
export async function runStage(
  ports: OrchestrationPorts,
  stage: Stage,
  recordingId: string,
  lastTry: boolean,
): Promise<StageOutcome> {
  const { recordings } = ports.ledger;
  const begun = await recordings.transition(recordingId, (current) =>
    stage.from.includes(current.state) ? { to: stage.while, at: ports.clock.now(), beginsStage: true } : null,
  );
  if (!begun.applied) return 'superseded';
  const { epoch } = begun.record;
  const stillOurs = (current: RecordingRecord) => current.state === stage.while && current.epoch === epoch;
  let move: RecordingMove;
  try {
    move = await stage.run(begun.record);
  } catch (thrown) {
    await undo(ports, stage, begun.record);
    const error = toRecgateError(thrown);
    ports.log.warn('stage failed', { stage: stage.name, recordingId, code: error.code, reason: error.message, lastTry });
    if (error.retry && !lastTry) throw error;
    await recordings.transition(recordingId, (current) =>
      stillOurs(current) ? failureMove(ports, current, thrown, stage.name) : null,
    );
    return 'failed';
  }
  // When this throws, nobody knows whether the move was written: the result may be the record's own by now, so it is not
  // undone. The next try sees which it was; housekeeping removes what nobody needs.
  const committed = await recordings.transition(recordingId, (current) => (stillOurs(current) ? move : null));
  if (committed.applied) return 'done';
  await undo(ports, stage, begun.record);
  return 'superseded';
}

/** What cannot be undone now is removed by housekeeping; the outcome of the run is the same. */
async function undo(ports: OrchestrationPorts, stage: Stage, record: RecordingRecord): Promise<void> {
  await stage.undo?.(record).catch((thrown: unknown) => {
    const { message } = toRecgateError(thrown);
    ports.log.warn('a run could not be undone', { stage: stage.name, recordingId: record.id, reason: message });
  });
}

/** The move into `failed`, with the event that tells of it. */
export function failureMove(
  ports: Pick<OrchestrationPorts, 'clock'>,
  record: RecordingRecord,
  thrown: unknown,
  stage: FailureStage,
): RecordingMove {
  const failure = toFailure(thrown, stage);
  const at = ports.clock.now();
  return {
    to: 'failed',
    at,
    cause: failure.code,
    patch: { failure },
    events: [
      {
        name: 'recording.failed',
        at: at.toISOString(),
        mediaTimeMs: record.capture?.mediaEndMs ?? record.callDurationMs,
        failure,
        ...(record.capture === null ? {} : { capture: record.capture }),
      },
    ],
  };
}

import {
  RecgateError,
  toRecgateError,
  type FileCall,
  type FileMediaFactory,
  type RecordingLedger,
  type RecordingRecord,
  type RecordingSource,
  type RecordingState,
} from '#libs/recording-model';
import { recordingSecrets } from './accept-recording.js';
import { viewApplication } from './applications.js';
import { RecordingRun } from './calls/recording-run.js';
import { catalogueOf } from './files/recorded-files.js';
import { roomFor } from './files/room-for.js';
import type { OrchestrationPorts } from './ports.js';
import { failureMove, type StageOutcome } from './stages/stage-run.js';

/** States in which a file may be captured: due, or begun by a worker that died. */
const CAPTURABLE: readonly RecordingState[] = ['accepted', 'armed', 'capturing', 'paused'];
/** Media time after which it is looked whether the recording has ended by itself. */
const STEP_MS = 1000;
/** How adapters mark a destination that the document describes wrongly. */
const INVALID_DESTINATION = 'invalid:';

/**
 * The `capture` stage of recordings of finished files: plays the file through on a virtual clock, as a call that was
 * answered and bridged and ends with the audio. Runs under a fresh epoch; a run that was taken over writes nothing more.
 * @param lastTry false when the queue will try again: a retryable error is then thrown, the recording waits
 * @throws RecgateError retryable errors of opening the file and of the gateway itself, unless it is the last try
 */
export async function captureFile(
  ports: OrchestrationPorts,
  recordingId: string,
  files: FileMediaFactory,
  lastTry = true,
): Promise<StageOutcome> {
  const begun = await ports.ledger.recordings.transition(recordingId, (current) =>
    current.source !== undefined && CAPTURABLE.includes(current.state)
      ? { to: current.state === 'accepted' ? 'armed' : current.state, at: ports.clock.now(), beginsStage: true }
      : null,
  );
  if (!begun.applied) return 'superseded';
  const { record } = begun;
  const { source } = record;
  if (source === undefined) return 'superseded';
  const fenced = fence(ports, record);
  await ports.spools.delete(recordingId); // What a dead worker left is made again from the file.
  const call = await openFile(fenced, record, source, files, lastTry);
  if (call === null) return 'failed';
  const outcome = await playThrough(fenced, record, call, lastTry);
  if (outcome === 'failed') await ports.spools.delete(recordingId);
  const keep = outcome === 'superseded' || (outcome === 'failed' && (await isOwnFault(ports, recordingId)));
  if (!keep) await files.discard(recordingId);
  return outcome;
}

/** What the gateway itself failed with is not the file's fault: its bytes are kept. */
async function isOwnFault(ports: OrchestrationPorts, recordingId: string): Promise<boolean> {
  return (await ports.ledger.recordings.get(recordingId))?.failure?.blame === 'gateway';
}

async function openFile(
  ports: OrchestrationPorts,
  record: RecordingRecord,
  source: RecordingSource,
  files: FileMediaFactory,
  lastTry: boolean,
): Promise<FileCall | null> {
  const { id: recordingId, callRef } = record;
  try {
    const secrets = recordingSecrets(ports, record);
    // The call was over when its file was handed in.
    return await files.open({ recordingId, callRef, source, secrets, endedAt: new Date(record.createdAt) });
  } catch (thrown) {
    const error = toRecgateError(thrown);
    ports.log.warn('file cannot be opened', { recordingId, code: error.code, reason: error.message, lastTry });
    if (error.retry && !lastTry) throw error;
    const failed = await ports.ledger.recordings.transition(recordingId, (current) =>
      failureMove(ports, current, error, 'capture'),
    );
    if (failed.applied && error.blame !== 'gateway') await files.discard(recordingId);
    return null;
  }
}

/** @throws RecgateError what the gateway itself failed with (a full disk), unless it is the last try: the file is still there */
async function playThrough(ports: OrchestrationPorts, record: RecordingRecord, call: FileCall, lastTry: boolean): Promise<StageOutcome> {
  let ended = false;
  let again: RecgateError | null = null;
  const comesAgain = (error: RecgateError) => {
    if (!lastTry && error.retry && error.blame === 'gateway') again = error;
    return again !== null;
  };
  const facts = () =>
    ({ callState: ended ? 'ended' : 'bridged', callDurationMs: Math.round(call.media.mediaTimeMs) }) as const;
  const run = new RecordingRun(ports, record, facts, () => undefined, comesAgain);
  try {
    const refusal = await roomForFile(ports, record);
    if (refusal === null) begin(run, call);
    else run.refuse(refusal);
    for (let at = 0; run.running && at < call.durationMs;) {
      at = Math.min(call.durationMs, at + STEP_MS);
      await call.advanceTo(at);
    }
    ended = true;
    call.media.hangup(null);
  } catch (thrown) {
    run.failed(toRecgateError(thrown));
  }
  await call.close();
  await run.drained();
  if (again !== null) throw again as RecgateError;
  return outcomeOf(ports, record);
}

/** Why the recording must not start: there is no room for it where it should go. */
async function roomForFile(ports: OrchestrationPorts, record: RecordingRecord): Promise<RecgateError | null> {
  if (catalogueOf(ports, record) === null) return null;
  const application = await ports.ledger.applications.get(record.applicationId);
  return application === null ? null : roomFor(ports, record, viewApplication(ports, application));
}

function begin(run: RecordingRun, call: FileCall): void {
  const { destination } = run.spec;
  if (destination.kind === 'none' && destination.reason.startsWith(INVALID_DESTINATION)) {
    run.refuse(new RecgateError('destination.incomplete', destination.reason.slice(INVALID_DESTINATION.length).trim()));
  } else {
    run.begin(call.media, true, true);
  }
}

async function outcomeOf(ports: OrchestrationPorts, { id, epoch }: RecordingRecord): Promise<StageOutcome> {
  const current = await ports.ledger.recordings.get(id);
  if (current === null || CAPTURABLE.includes(current.state)) return 'superseded';
  if (current.state === 'failed') return 'failed';
  return current.epoch >= epoch ? 'done' : 'superseded';
}

/** The same ports, but this recording moves only while the epoch is the one that this run began. */
function fence(ports: OrchestrationPorts, record: RecordingRecord): OrchestrationPorts {
  const inner = ports.ledger.recordings;
  const recordings: RecordingLedger = {
    accept: () => Promise.resolve({ record, created: false }),
    get: (id) => inner.get(id),
    transition: (id, decide) =>
      inner.transition(id, (current) => (current.epoch === record.epoch ? decide(current) : null)),
    list: (query) => inner.list(query),
    findByName: (applicationId, name) => inner.findByName(applicationId, name),
    events: (id) => inner.events(id),
    dueForDeletion: (now, limit) => inner.dueForDeletion(now, limit),
    stuckSince: (before, limit) => inner.stuckSince(before, limit),
  };
  return { ...ports, ledger: { ...ports.ledger, recordings } };
}

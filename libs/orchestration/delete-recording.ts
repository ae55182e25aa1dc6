import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, RecgateError, toRecgateError, type DeletionScope, type RecordingRecord } from '#libs/recording-model';
import { forgetRecordedFile } from './files/forget-file.js';
import { isReplaced } from './files/replaced-file.js';
import { recordingsBeside } from './files/shared-audio.js';
import { removePeaks } from './peaks/peak-files.js';
import type { OrchestrationPorts } from './ports.js';
import { removeStored } from './stages/remove-stored.js';

/** How long somebody else's deletion of the same recording is waited for, and how often it is looked at, ms. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 20;
/** An attempt that has been going on for longer was made by a process that is dead, ms. */
const LONGEST_ATTEMPT_MS = 30_000;
/** Pause after a first attempt that may succeed later, and the longest one, ms. */
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 900_000;

/** What a deletion is asked for with. */
export interface DeletionWish {
  readonly scope: DeletionScope;
  /** Only when its time is over, and again later where that can help; otherwise at once, and the caller hears of it. */
  readonly whenDue: boolean;
}

/**
 * Deletes the file of a recording and tells it, once. The record stays, as proof of what became of the audio. From when
 * it has begun nobody can hold the recording any more, and what a dead process has begun is finished by `Retention`.
 * Safe to repeat.
 * @throws RecgateError `request.not_found`; `request.conflict` while the recording is still on its way or is held, or
 *   when it is not due; `destination.*` when a store did not remove it
 */
export async function deleteRecording(
  ports: OrchestrationPorts,
  recordingId: string,
  scope: DeletionScope = 'own',
  { whenDue }: Pick<DeletionWish, 'whenDue'> = { whenDue: false },
): Promise<RecordingRecord> {
  const record = await beginDeletion(ports, recordingId, { scope, whenDue });
  if (record.deletedAt !== undefined) return record;
  try {
    await refuseWhileShared(ports, record);
    await removeFile(ports, record);
  } catch (thrown) {
    await breakOffDeletion(ports, record, toRecgateError(thrown), whenDue);
    throw thrown;
  }
  await removeTraces(ports, record);
  return finish(ports, record);
}

/** Goes on with a deletion that has begun; the whole file is to go with it. */
export async function completeDeletion(ports: OrchestrationPorts, record: RecordingRecord): Promise<void> {
  if (record.deletedAt !== undefined) return;
  await removeFile(ports, record);
  await removeTraces(ports, record);
  await finish(ports, record);
}

/** The audio of several recordings in one file goes when that of the last of them may go. */
async function refuseWhileShared(ports: OrchestrationPorts, record: RecordingRecord): Promise<void> {
  const now = ports.clock.now().getTime();
  const isKept = (other: RecordingRecord) => {
    if (other.deletedAt !== undefined || isGoingOn(other)) return false;
    return other.legalHold === true || other.deleteAt === undefined || Date.parse(other.deleteAt) > now;
  };
  const kept = (await recordingsBeside(ports, record)).filter(isKept);
  if (kept.length === 0) return;
  const ids = kept.map(({ id }) => id).join(', ');
  throw new RecgateError('request.conflict', `The file of recording ${record.id} holds others that are kept: ${ids}`);
}

/** Removes what the gateway itself holds of a recording beside its file: what was heard and seen in it. Safe to repeat. */
export async function removeTraces(ports: OrchestrationPorts, record: RecordingRecord): Promise<void> {
  if (record.rendition !== null) await rm(record.rendition.file, { force: true });
  await removePeaks(ports, record.id);
  await ports.transcription?.store.remove(record.id);
  await ports.spools.delete(record.id);
}

/**
 * Writes down that the file is being deleted; one process at a time does that.
 * @returns the record as it is now, which may be deleted already
 */
export async function beginDeletion(ports: OrchestrationPorts, recordingId: string, wish: DeletionWish): Promise<RecordingRecord> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const { applied, record } = await ports.ledger.recordings.transition(recordingId, (current) => {
      if (current.deletedAt !== undefined || isUnderWay(ports, current)) return null;
      refuse(ports, current, wish);
      const tries = (current.deletion?.tries ?? 0) + 1;
      const at = ports.clock.now();
      // What a dead process was asked for is done, at the least.
      const scope = isGoingOn(current) && current.deletion?.scope === 'everywhere' ? 'everywhere' : wish.scope;
      return { to: current.state, at, patch: { deletion: { scope, begunAt: at.toISOString(), tries } } };
    });
    if (record === null) throw new RecgateError('request.not_found', `There is no recording ${recordingId}`);
    if (applied || record.deletedAt !== undefined) return record;
    if (performance.now() > giveUpAt) throw new RecgateError('gateway.unavailable', `The recording ${recordingId} is being deleted already`);
    await delay(PAUSE_MS);
  }
}

function refuse({ clock }: OrchestrationPorts, record: RecordingRecord, { whenDue }: DeletionWish): void {
  const conflict = (why: string) => new RecgateError('request.conflict', `The recording ${record.id} ${why}`);
  if (!isTerminal(record.state)) throw conflict('is not finished yet');
  if (isGoingOn(record)) return;
  if (record.legalHold === true) throw conflict('is under legal hold');
  if (whenDue && (record.deleteAt === undefined || Date.parse(record.deleteAt) > clock.now().getTime())) throw conflict('is to be kept');
}

/** True from when a deletion has begun until it is done or was broken off. */
export function isGoingOn({ deletion, deletedAt }: RecordingRecord): boolean {
  return deletedAt === undefined && deletion !== undefined && deletion.failure === undefined;
}

function isUnderWay({ clock }: OrchestrationPorts, record: RecordingRecord): boolean {
  const begunAt = isGoingOn(record) ? record.deletion?.begunAt : undefined;
  return begunAt !== undefined && clock.now().getTime() - Date.parse(begunAt) < LONGEST_ATTEMPT_MS;
}

/**
 * The file goes first: what is told to be deleted must be gone, and a repeat after a crash finds the rest. One that
 * another recording was stored over is that one's by now, and stays.
 */
async function removeFile(ports: OrchestrationPorts, record: RecordingRecord): Promise<void> {
  if (await isReplaced(ports, record)) return forgetRecordedFile(ports, record);
  const own = record.receipt === null ? null : (ports.files?.addressOf(record.receipt.location) ?? null);
  if (own !== null) await ports.files?.delete(own);
  else if (record.receipt !== null && record.deletion?.scope === 'everywhere') await removeStored(ports, record);
  await forgetRecordedFile(ports, record);
}

/** Puts off what was not tried, because its store is known to be away. */
export async function postponeDeletion(ports: OrchestrationPorts, recordingId: string): Promise<void> {
  await ports.ledger.recordings.transition(recordingId, ({ deletion, deletedAt, state }) => {
    const at = ports.clock.now();
    if (deletedAt !== undefined || (deletion !== undefined && deletion.failure === undefined)) return null;
    const failure = { code: 'destination.unreachable', message: 'The store was away' } as const;
    const attempt = { scope: 'everywhere', begunAt: at.toISOString(), tries: 1, ...deletion, failure } as const;
    return { to: state, at, patch: { deletion: { ...attempt, retryAt: new Date(at.getTime() + FIRST_RETRY_MS).toISOString() } } };
  });
}

/** The file is still there: it may be held again, and is tried again where that was wanted and can help. */
export async function breakOffDeletion(
  ports: OrchestrationPorts,
  { id, deletion }: RecordingRecord,
  error: RecgateError,
  again = false,
): Promise<void> {
  await ports.ledger.recordings.transition(id, (current) => {
    if (current.deletion === undefined || current.deletion.tries !== deletion?.tries || !isGoingOn(current)) return null;
    const at = ports.clock.now();
    const pauseMs = Math.min(FIRST_RETRY_MS * 2 ** (deletion.tries - 1), LONGEST_RETRY_MS);
    const retry = again && (error.retry || error.code === 'request.conflict') ? { retryAt: new Date(at.getTime() + pauseMs).toISOString() } : {};
    const failure = { code: error.code, message: error.message };
    return { to: current.state, at, patch: { deletion: { ...current.deletion, failure, ...retry } } };
  });
}

async function finish(ports: OrchestrationPorts, record: RecordingRecord): Promise<RecordingRecord> {
  const outcome = await ports.ledger.recordings.transition(record.id, (current) => {
    if (current.deletedAt !== undefined) return null;
    const at = ports.clock.now();
    const deletedAt = at.toISOString();
    const told = { at: deletedAt, mediaTimeMs: current.capture?.mediaEndMs ?? 0 } as const;
    const deleted = { name: 'recording.deleted', ...told } as const;
    if (current.transcription !== 'pending') return { to: current.state, at, patch: { deletedAt }, events: [deleted] };
    // Nobody may write down any more what was to be gone.
    const failed = { name: 'transcription.failed', ...told } as const;
    return { to: current.state, at, patch: { deletedAt, transcription: 'failed' }, events: [failed, deleted] };
  });
  return outcome.record ?? record;
}

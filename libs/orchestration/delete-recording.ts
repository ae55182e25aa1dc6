import { rm } from 'node:fs/promises';
import { isTerminal, RecgateError, type RecordingRecord } from '#libs/recording-model';
import { removePeaks } from './peaks/peak-files.js';
import { forgetRecordedFile } from './files/forget-file.js';
import type { OrchestrationPorts } from './ports.js';
import { removeStored } from './stages/store-stage.js';

/** `own`: what lies in a customer's own bucket is left alone. `everywhere`: it is removed there, too. */
export type DeletionScope = 'own' | 'everywhere';

/**
 * Deletes the file of a recording and tells it, once. The record stays, as proof of what became of the audio. Safe to
 * repeat.
 * @throws RecgateError `request.not_found`; `request.conflict` while the recording is still on its way or is held;
 *   `destination.*` when a store did not remove it
 */
export async function deleteRecording(
  ports: OrchestrationPorts,
  recordingId: string,
  scope: DeletionScope = 'own',
): Promise<RecordingRecord> {
  const record = await ports.ledger.recordings.get(recordingId);
  if (record === null) throw new RecgateError('request.not_found', `There is no recording ${recordingId}`);
  if (record.deletedAt !== undefined) return record;
  if (!isTerminal(record.state)) throw new RecgateError('request.conflict', `The recording ${recordingId} is not finished yet`);
  if (record.legalHold === true) throw new RecgateError('request.conflict', `The recording ${recordingId} is under legal hold`);
  // The file goes first: what is told to be deleted must be gone, and a repeat after a crash finds the rest.
  const own = record.receipt === null ? null : (ports.files?.addressOf(record.receipt.location) ?? null);
  if (own !== null) await ports.files?.delete(own);
  else if (record.receipt !== null && scope === 'everywhere') await removeStored(ports, record);
  await forgetRecordedFile(ports, record);
  if (record.rendition !== null) await rm(record.rendition.file, { force: true });
  await removePeaks(ports, recordingId);
  await ports.transcription?.store.remove(recordingId);
  const outcome = await ports.ledger.recordings.transition(recordingId, (current) => {
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
  if (record.transcription === 'pending') await ports.spools.delete(recordingId);
  return outcome.record ?? record;
}

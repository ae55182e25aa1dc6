import { isTerminal, RecgateError, toRecgateError, type RecordingRecord } from '#libs/recording-model';
import { beginDeletion, breakOffDeletion, completeDeletion, deleteRecording } from '../delete-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import type { FileCatalogue } from './file-catalogue.js';

/**
 * Deletes a file with the recordings that are in it, and gives its room back. All of them are marked first, so that none
 * can be held while others are gone already. Safe to repeat.
 * @returns false when there was none
 * @throws RecgateError `request.conflict` while a recording is being written into it or one in it is held
 */
export async function deleteFile(ports: OrchestrationPorts, catalogue: FileCatalogue, sid: string): Promise<boolean> {
  const seen = await catalogue.get(sid);
  const begun = await beginAll(ports, Object.keys(seen?.body.recordings ?? {}));
  const file = await catalogue.beginDeletion(sid);
  for (const record of begun.values()) await completeDeletion(ports, record);
  if (file === null) return false;
  for (const recordingId of Object.keys(file.body.recordings)) {
    if (!begun.has(recordingId)) await deleteIfThere(ports, recordingId);
  }
  await catalogue.finishDeletion(sid);
  return true;
}

async function beginAll(ports: OrchestrationPorts, recordingIds: readonly string[]): Promise<ReadonlyMap<string, RecordingRecord>> {
  const begun = new Map<string, RecordingRecord>();
  try {
    for (const recordingId of recordingIds) {
      const record = await ports.ledger.recordings.get(recordingId);
      if (record === null) continue;
      if (!isTerminal(record.state)) throw new RecgateError('request.conflict', 'The file is being written');
      begun.set(recordingId, await beginDeletion(ports, recordingId, { scope: 'own', whenDue: false }));
    }
    return begun;
  } catch (thrown) {
    for (const record of begun.values()) await breakOffDeletion(ports, record, toRecgateError(thrown));
    throw thrown;
  }
}

/** The record of a recording may be gone before its file is. */
async function deleteIfThere(ports: OrchestrationPorts, recordingId: string): Promise<void> {
  try {
    await deleteRecording(ports, recordingId);
  } catch (thrown) {
    if (toRecgateError(thrown).code !== 'request.not_found') throw thrown;
  }
}

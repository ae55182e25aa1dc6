import { isTerminal, RecgateError, toRecgateError } from '#libs/recording-model';
import { deleteRecording } from '../delete-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import type { FileCatalogue } from './file-catalogue.js';

/**
 * Deletes a file with the recordings that are in it, and gives its room back. Safe to repeat.
 * @returns false when there was none
 * @throws RecgateError `request.conflict` while a recording is being written into it or one in it is held
 */
export async function deleteFile(ports: OrchestrationPorts, catalogue: FileCatalogue, sid: string): Promise<boolean> {
  const seen = await catalogue.get(sid);
  for (const recordingId of Object.keys(seen?.body.recordings ?? {})) await refuseWhileNeeded(ports, recordingId);
  const file = await catalogue.beginDeletion(sid);
  if (file === null) return false;
  for (const recordingId of Object.keys(file.body.recordings)) await deleteIfThere(ports, recordingId);
  await catalogue.finishDeletion(sid);
  return true;
}

async function refuseWhileNeeded(ports: OrchestrationPorts, recordingId: string): Promise<void> {
  const record = await ports.ledger.recordings.get(recordingId);
  if (record === null) return;
  if (!isTerminal(record.state)) throw new RecgateError('request.conflict', 'The file is being written');
  if (record.legalHold === true) throw new RecgateError('request.conflict', 'The file is under legal hold');
}

/** The record of a recording may be gone before its file is. */
async function deleteIfThere(ports: OrchestrationPorts, recordingId: string): Promise<void> {
  try {
    await deleteRecording(ports, recordingId);
  } catch (thrown) {
    if (toRecgateError(thrown).code !== 'request.not_found') throw thrown;
  }
}

import type { RecordingEvent, RecordingRecord } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { textWithReplacements } from './transcript-lines.js';

/**
 * An event with the text that was heard, for those who are told of it. The ledger never holds that text: it lies sealed
 * in the transcript, and with that it is gone when the recording is deleted.
 */
export async function withHeardText(
  ports: Pick<OrchestrationPorts, 'ledger' | 'transcription'>,
  event: RecordingEvent,
  known?: RecordingRecord,
): Promise<RecordingEvent> {
  const { transcript: fact, recordingId } = event;
  if (fact === undefined || ports.transcription === undefined) return event;
  const record = known ?? (await ports.ledger.recordings.get(recordingId));
  if (record === null) return event;
  const transcript = await ports.transcription.store.read({ tenantId: record.tenantId, recordingId });
  if (transcript === null) return event;
  const { lowConfidenceThreshold = null, lowConfidenceReplacement = null } = record.spec.transcription ?? {};
  return { ...event, transcript: { ...fact, text: textWithReplacements(transcript, lowConfidenceThreshold, lowConfidenceReplacement) } };
}

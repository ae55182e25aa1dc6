import {
  renditionDurationMs,
  type ApplicationView,
  type JsonObject,
  type RecordingEvent,
  type RecordingView,
} from '#libs/recording-model';
import { fileSidOf, recordingUrlOf } from './flexml.names.js';

/** The words of `RecordingStatus`. */
export type RecordingStatus = 'completed' | 'failed' | 'absent';

/** `Recording*` fields; their order differs between success and the rest (contract §3.1). Duration: whole seconds. */
export function recordingFields(
  status: RecordingStatus,
  recording: RecordingView,
  application: ApplicationView,
): JsonObject {
  if (status !== 'completed') {
    return { RecordingStatus: status, RecordingDuration: 0, RecordingSid: '', RecordingFileSid: '', RecordingUrl: '' };
  }
  const sid = fileSidOf(recording);
  return {
    RecordingDuration: durationSeconds(recording),
    RecordingStatus: status,
    RecordingSid: sid,
    RecordingFileSid: sid,
    RecordingUrl: recordingUrlOf(recording, application),
  };
}

/** `Transcription*` fields of the transcription callback; `TranscriptionUrl` is a placeholder (contract §2.5 row 12). */
export function transcriptionFields(event: RecordingEvent): JsonObject {
  const status =
    event.name === 'transcription.timeout' ? 'timeout' : event.transcript === undefined ? 'failed' : 'completed';
  return {
    TranscriptionSid: event.transcript?.id ?? '',
    TranscriptionStatus: status,
    TranscriptionText: event.transcript?.text ?? '',
    TranscriptionUrl: '',
  };
}

function durationSeconds({ rendition, capture }: RecordingView): number {
  const ms = rendition?.durationMs ?? (capture === null ? 0 : renditionDurationMs(capture));
  return Math.round(ms / 1000);
}

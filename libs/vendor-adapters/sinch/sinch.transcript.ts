import type { ApplicationView, ObjectTarget, RecordingView, Transcript } from '#libs/recording-model';
import { nameSinchObject, sinchTranscriptName } from './sinch.names.js';

/** Speakers as the vendor labels them: by the order in which they first speak. */
const LABEL = 'Speaker';

/**
 * The transcript file beside the recording: `<name>-transcript.json` with the whole text and its lines, each with its
 * beginning in seconds (contract §2.4).
 */
export function sinchTranscriptObject(
  recording: RecordingView,
  application: ApplicationView,
  transcript: Transcript,
): { readonly target: ObjectTarget; readonly body: string } {
  const { destination, name } = nameSinchObject(recording, application);
  const target = { destination, name: sinchTranscriptName(name), contentType: 'application/json' };
  const speakers = [...new Set(transcript.lines.map(({ speaker }) => speaker))];
  const lines = transcript.lines.map(({ startMs, speaker, text }) => ({
    timestamp: startMs / 1000,
    speakerLabel: `${LABEL} ${speakers.indexOf(speaker) + 1}`,
    text,
  }));
  return { target, body: JSON.stringify({ text: transcript.text, lines }) };
}

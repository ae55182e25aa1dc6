import { isDeepStrictEqual } from 'node:util';
import type { RecordingSpec } from '#libs/recording-model';
import { CONFERENCE_LABEL, SDRIVE_LABEL } from './sinch.names.js';

/**
 * Whether a second start asks for what is already being recorded: same scope, destination, format, transcription and
 * notifications (contract §2.5 row 12, §3.3). Then it is a no-op; otherwise the first recording is stopped and the
 * second begins. Credentials are not compared, as a spec does not hold them.
 */
export function sinchSameRecording(a: RecordingSpec, b: RecordingSpec): boolean {
  return isDeepStrictEqual(essence(a), essence(b));
}

/**
 * What a start means while another recording of the call runs (contract §2.5 row 12): the same changes nothing, another
 * one takes its place. A conference recording and a call recording are two things and run side by side (§0.4, §3.3). A
 * conference is recorded as the first participant asked: what those who join later ask for changes nothing (§3.3).
 */
export function sinchSecondStart(running: RecordingSpec, next: RecordingSpec): 'both' | 'ignore' | 'replace' {
  if (running.parties !== next.parties) return 'both';
  return next.parties === 'conference' || sinchSameRecording(running, next) ? 'ignore' : 'replace';
}

function essence(spec: RecordingSpec) {
  return {
    parties: spec.parties,
    destination: spec.destination,
    path: spec.labels[SDRIVE_LABEL] ?? null,
    conferenceId: spec.labels[CONFERENCE_LABEL] ?? null,
    format: spec.format,
    transcription: spec.transcription,
    subscriptions: spec.subscriptions,
  };
}

import { renditionSamples, type FinishReason, type RecordingView } from '#libs/recording-model';
import type { AculabApiVersion } from './aculab.settings.js';
import { decimal, type WireObject } from './aculab.wire-json.js';
import { recordingFilename } from './aculab.names.js';

/** Why a `record` action ended, in the vendor's words (contract §5.2). */
export const RECORD_REASONS = {
  stopKey: 'bargein',
  silence: 'silence',
  initialSilence: 'silence',
  maxDuration: 'duration',
  maxBytes: 'filesize',
  hangup: 'hangup',
  stopCommand: 'aborted',
  interrupted: 'aborted',
  transfer: 'other',
  mediaTimeout: 'other',
  error: 'error',
} as const satisfies Record<FinishReason, string>;

/**
 * `action_result` of a `record` action, in the member order of contract §5.3. The next page and the available
 * notification get the same one, but for `file_available` (contract §5.5).
 */
export function recordActionResult(
  recording: RecordingView,
  version: AculabApiVersion,
  fileAvailable: boolean,
): WireObject {
  const result = recordFacts(recording);
  return { action: 'record', result: version === 1 ? v1Result(result) : v2Result(result, recording, fileAvailable) };
}

interface RecordFacts {
  readonly filename: string;
  readonly containsSound: boolean;
  readonly tenths: number;
  readonly reason: string;
  readonly key: string | undefined;
}

function recordFacts(recording: RecordingView): RecordFacts {
  const { capture, failure } = recording;
  if (failure !== null || capture?.reason === 'error')
    return { filename: '', containsSound: false, tenths: 0, reason: 'error', key: undefined };
  return {
    filename: recordingFilename(recording),
    containsSound: capture?.containsSound ?? false,
    tenths: durationTenths(recording),
    reason: capture === null ? reasonOfNothing(recording) : RECORD_REASONS[capture.reason],
    key: capture?.reason === 'stopKey' ? capture.key : undefined,
  };
}

/** A recording without a single sample ended by the far end's hang-up, or because nobody spoke. */
function reasonOfNothing(recording: RecordingView): string {
  return recording.callState === 'ended' ? 'hangup' : 'silence';
}

/** Length of the file in tenths of a second, half up (contract §5.1). */
function durationTenths(recording: RecordingView): number {
  const { capture } = recording;
  return capture === null ? 0 : Math.floor((renditionSamples(capture) * 10) / capture.sampleRate + 0.5);
}

function v2Result(facts: RecordFacts, recording: RecordingView, fileAvailable: boolean): WireObject {
  return {
    id: String(recording.spec.labels['id'] ?? ''),
    filename: facts.filename,
    file_available: fileAvailable,
    contains_sound: facts.containsSound,
    seconds_duration: decimal(facts.tenths),
    reason: facts.reason,
    ...(facts.key === undefined ? {} : { barge_in_digit: facts.key }),
  };
}

function v1Result(facts: RecordFacts): WireObject {
  return { filename: facts.filename, contains_sound: facts.containsSound, seconds_duration: decimal(facts.tenths) };
}

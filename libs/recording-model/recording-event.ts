import type { RecordingEventName } from './recording-spec.js';
import type { CaptureResult, StorageReceipt } from './recording-facts.js';
import type { Failure } from './errors.js';

/** A fact about a recording, in canonical form. Adapters turn it into the vendor's own requests. */
export interface RecordingEvent {
  /** Unique and stable: the same on every delivery attempt. */
  readonly id: string;
  readonly recordingId: string;
  readonly name: RecordingEventName;
  /** Counts from 1 within the recording; deliveries keep this order. */
  readonly sequence: number;
  /** Wall time, ISO 8601 with ms. */
  readonly at: string;
  /** Media time of the call, ms. */
  readonly mediaTimeMs: number;
  readonly capture?: CaptureResult;
  readonly receipt?: StorageReceipt;
  readonly failure?: Failure;
  readonly transcript?: TranscriptFact;
}

/** The outcome of a transcription as events carry it. */
export interface TranscriptFact {
  readonly id: string;
  /** Empty in the ledger, where no spoken word lies; it is filled in from the transcript for those who are told. */
  readonly text: string;
  /** URI of the transcript object, or null where it lies only in the gateway. */
  readonly location: string | null;
}

import type { AccountingEntry } from './accounting.js';
import type { CallIdentity, CallState } from './call.js';
import type { ErrorCode, Failure } from './errors.js';
import type { CaptureResult, Rendition, StorageReceipt } from './recording-facts.js';
import type { JsonObject } from './json.js';
import type { RecordingSpec } from './recording-spec.js';
import type { RecordingState, TranscriptionState } from './recording-state.js';
import type { VendorName } from './vendor-name.js';

/** Everything the ledger knows of one recording. Holds no credential, only the sealed bag. */
export interface RecordingRecord {
  /** The gateway's own id. */
  readonly id: string;
  readonly tenantId: string;
  readonly applicationId: string;
  readonly vendor: VendorName;
  /** The gateway's own id of the call. */
  readonly callRef: string;
  readonly call: CallIdentity;
  /** Where a recording of a finished file gets its audio; absent for calls. */
  readonly source?: RecordingSource;
  /** The media node that owns the capture; null for files. */
  readonly nodeId: string | null;
  /** URL of the document that asked for the recording. */
  readonly documentUrl: string | null;
  readonly spec: RecordingSpec;
  /** The secret bag, sealed to tenant and recording; null when there are none. */
  readonly sealedSecrets: string | null;
  readonly accounting: readonly AccountingEntry[];
  /** Ids in the vendor's own form, minted at acceptance (`fileSid`, `recordingId`, `filename`, …). */
  readonly names: Readonly<Record<string, string>>;
  readonly state: RecordingState;
  /** Counts the transitions. */
  readonly version: number;
  /** Counts the stage starts; a commit must present the one it started with. */
  readonly epoch: number;
  readonly transcription: TranscriptionState;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Wall time of the first recorded sample. */
  readonly startedAt: string | null;
  readonly callState: CallState;
  /** Length of the call so far, ms; final once the call has ended. */
  readonly callDurationMs: number;
  readonly capture: CaptureResult | null;
  readonly rendition: Rendition | null;
  readonly receipt: StorageReceipt | null;
  readonly failure: Failure | null;
  /** When its file is to be deleted, ISO 8601; absent: never. */
  readonly deleteAt?: string;
  /** Nothing deletes the file while this holds. */
  readonly legalHold?: boolean;
  /** The last attempt to delete its file; absent: there was none. */
  readonly deletion?: DeletionAttempt;
  /** When its file was deleted; absent while it is kept. The record stays, as proof of what became of the audio. */
  readonly deletedAt?: string;
  /** What the vendor's API lets an application write on a recording afterwards (Kazoo `user_metadata`, FlexML keys). */
  readonly notes?: JsonObject;
  /** How many events the recording has had. */
  readonly eventCount: number;
  readonly history: readonly { readonly state: RecordingState; readonly at: string; readonly cause?: string }[];
}

/** `own`: what lies in a customer's own bucket is left alone. `everywhere`: it is removed there, too. */
export type DeletionScope = 'own' | 'everywhere';

/** An attempt to delete the file of a recording. While it goes on the recording cannot be held any more. */
export interface DeletionAttempt {
  readonly scope: DeletionScope;
  /** ISO 8601 with ms. */
  readonly begunAt: string;
  /** Counts the attempts. */
  readonly tries: number;
  /** Why the file is still there; absent: the attempt goes on, or was successful. */
  readonly failure?: { readonly code: ErrorCode; readonly message: string };
  /** When it is tried again; absent: when somebody asks for it. */
  readonly retryAt?: string;
}

/** What an adapter is shown of a recording when it renders events. */
export type RecordingView = Pick<
  RecordingRecord,
  | 'id'
  | 'vendor'
  | 'call'
  | 'documentUrl'
  | 'spec'
  | 'names'
  | 'createdAt'
  | 'startedAt'
  | 'callState'
  | 'callDurationMs'
  | 'capture'
  | 'rendition'
  | 'receipt'
  | 'failure'
  | 'deletedAt'
  | 'notes'
>;

/** Finished audio that is recorded as if it were a call. */
export type RecordingSource =
  /** Without userinfo; credentials stand in the recording's secret bag as `source.userinfo`. */
  | { readonly kind: 'url'; readonly url: string }
  /** Uploaded through the API and kept locally until it is captured. */
  | { readonly kind: 'upload' };

import type { FlowEnd } from '#libs/call-flow';
import type { CallMedia, RecordingRecord, SourcePosition } from '#libs/recording-model';
import type { RecordingRequest } from '../accept-recording.js';
import type { CallConnection } from './call-connection.js';
import type { CallContext } from './call-context.js';
import type { CallRecordings } from './call-recordings.js';
import type { FlowSituation } from './flow-requests.js';
import type { KeyCommands } from './key-commands.js';
import type { PendingWork } from './pending-work.js';
import type { RecordingRun } from './recording-run.js';
import type { RecordingWaiter } from './recording-waiter.js';

/** What the flow needs of the call it runs on. */
export interface FlowCall {
  readonly context: CallContext;
  readonly recordings: CallRecordings;
  readonly pending: PendingWork;
  readonly waiter: RecordingWaiter;
  /** The call as requests tell it, at this moment. */
  situation(): Pick<FlowSituation, 'callState' | 'callDurationMs' | 'answered' | 'hangupBy' | 'endReason'>;
  readonly media: CallMedia;
  readonly connection: CallConnection;
  readonly keyCommands: KeyCommands;
  /** Starts a recording; null when the vendor's rules make this start a repeat of a running one. */
  record(request: RecordingRequest, settled: (run: RecordingRun, record: RecordingRecord) => void): RecordingRun | null;
  /** Ends the recording of the call, or of its conference, that was started last, or all. */
  stopRecording(which: 'latest' | 'all'): void;
  answered(): void;
  warn(message: string, position?: SourcePosition): void;
  /** The flow wants the call to end, or has nothing more to do. */
  flowEnded(reason: FlowEnd): void;
}

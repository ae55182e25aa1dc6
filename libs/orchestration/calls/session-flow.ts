import { CallFlowRunner, type FlowListener, type FlowFetch, type RecordingHandle } from '#libs/call-flow';
import {
  toRecgateError,
  type CallMedia,
  type FlowRequest,
  type FlowStep,
  type JsonObject,
  type ParsedDocument,
  type Party,
  type RecordAction,
  type RecordingRecord,
  type SecretBag,
  type VendorDocument,
} from '#libs/recording-model';
import { recordingSecrets } from '../accept-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import type { CallContext } from './call-context.js';
import type { CallRecordings } from './call-recordings.js';
import { requestDocument, requestOnly, type FlowRequestPorts, type FlowSituation } from './flow-requests.js';
import type { PendingWork } from './pending-work.js';
import type { RecordingRun } from './recording-run.js';
import type { RecordingWaiter } from './recording-waiter.js';

/** What the flow needs of the call it runs on. */
export interface FlowCall {
  readonly context: CallContext;
  readonly media: CallMedia;
  readonly recordings: CallRecordings;
  readonly pending: PendingWork;
  readonly waiter: RecordingWaiter;
  /** The call as requests tell it, at this moment. */
  situation(): Pick<FlowSituation, 'callState' | 'callDurationMs' | 'hangupBy'>;
  warn(message: string): void;
  /** The flow wants the call to end (`explicit`), or has nothing more to do. */
  flowEnded(explicit: boolean): void;
}

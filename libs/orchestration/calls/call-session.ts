import { CallFlowRunner } from '#libs/call-flow';
import {
  RecgateError,
  toRecgateError,
  type AccountingEntry,
  type ApplicationView,
  type CallIdentity,
  type CallMedia,
  type CallMediaListener,
  type CallState,
  type FlowAction,
  type FlowClient,
  type FlowContext,
  type FlowRequest,
  type JsonObject,
  type ParsedDocument,
  type Party,
  type RecordAction,
  type RecordingRecord,
  type RecordingView,
  type SecretBag,
  type VendorDocument,
  type VendorName,
} from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { CallRecordings } from './call-recordings.js';
import { requestDocument, requestOnly, type FlowRequestPorts, type FlowSituation } from './flow-requests.js';
import { FlowBridge } from './flow-bridge.js';
import type { ControlCommand } from './node-protocol.js';
import { PendingWork } from './pending-work.js';
import type { RecordingRun } from './recording-run.js';
import type { RecordingWaiter } from './recording-waiter.js';

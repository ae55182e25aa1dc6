import { createHash } from 'node:crypto';
import type {
  AccountingEntry,
  ApplicationView,
  CallIdentity,
  CallState,
  JsonObject,
  RecordAction,
  RecordingRecord,
  RecordingSource,
} from '#libs/recording-model';
import type { OrchestrationPorts } from './ports.js';

export interface RecordingRequest {
  readonly application: ApplicationView;
  readonly callRef: string;
  readonly call: CallIdentity;
  readonly callState: CallState;
  readonly callDurationMs: number;
  readonly nodeId: string | null;
  readonly documentUrl: string | null;
  readonly action: Pick<RecordAction, 'spec' | 'secrets' | 'apart'>;
  readonly accounting: readonly AccountingEntry[];
  /** What the call's flow has carried along so far; some vendors name files by it. */
  readonly flowState?: JsonObject;
  /** For finished files. */
  readonly source?: RecordingSource;
  /** The same start asked for twice makes one recording; null: every start is a new one. */
  readonly idempotencyKey: string | null;
}

type AcceptPorts = Pick<OrchestrationPorts, 'ledger' | 'vault' | 'ids' | 'clock' | 'adapters' | 'names'>;

/**
 * Writes a recording into the ledger with its credentials sealed. A vendor's start is acknowledged only after this
 * has resolved.
 */
export async function acceptRecording(
  ports: AcceptPorts,
  request: RecordingRequest,
): Promise<{ readonly record: RecordingRecord; readonly created: boolean }> {
  return ports.ledger.recordings.accept(newRecordingRecord(ports, request));
}

/** The record of a recording that is being accepted; its id follows from the idempotency key where there is one. */
export function newRecordingRecord(ports: AcceptPorts, request: RecordingRequest): RecordingRecord {
  const { application, action, call } = request;
  const now = ports.clock.now();
  const { names: claims } = ports;
  const id = request.idempotencyKey === null ? ports.ids.hex(24) : recordingIdOf(application.tenantId, request.idempotencyKey);
  const names = ports.adapters[action.spec.vendor].mintNames({
    application,
    call,
    ids: ports.ids,
    now,
    spec: action.spec,
    recordingId: id,
    ...(claims === undefined ? {} : { claim: (name: string) => claims.claim(application.applicationId, name) }),
    ...(request.flowState === undefined ? {} : { flowState: request.flowState }),
  });
  const hasSecrets = Object.keys(action.secrets).length > 0;
  const at = now.toISOString();
  return {
    id,
    tenantId: application.tenantId,
    applicationId: application.applicationId,
    vendor: action.spec.vendor,
    callRef: request.callRef,
    call,
    ...(request.source === undefined ? {} : { source: request.source }),
    nodeId: request.nodeId,
    documentUrl: request.documentUrl,
    spec: action.spec,
    sealedSecrets: hasSecrets ? ports.vault.seal(action.secrets, { tenantId: application.tenantId, ownerId: id }) : null,
    accounting: request.accounting,
    names,
    state: 'accepted',
    version: 0,
    epoch: 0,
    transcription: 'none',
    createdAt: at,
    updatedAt: at,
    startedAt: null,
    callState: request.callState,
    callDurationMs: request.callDurationMs,
    capture: null,
    rendition: null,
    receipt: null,
    failure: null,
    eventCount: 0,
    history: [{ state: 'accepted', at }],
  };
}

/** The id of a recording that is asked for under an idempotency key. */
export function recordingIdOf(tenantId: string, key: string): string {
  return createHash('sha256').update(`${tenantId}\n${key}`).digest('hex').slice(0, 24);
}

/** Opens a recording's own credentials; an empty bag when it has none. */
export function recordingSecrets(ports: Pick<OrchestrationPorts, 'vault'>, record: RecordingRecord) {
  if (record.sealedSecrets === null) return {};
  return ports.vault.open(record.sealedSecrets, { tenantId: record.tenantId, ownerId: record.id });
}

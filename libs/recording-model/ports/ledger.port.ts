import type { CallEndReason, CallIdentity, CallState, Party } from '../call.js';
import type { ErrorCode } from '../errors.js';
import type { DocumentLedger } from './document-ledger.port.js';
import type { RecordingEvent } from '../recording-event.js';
import type { DeletionAttempt, RecordingRecord } from '../recording-record.js';
import type { RecordingState } from '../recording-state.js';
import type { VendorName } from '../vendor-name.js';
import type { WireRequest } from './vendor-adapter.port.js';

/**
 * The truth about recordings. Every transition is atomic: state and version are compared, the record is written and
 * the events are appended to the outbox, or nothing happens. Not part of this contract: queues, rendering, sending.
 */
export interface RecordingLedger {
  /**
   * Writes a new recording and its outbox entry. A record whose id is already there is left alone and returned:
   * ids of idempotent starts are derived from the caller's key, so a repeat finds the first.
   */
  accept(record: RecordingRecord): Promise<{ readonly record: RecordingRecord; readonly created: boolean }>;
  get(recordingId: string): Promise<RecordingRecord | null>;
  /**
   * Moves a recording. `decide` sees the current record and returns the move, or null to leave it; it is called again
   * when another writer was faster, so it must be pure.
   */
  transition(recordingId: string, decide: (current: RecordingRecord) => RecordingMove | null): Promise<TransitionOutcome>;
  list(query: RecordingQuery): Promise<RecordingPage>;
  /** The application's newest recording that has this among its `names`; null when there is none. */
  findByName(applicationId: string, name: string): Promise<RecordingRecord | null>;
  /** All events of a recording in order. */
  events(recordingId: string): Promise<readonly RecordingEvent[]>;
  /** Recordings that something is left to be done for and that have not moved since the given time. */
  stuckSince(before: Date, limit: number): Promise<readonly RecordingRecord[]>;
  /**
   * Recordings whose file is to be deleted now, the longest due first: their `deleteAt` has come, an attempt is to be
   * repeated, or has been going on for so long that whoever made it must be dead. Held and deleted ones are not among them.
   */
  dueForDeletion(now: Date, limit: number): Promise<readonly RecordingRecord[]>;
}

/** What may change of a record besides its state; identity and spec never do. */
export type RecordingPatch = Partial<
  Pick<
    RecordingRecord,
    | 'nodeId'
    | 'transcription'
    | 'startedAt'
    | 'callState'
    | 'callDurationMs'
    | 'call'
    | 'capture'
    | 'rendition'
    | 'receipt'
    | 'failure'
    | 'deletedAt'
    | 'notes'
    | 'legalHold'
  >
> & {
  /** Undefined takes the date away. */
  readonly deleteAt?: string | undefined;
  /** Undefined forgets the attempt. */
  readonly deletion?: DeletionAttempt | undefined;
};

export interface RecordingMove {
  /** May equal the current state (facts change, or a stage is taken over). Must be allowed by `NEXT_STATES` otherwise. */
  readonly to: RecordingState;
  readonly at: Date;
  readonly patch?: RecordingPatch;
  readonly events?: readonly NewRecordingEvent[];
  /** True when a stage begins: the epoch is raised and the stage's commit must present it. */
  readonly beginsStage?: boolean;
  readonly cause?: string;
}

export type NewRecordingEvent = Omit<RecordingEvent, 'id' | 'recordingId' | 'sequence'>;

export type TransitionOutcome =
  | { readonly applied: true; readonly record: RecordingRecord }
  | { readonly applied: false; readonly record: RecordingRecord | null };

export interface RecordingQuery {
  readonly tenantId: string;
  readonly applicationId?: string;
  readonly callRef?: string;
  readonly state?: RecordingState;
  readonly vendor?: VendorName;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
  /** 1..200. */
  readonly limit: number;
  /** Opaque, from the previous page. */
  readonly cursor?: string;
}

export interface RecordingPage {
  /** Newest first. */
  readonly items: readonly RecordingRecord[];
  readonly nextCursor: string | null;
}

/** Entries that wait to be turned into jobs and deliveries. Delivered at least once, in order per recording. */
export interface Outbox {
  /**
   * Hands entries to `handle` until the signal aborts; an entry is removed after `handle` resolved and comes again
   * when it did not, also after a crash.
   */
  consume(handle: (entry: OutboxEntry) => Promise<void>, signal: AbortSignal): Promise<void>;
  /** Entries not yet removed. */
  pending(): Promise<number>;
}

export interface OutboxEntry {
  readonly recordingId: string;
  readonly state: RecordingState;
  /** False when the move stayed in the state: facts changed, or a stage began. */
  readonly entered: boolean;
  readonly epoch: number;
  /** Sequence numbers of the events that came with the move. */
  readonly eventSequences: readonly number[];
}

/** A customer application: one vendor's dialect, its settings and credentials. */
export interface ApplicationRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly vendor: VendorName;
  readonly settings: Readonly<Record<string, string>>;
  /** The names by which the vendor's own API knows it (application key, account id, user name, …). */
  readonly addresses: readonly string[];
  /** The secret settings, sealed to tenant and application; null when there are none. */
  readonly sealedSecrets: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ApplicationLedger {
  save(application: ApplicationRecord): Promise<void>;
  get(applicationId: string): Promise<ApplicationRecord | null>;
  list(tenantId: string): Promise<readonly ApplicationRecord[]>;
  /** All applications of that vendor with that name among their `addresses`; which one is meant, its secret decides. */
  findByAddress(vendor: VendorName, address: string): Promise<readonly ApplicationRecord[]>;
  delete(applicationId: string): Promise<void>;
}

/** A call as the gateway keeps it; its audio lives in the media node alone. */
export interface CallRecord {
  readonly callRef: string;
  readonly tenantId: string;
  readonly applicationId: string;
  readonly vendor: VendorName;
  readonly nodeId: string;
  readonly identity: CallIdentity;
  readonly state: CallState;
  readonly createdAt: string;
  readonly answeredAt: string | null;
  readonly endedAt: string | null;
  readonly endedBy: Party | 'gateway' | null;
  /** Why it ended; absent while it lasts. */
  readonly endReason?: CallEndReason;
  /** Its length from the answer on by its media, ms; absent while it lasts. */
  readonly durationMs?: number;
  /** The error that broke its flow; absent: none did. */
  readonly failure?: ErrorCode;
  /** The conference the call is in; absent: it is in none. */
  readonly conference?: { readonly conferenceId: string; readonly joinedAt: string; readonly muted: boolean; readonly onHold?: boolean };
  /** Where each leg's media is expected, as the API shows it. */
  readonly media: Readonly<Record<string, { readonly transport: string; readonly address: string }>>;
  readonly warnings: readonly string[];
  /** `{ state }`: what its flow has carried along, JSON, sealed to tenant and call; absent: nothing. */
  readonly sealedFlowState?: string;
  /** True while its application is still to be told that it has ended with its process. */
  readonly endUntold?: boolean;
}

export interface CallLedger {
  save(call: CallRecord): Promise<void>;
  get(callRef: string): Promise<CallRecord | null>;
  /** Newest first, at most `limit`. */
  list(tenantId: string, limit: number): Promise<readonly CallRecord[]>;
  /** The same of one application. */
  listOfApplication(applicationId: string, limit: number): Promise<readonly CallRecord[]>;
  /** The application's calls that are in the conference at the moment, in no order. */
  listOfConference(applicationId: string, conferenceId: string): Promise<readonly CallRecord[]>;
  /** By the id in the vendor's own form; the newest when several bear it. */
  findByCallId(applicationId: string, callId: string): Promise<CallRecord | null>;
}

/** What became of one notification; every attempt is kept. */
export interface DeliveryRecord {
  /** `<recordingId>.<subscription>.<sequence>`: the same however often it is made. */
  readonly id: string;
  readonly tenantId: string;
  readonly recordingId: string;
  readonly subscription: string;
  readonly purpose: string;
  readonly eventSequence: number;
  readonly status: 'pending' | 'delivered' | 'exhausted' | 'gone';
  readonly attempts: readonly DeliveryAttempt[];
  /** Whether the next attempt goes to the fallback address. */
  readonly fallbackNext: boolean;
  /** When the next attempt is due; null: at once, or never when the status is final. */
  readonly nextAttemptAt: string | null;
  readonly createdAt: string;
}

export interface DeliveryAttempt {
  readonly at: string;
  readonly request: Pick<WireRequest, 'method' | 'url'>;
  readonly fallback: boolean;
  /** HTTP status, or null when no answer came. */
  readonly status: number | null;
  readonly durationMs: number;
  readonly error: string | null;
  /** The first bytes of the answer. */
  readonly responseExcerpt: string;
}

/** Deliveries of one recording and subscription form a chain that is worked off in order. */
export interface DeliveryLedger {
  /** Appends to the chain; a delivery that is already there is left alone. */
  enqueue(delivery: DeliveryRecord): Promise<boolean>;
  get(deliveryId: string): Promise<DeliveryRecord | null>;
  /** The first delivery of the chain that is still pending. */
  head(recordingId: string, subscription: string): Promise<DeliveryRecord | null>;
  update(delivery: DeliveryRecord): Promise<void>;
  listOfRecording(recordingId: string): Promise<readonly DeliveryRecord[]>;
  /** Takes the chain for one worker; null when another has it. The lease ends by itself after `leaseMs`. */
  lease(recordingId: string, subscription: string, leaseMs: number): Promise<ChainLease | null>;
  /** Chains with a pending head that was due before the given time. */
  overdue(before: Date, limit: number): Promise<readonly { readonly recordingId: string; readonly subscription: string }[]>;
}

export interface ChainLease {
  release(): Promise<void>;
}

/** Uploads begun and not yet confirmed, so that what a dead process left can be aborted. */
export interface LeftoverLedger {
  note(recordingId: string, leftover: string): Promise<void>;
  clear(recordingId: string): Promise<void>;
  list(limit: number): Promise<readonly { readonly recordingId: string; readonly leftover: string }[]>;
}

/** Which media nodes are alive. */
export interface NodeLedger {
  /** @param ttlMs after which the node counts as lost unless it beats again */
  heartbeat(node: NodeStatus, ttlMs: number): Promise<void>;
  alive(): Promise<readonly NodeStatus[]>;
  remove(nodeId: string): Promise<void>;
}

export interface NodeStatus {
  readonly nodeId: string;
  readonly calls: number;
  readonly maxCalls: number;
  readonly accepting: boolean;
  /** Where it takes WebSocket audio, `ws://host:port`; absent: nowhere. */
  readonly websocketUrl?: string;
}

/** All of it, as the apps bind it. */
export interface Ledger {
  readonly recordings: RecordingLedger;
  readonly outbox: Outbox;
  readonly applications: ApplicationLedger;
  readonly calls: CallLedger;
  readonly documents: DocumentLedger;
  readonly deliveries: DeliveryLedger;
  readonly leftovers: LeftoverLedger;
  readonly nodes: NodeLedger;
  /** Every new event as it is written, for live listeners; nothing is replayed. Returns a function that stops it. */
  watch(tenantId: string, listener: (event: RecordingEvent) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

import { setTimeout as delay } from 'node:timers/promises';
import { RecgateError, toRecgateError, type RecordingRecord } from '#libs/recording-model';
import { deleteRecording, isGoingOn, postponeDeletion, removeTraces } from './delete-recording.js';
import { secondsAfter } from './deletion-date.js';
import type { OrchestrationPorts } from './ports.js';

/** Files that are looked at together, and how many in all that one pass takes. */
const BATCH = 500;
const MOST_IN_A_PASS = 50_000;
/** Stores that are worked on at a time, and deletions at each. */
const STORES_AT_ONCE = 16;
const DELETIONS_AT_ONCE = 4;
/** A pass waits no longer for one deletion: others are due as well, ms. It goes on all the same. */
const PATIENCE_MS = 10_000;

/** Something else whose time may be over (files that no recording made); answers how much it removed. */
export type Expiry = (now: Date) => Promise<number>;

export interface RetentionReport {
  readonly deleted: number;
  /** Nothing can be done about these: the store refuses, or has no way to delete. */
  readonly given_up: number;
  readonly others: number;
}

/**
 * Changes how long a stored recording is kept, counted from when it was stored.
 * @param seconds null: for ever
 * @returns the record as it is now; null when there is none
 * @throws RecgateError `request.conflict` before it is stored, or when its file is being deleted at this moment
 */
export async function changeRetention(
  ports: Pick<OrchestrationPorts, 'ledger' | 'clock'>,
  recordingId: string,
  seconds: number | null,
): Promise<RecordingRecord | null> {
  const outcome = await ports.ledger.recordings.transition(recordingId, (current) => {
    if (current.receipt === null) throw new RecgateError('request.conflict', `The recording ${recordingId} is not stored yet`);
    if (current.deletedAt !== undefined) return null;
    refuseOnceGone(current);
    const deleteAt = seconds === null ? undefined : secondsAfter(new Date(current.receipt.storedAt), seconds);
    // An attempt in vain is forgotten: at the new date it is tried anew.
    return { to: current.state, at: ports.clock.now(), patch: { deleteAt, deletion: undefined } };
  });
  return outcome.record;
}

/**
 * Puts a recording under legal hold or takes it off: while it is held nothing deletes its file.
 * @returns the record as it is now; null when there is none
 * @throws RecgateError `request.conflict` when its file is gone, or is being deleted at this moment
 */
export async function holdRecording(
  ports: Pick<OrchestrationPorts, 'ledger' | 'clock'>,
  recordingId: string,
  legalHold: boolean,
): Promise<RecordingRecord | null> {
  const outcome = await ports.ledger.recordings.transition(recordingId, (current) => {
    if (legalHold) refuseOnceGone(current);
    return current.deletedAt !== undefined ? null : { to: current.state, at: ports.clock.now(), patch: { legalHold } };
  });
  return outcome.record;
}

function refuseOnceGone(record: RecordingRecord): void {
  const gone = record.deletedAt !== undefined;
  if (!gone && !isGoingOn(record)) return;
  throw new RecgateError('request.conflict', `The recording ${record.id} ${gone ? 'was deleted' : 'is being deleted'}`);
}

type Outcome = 'deleted' | 'given_up' | 'later';

/** Deletes the files whose time is over, each once, and finishes deletions that dead processes have begun. */
export class Retention {
  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly expiries: readonly Expiry[] = [],
  ) {}

  async run(): Promise<RetentionReport> {
    const now = this.ports.clock.now();
    const outcomes: Outcome[] = [];
    const seen = new Set<string>();
    while (seen.size < MOST_IN_A_PASS) {
      const listed = await this.ports.ledger.recordings.dueForDeletion(this.ports.clock.now(), BATCH);
      // What waits for somebody else is still listed.
      const due = listed.filter(({ id }) => !seen.has(id));
      if (due.length === 0) break;
      for (const { id } of due) seen.add(id);
      await inParallel([...groupedByStore(due).values()], STORES_AT_ONCE, async (group) => {
        outcomes.push(...(await this.expireAll(group)));
      });
    }
    let others = 0;
    for (const expire of this.expiries) others += await expire(now);
    const count = (wanted: Outcome) => outcomes.filter((each) => each === wanted).length;
    return { deleted: count('deleted'), given_up: count('given_up'), others };
  }

  /** Files of one store: when it is away, the rest of them is put off without asking it for each. */
  private async expireAll(records: readonly RecordingRecord[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    let isAway = false;
    await inParallel(records, DELETIONS_AT_ONCE, async (record) => {
      if (isAway) await postponeDeletion(this.ports, record.id);
      const outcome = isAway ? 'later' : await within(PATIENCE_MS, this.expire(record), 'later' as const);
      isAway ||= outcome === 'later' && record.spec.destination.kind !== 'media-store';
      outcomes.push(outcome);
    });
    return outcomes;
  }

  private async expire(record: RecordingRecord): Promise<Outcome> {
    const { log } = this.ports;
    try {
      const scope = isGoingOn(record) ? (record.deletion?.scope ?? 'everywhere') : 'everywhere';
      await deleteRecording(this.ports, record.id, scope, { whenDue: true });
      log.info('recording deleted: its time is over', { recordingId: record.id, deleteAt: record.deleteAt });
      return 'deleted';
    } catch (thrown) {
      const error = toRecgateError(thrown);
      log.warn('a recording whose time is over is still there', { recordingId: record.id, code: error.code, reason: error.message });
      // Held or kept since it was listed, or a store that is away: a later pass sees it again.
      if (error.retry || error.code === 'request.conflict') return 'later';
      log.error('a recording whose time is over cannot be deleted', { recordingId: record.id, location: record.receipt?.location });
      await removeTraces(this.ports, record);
      return 'given_up';
    }
  }
}

/** By what would be away together. */
function groupedByStore(records: readonly RecordingRecord[]): ReadonlyMap<string, readonly RecordingRecord[]> {
  return Map.groupBy(records, ({ spec: { destination }, tenantId }) => {
    const { kind } = destination;
    if (kind === 's3' || kind === 'gcs') return JSON.stringify([kind, destination.endpoint, destination.bucket]);
    if (kind === 'azure-blob') return JSON.stringify([kind, destination.account, destination.container]);
    return JSON.stringify([kind, tenantId]);
  });
}

async function inParallel<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const item of { [Symbol.iterator]: () => left }) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}

async function within<T>(ms: number, work: Promise<T>, otherwise: T): Promise<T> {
  const late = new AbortController();
  const patience = delay(ms, otherwise, { signal: late.signal, ref: false }).catch(() => otherwise);
  try {
    return await Promise.race([work, patience]);
  } finally {
    late.abort();
  }
}

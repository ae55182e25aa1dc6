import { RecgateError, toRecgateError, type RecordingRecord } from '#libs/recording-model';
import { deleteRecording } from './delete-recording.js';
import { secondsAfter } from './deletion-date.js';
import type { OrchestrationPorts } from './ports.js';

/** Files that one pass deletes. */
const MOST_AT_ONCE = 500;

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
 * @throws RecgateError `request.conflict` before it is stored
 */
export async function changeRetention(
  ports: Pick<OrchestrationPorts, 'ledger' | 'clock'>,
  recordingId: string,
  seconds: number | null,
): Promise<RecordingRecord | null> {
  const outcome = await ports.ledger.recordings.transition(recordingId, (current) => {
    if (current.receipt === null) throw new RecgateError('request.conflict', `The recording ${recordingId} is not stored yet`);
    const deleteAt = seconds === null ? undefined : secondsAfter(new Date(current.receipt.storedAt), seconds);
    return current.deletedAt !== undefined ? null : { to: current.state, at: ports.clock.now(), patch: { deleteAt } };
  });
  return outcome.record;
}

/** Puts a recording under legal hold or takes it off: while it is held nothing deletes its file. */
export async function holdRecording(
  ports: Pick<OrchestrationPorts, 'ledger' | 'clock'>,
  recordingId: string,
  legalHold: boolean,
): Promise<RecordingRecord | null> {
  const outcome = await ports.ledger.recordings.transition(recordingId, (current) =>
    current.deletedAt !== undefined ? null : { to: current.state, at: ports.clock.now(), patch: { legalHold } },
  );
  return outcome.record;
}

/** Deletes the files whose time is over, each once. */
export class Retention {
  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly expiries: readonly Expiry[] = [],
  ) {}

  async run(): Promise<RetentionReport> {
    const now = this.ports.clock.now();
    const outcomes: ('deleted' | 'given_up' | 'later')[] = [];
    for (const record of await this.ports.ledger.recordings.dueForDeletion(now, MOST_AT_ONCE)) {
      outcomes.push(await this.expire(record));
    }
    let others = 0;
    for (const expire of this.expiries) others += await expire(now);
    const count = (outcome: (typeof outcomes)[number]) => outcomes.filter((each) => each === outcome).length;
    return { deleted: count('deleted'), given_up: count('given_up'), others };
  }

  private async expire(record: RecordingRecord): Promise<'deleted' | 'given_up' | 'later'> {
    const { log } = this.ports;
    try {
      await deleteRecording(this.ports, record.id, 'everywhere');
      log.info('recording deleted: its time is over', { recordingId: record.id, deleteAt: record.deleteAt });
      return 'deleted';
    } catch (thrown) {
      const error = toRecgateError(thrown);
      log.warn('a recording whose time is over is still there', { recordingId: record.id, code: error.code, reason: error.message });
      // Held since it was listed, or a store that is away: the next pass sees it again.
      if (error.retry || error.code === 'request.conflict') return 'later';
      log.error('a recording whose time is over cannot be deleted', { recordingId: record.id, location: record.receipt?.location });
      await changeRetention(this.ports, record.id, null);
      return 'given_up';
    }
  }
}

import type { Ledger, RecordingEvent, RecordingLedger, RecordingRecord } from '#libs/recording-model';
import type { Activity } from './activity.js';

/** Told of what is written into the ledger, as it is written. */
export interface LedgerObserver {
  accepted(record: RecordingRecord): void;
  happened(event: RecordingEvent): void;
}

/** The same ledger, with somebody watching. */
export async function observeLedger(
  ledger: Ledger,
  tenantId: string,
  observer: LedgerObserver,
  activity: Activity,
): Promise<Ledger> {
  await ledger.watch(tenantId, (event) => observer.happened(event));
  const { recordings } = ledger;
  const observed: RecordingLedger = {
    async accept(record) {
      activity.stir();
      const accepted = await recordings.accept(record);
      if (accepted.created) observer.accepted(accepted.record);
      return accepted;
    },
    transition(recordingId, decide) {
      activity.stir();
      return recordings.transition(recordingId, decide);
    },
    get: (recordingId) => recordings.get(recordingId),
    list: (query) => recordings.list(query),
    findByName: (applicationId, name) => recordings.findByName(applicationId, name),
    events: (recordingId) => recordings.events(recordingId),
    dueForDeletion: (now, limit) => recordings.dueForDeletion(now, limit),
    stuckSince: (before, limit) => recordings.stuckSince(before, limit),
  };
  return { ...ledger, recordings: observed };
}

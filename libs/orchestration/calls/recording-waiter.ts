import { isTerminal, RecgateError, type Ledger, type RecordingRecord } from '#libs/recording-model';

const LOOK_AGAIN_MS = 1000;

/** Waits for recordings to reach their end; live announcements make it quick, looking again makes it certain. */
export class RecordingWaiter {
  private readonly watches = new Map<string, Promise<() => Promise<void>>>();
  private readonly waiting = new Map<string, Set<() => void>>();

  constructor(private readonly ledger: Ledger) {}

  /** Resolves with the record once it is in a terminal state. */
  async untilTerminal(tenantId: string, recordingId: string): Promise<RecordingRecord> {
    await this.watch(tenantId);
    for (;;) {
      const changed = this.nextChange(recordingId);
      const record = await this.ledger.recordings.get(recordingId).catch(() => undefined);
      if (record === null) throw new RecgateError('request.not_found', `There is no recording ${recordingId}`);
      if (record !== undefined && isTerminal(record.state)) return record;
      await changed;
    }
  }

  async close(): Promise<void> {
    const stops = await Promise.all(this.watches.values());
    await Promise.all(stops.map((stop) => stop()));
    this.watches.clear();
  }

  private watch(tenantId: string): Promise<unknown> {
    let watch = this.watches.get(tenantId);
    if (watch === undefined) {
      watch = this.ledger.watch(tenantId, (event) => {
        for (const wake of this.waiting.get(event.recordingId) ?? []) wake();
      });
      this.watches.set(tenantId, watch);
    }
    return watch;
  }

  private nextChange(recordingId: string): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.waiting.get(recordingId) ?? new Set();
      this.waiting.set(recordingId, waiters);
      const wake = () => {
        clearTimeout(again);
        waiters.delete(wake);
        if (waiters.size === 0) this.waiting.delete(recordingId);
        resolve();
      };
      const again = setTimeout(wake, LOOK_AGAIN_MS);
      again.unref();
      waiters.add(wake);
    });
  }
}

import { isTerminal, RecgateError, type Ledger, type RecordingRecord } from '#libs/recording-model';

const LOOK_AGAIN_MS = 1000;
/** Tries of its store after which a recording is not waited for by a call; with their pauses they take a quarter to half a minute. */
const MOST_STORE_TRIES = 4;

/** Waits for recordings to reach their end; live announcements make it quick, looking again makes it certain. */
export class RecordingWaiter {
  private readonly watches = new Map<string, Promise<() => Promise<void>>>();
  private readonly waiting = new Map<string, Set<() => void>>();

  constructor(private readonly ledger: Ledger) {}

  /** Resolves with the record once it is in a terminal state. */
  untilTerminal(tenantId: string, recordingId: string): Promise<RecordingRecord> {
    return this.until(tenantId, recordingId, ({ state }) => isTerminal(state));
  }

  /**
   * The same, but not for longer than a party would wait for a store that is away: resolves with a record that is still
   * being stored when its store has refused it again and again. An upload that merely takes its time is waited for.
   */
  untilTerminalOrStuck(tenantId: string, recordingId: string): Promise<RecordingRecord> {
    let first: number | null = null;
    return this.until(tenantId, recordingId, ({ state, epoch }) => {
      if (state === 'storing') first ??= epoch;
      return isTerminal(state) || (first !== null && epoch - first >= MOST_STORE_TRIES);
    });
  }

  private async until(tenantId: string, recordingId: string, isOver: (record: RecordingRecord) => boolean): Promise<RecordingRecord> {
    await Promise.race([this.watch(tenantId), this.nextChange(recordingId)]);
    for (;;) {
      const changed = this.nextChange(recordingId);
      const record = await this.ledger.recordings.get(recordingId).catch(() => undefined);
      if (record === null) throw new RecgateError('request.not_found', `There is no recording ${recordingId}`);
      if (record !== undefined && isOver(record)) return record;
      await changed;
    }
  }

  async close(): Promise<void> {
    const watches = [...this.watches.values()];
    this.watches.clear();
    const closed = watches.map((watch) => watch.then((stop) => stop(), () => undefined));
    await Promise.all(closed);
  }

  /** Never rejects: without announcements the looking goes on, and the next wait tries again. */
  private async watch(tenantId: string): Promise<void> {
    let watch = this.watches.get(tenantId);
    if (watch === undefined) {
      watch = this.ledger.watch(tenantId, (event) => {
        for (const wake of this.waiting.get(event.recordingId) ?? []) wake();
      });
      this.watches.set(tenantId, watch);
    }
    await watch.catch(() => this.watches.delete(tenantId));
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

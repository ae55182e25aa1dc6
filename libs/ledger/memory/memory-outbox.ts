import type { Outbox, OutboxEntry } from '#libs/recording-model';

const RETRY_PAUSE_MS = 50;

/** The outbox of the in-memory ledger: the same at-least-once, in-order contract inside one process. */
export class MemoryOutbox implements Outbox {
  private readonly entries: OutboxEntry[] = [];
  private wake: () => void = () => undefined;

  append(entry: OutboxEntry): void {
    this.entries.push(entry);
    this.wake();
  }

  async consume(handle: (entry: OutboxEntry) => Promise<void>, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.wake(), { once: true });
    // What fails for one recording holds up the later entries of that recording and nothing else.
    const held = new Set<string>();
    while (!signal.aborted) {
      const entry = this.entries.find(({ recordingId }) => !held.has(recordingId));
      if (entry === undefined) {
        await this.change(held.size === 0 ? null : RETRY_PAUSE_MS);
        held.clear();
      } else if (await succeeds(handle(entry))) {
        this.entries.splice(this.entries.indexOf(entry), 1);
      } else {
        held.add(entry.recordingId);
      }
    }
  }

  /** Resolves at the next entry, or after so many ms. */
  private async change(afterMs: number | null): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (afterMs !== null) timer = setTimeout(resolve, afterMs);
    });
    clearTimeout(timer);
  }

  pending(): Promise<number> {
    return Promise.resolve(this.entries.length);
  }
}

function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

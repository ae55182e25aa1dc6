import type { Outbox, OutboxEntry } from '#libs/recording-model';

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
    while (!signal.aborted) {
      const entry = this.entries[0];
      if (entry === undefined) {
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      const handled = await handle(entry).then(
        () => true,
        () => false,
      );
      if (handled) this.entries.shift();
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  pending(): Promise<number> {
    return Promise.resolve(this.entries.length);
  }
}

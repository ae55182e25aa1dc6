import { setTimeout as delay } from 'node:timers/promises';
import { RecgateError, toRecgateError } from '#libs/recording-model';
import type { OrchestrationLog } from '../ports.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/**
 * Writes of one recording to the ledger, one after the other. While the ledger is away they wait and are tried
 * again: the audio is safe in the spool, and a live call must not end for it.
 */
export class PatientWriter {
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(private readonly log: OrchestrationLog) {}

  /** Runs after all earlier writes; resolves with the result once it was written. */
  write<T>(what: string, action: () => Promise<T>): Promise<T> {
    this.waiting += 1;
    const result = this.tail.then(() => this.untilWritten(what, action));
    this.tail = result.then(
      () => this.done(),
      () => this.done(),
    );
    return result;
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.waiting > 0) await this.tail;
  }

  private done(): void {
    this.waiting -= 1;
  }

  private async untilWritten<T>(what: string, action: () => Promise<T>): Promise<T> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await action();
      } catch (thrown) {
        if (!isLedgerAway(thrown)) throw thrown;
        this.log.warn('ledger is away, trying again', { what, reason: toRecgateError(thrown).message });
        await delay(pause);
      }
    }
  }
}

/**
 * Asks again while the ledger is away, at most for so long: for what nobody can be kept waiting for without end.
 * @throws what the last try threw
 */
export async function whileLedgerIsAway<T>(patienceMs: number, ask: () => Promise<T>): Promise<T> {
  const until = performance.now() + patienceMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await ask();
    } catch (thrown) {
      if (!isLedgerAway(thrown) || performance.now() + pause > until) throw thrown;
      await delay(pause);
    }
  }
}

/** The ledger's server at a loss: its connections, and what it answers while it starts, fails over, is full or alone. */
const AWAY = new RegExp(
  [
    'ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN',
    'MaxRetriesPerRequest|Connection is|connection close|writeable|is disconnect|timed out|socket',
    'LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY|OOM command|MISCONF|NOAUTH|WRONGPASS',
    'ClusterAllFailed|Cluster isn|Failed to refresh|startup nodes|sentinels',
  ].join('|'),
  'i',
);

/** Trouble of the ledger that passes, as the Redis client words it; a wrong move or a bug is none. */
export function isLedgerAway(thrown: unknown): boolean {
  if (thrown instanceof RecgateError) return thrown.code === 'gateway.unavailable';
  return AWAY.test(thrown instanceof Error ? `${thrown.name} ${thrown.message}` : String(thrown));
}

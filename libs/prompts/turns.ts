/** Lets so many tasks run at once; further ones wait in order and may give up. */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(private readonly atOnce: number) {}

  /** Runs the task when its turn comes; rejects with the signal's reason when that is before. */
  async take<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.running < this.atOnce) this.running += 1;
    else await this.turn(signal);
    try {
      return await task();
    } finally {
      this.passOn();
    }
  }

  /** A turn is handed from one task to the next, so that nobody comes in between. */
  private passOn(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running -= 1;
    else next();
  }

  private async turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => {
      const place = this.waiting.indexOf(resolve);
      // Called already: the task runs, and its own look at the signal ends it.
      if (place < 0) return;
      this.waiting.splice(place, 1);
      reject(signal.reason);
    };
    this.waiting.push(resolve);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }
}

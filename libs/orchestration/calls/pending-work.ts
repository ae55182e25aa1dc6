/** Counts what a call still has under way, so that its owner can wait until it is quiet. */
export class PendingWork {
  private count = 0;
  private waiting: (() => void)[] = [];

  /** True while anything is under way. */
  get busy(): boolean {
    return this.count > 0;
  }

  /** Follows a piece of work to its end, good or bad. */
  track(work: Promise<unknown>): void {
    this.count += 1;
    const done = () => {
      this.count -= 1;
      if (this.count > 0) return;
      for (const wake of this.waiting.splice(0)) wake();
    };
    work.then(done, done);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.busy) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

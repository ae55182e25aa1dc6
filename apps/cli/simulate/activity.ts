/** Whether anything has happened that the rest of the simulation must react to before media time goes on. */
export class Activity {
  private isStirred = false;
  private underWay = 0;
  private wake: () => void = () => undefined;

  get stirred(): boolean {
    return this.isStirred;
  }

  stir(): void {
    this.isStirred = true;
  }

  /** True when something happened since the last question. */
  take(): boolean {
    const was = this.isStirred;
    this.isStirred = false;
    return was;
  }

  /** Follows a request to the outside world; media time waits for its answer. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.underWay += 1;
    try {
      return await work;
    } finally {
      this.underWay -= 1;
      this.stir();
      this.wake();
    }
  }

  /** Resolves when no request is under way. */
  async answered(): Promise<void> {
    while (this.underWay > 0) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

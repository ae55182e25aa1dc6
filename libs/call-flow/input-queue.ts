/** Handles inputs one at a time: those that are made while one is being handled come right after it. */
export class InputQueue {
  private readonly waiting: (() => void)[] = [];
  private busy = false;

  /** @param handle called for each input */
  constructor(private readonly handle: (input: () => void) => void) {}

  add(input: () => void): void {
    this.waiting.push(input);
    if (this.busy) return;
    this.busy = true;
    try {
      for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) this.handle(next);
    } finally {
      this.busy = false;
    }
  }

  clear(): void {
    this.waiting.length = 0;
  }
}

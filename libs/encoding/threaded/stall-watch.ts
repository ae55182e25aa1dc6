/** The longest that a working thread says nothing, ms: a slow disk may take minutes to keep a long file. */
export const STALL_MS = 300_000;

/** Says when a thread that owes an answer has given no sign of life for too long. */
export class StallWatch {
  private timer: NodeJS.Timeout | null = null;
  private signs = 0;

  /** @param stalled called once for each silence; the watch begins again with the next touch */
  constructor(
    private readonly limitMs: number,
    private readonly stalled: () => void,
  ) {}

  /** The thread gave a sign of life or was given something to do; `owes`: it has to say something. */
  touch(owes: boolean): void {
    this.signs++;
    if (!owes) this.stop();
    else if (this.timer === null) this.timer = setTimeout(() => this.look(), this.limitMs).unref();
    else this.timer.refresh();
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /** When this whole process stood still, what the thread said meanwhile is heard after the timer: it is waited for. */
  private look(): void {
    this.timer = null;
    const { signs } = this;
    setImmediate(() => {
      if (this.signs === signs) this.stalled();
    });
  }
}

/** Remembers the last stretch of both legs, so that a recording can begin before its trigger was noticed. */
export class PreRoll {
  private readonly caller: Int16Array;
  private readonly callee: Int16Array;
  private written = 0;

  constructor(private readonly capacity: number) {
    this.caller = new Int16Array(capacity);
    this.callee = new Int16Array(capacity);
  }

  /** Remembers `[from..to)`, as silence when `masked`. */
  push(caller: Int16Array, callee: Int16Array, from: number, to: number, masked: boolean): void {
    let slot = this.written % this.capacity;
    for (let i = from; i < to; i++) {
      this.caller[slot] = masked ? 0 : (caller[i] ?? 0);
      this.callee[slot] = masked ? 0 : (callee[i] ?? 0);
      if (++slot === this.capacity) slot = 0;
    }
    this.written += to - from;
  }

  /** How many of the latest samples can be had back. */
  get available(): number {
    return Math.min(this.written, this.capacity);
  }

  /** Hands out `count` samples that begin `back` samples before the latest, in at most two stretches. */
  replay(
    back: number,
    count: number,
    take: (caller: Int16Array, callee: Int16Array, from: number, to: number) => void,
  ): void {
    const first = (this.written - back) % this.capacity;
    const head = Math.min(count, this.capacity - first);
    if (head > 0) take(this.caller, this.callee, first, first + head);
    if (count > head) take(this.caller, this.callee, 0, count - head);
  }
}

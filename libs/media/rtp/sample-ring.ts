/**
 * Samples waiting to be read, addressed by their position on an endless time line. Holds the positions from `head` up to
 * `head + capacity`; positions nobody wrote read as zero.
 */
export class SampleRing {
  /** First position not read yet. */
  head = 0;
  readonly capacity: number;
  /** Missing stretches between written samples, found while reading. */
  gaps = 0;
  gapSamples = 0;

  private readonly mask: number;
  private readonly samples: Int16Array;
  private readonly written: Uint8Array;
  /** Every position from `head` up to here is written. */
  private solidUntil = 0;
  /** No position from here on is written. */
  private highest = 0;
  /** Length of the missing stretch that ends at `head`; counted as a gap only when audio follows. */
  private openGap = 0;
  private anyRead = false;

  /** @param atLeast samples of room; rounded up to a power of two. */
  constructor(atLeast: number) {
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(2, atLeast)));
    this.mask = this.capacity - 1;
    this.samples = new Int16Array(this.capacity);
    this.written = new Uint8Array(this.capacity);
  }

  /** Samples from `head` to the last one written. */
  get buffered(): number {
    return Math.max(0, this.highest - this.head);
  }

  /** Writes `count` samples at `position`; parts outside the ring are left out. Returns how many were written. */
  write(position: number, samples: Int16Array, count: number): number {
    const from = Math.max(position, this.head);
    const to = Math.min(position + count, this.head + this.capacity);
    if (to <= from) return 0;
    const start = from & this.mask;
    if (start + to - from <= this.capacity) {
      for (let i = start, s = from - position; i < start + to - from; i++, s++) this.samples[i] = samples[s] as number;
      this.written.fill(1, start, start + to - from);
    } else {
      for (let p = from, s = from - position; p < to; p++, s++) {
        this.samples[p & this.mask] = samples[s] as number;
        this.written[p & this.mask] = 1;
      }
    }
    if (from <= this.solidUntil && to > this.solidUntil) this.solidUntil = to;
    if (to > this.highest) this.highest = to;
    return to - from;
  }

  /** Reads the next `n` samples into the start of `dst` and moves on. Returns how many of them had been written. */
  read(dst: Int16Array, n: number): number {
    const present = Math.min(n, this.buffered);
    for (let i = 0, at = this.head & this.mask; i < present; i++, at = (at + 1) & this.mask)
      dst[i] = this.samples[at] as number;
    if (present < n) dst.fill(0, present, n);
    const found = this.head + present <= this.solidUntil ? this.countSolid(present) : this.countMissing(present);
    if (this.anyRead) this.openGap += n - present;
    this.clear(present);
    this.head += n;
    if (this.solidUntil < this.head) this.solidUntil = this.head;
    return found;
  }

  private countSolid(present: number): number {
    if (present > 0) this.closeGap();
    return present;
  }

  private countMissing(present: number): number {
    let found = 0;
    for (let i = 0; i < present; i++) {
      if (this.written[(this.head + i) & this.mask] === 1) {
        found++;
        this.closeGap();
      } else if (this.anyRead) {
        this.openGap++;
      }
    }
    return found;
  }

  private closeGap(): void {
    this.anyRead = true;
    if (this.openGap === 0) return;
    this.gaps++;
    this.gapSamples += this.openGap;
    this.openGap = 0;
  }

  private clear(count: number): void {
    const start = this.head & this.mask;
    const firstPart = Math.min(count, this.capacity - start);
    this.samples.fill(0, start, start + firstPart);
    this.written.fill(0, start, start + firstPart);
    this.samples.fill(0, 0, count - firstPart);
    this.written.fill(0, 0, count - firstPart);
  }
}

const FIRST_ROOM = 4096;

/**
 * Samples waiting to be read, addressed by their position on an endless time line. Holds the positions from `head` up to
 * `head + capacity`; positions nobody wrote read as zero.
 *
 * Audio in order is one run that only grows and needs no bookkeeping a sample; which positions were written is noted for
 * what lies before the run alone, when there was a gap.
 */
export class SampleRing {
  /** First position not read yet. */
  head = 0;
  readonly capacity: number;
  /** Missing stretches between written samples, found while reading. */
  gaps = 0;
  gapSamples = 0;

  /** Room made so far less one: the ring grows with the delay it has to bridge, up to `capacity`. */
  private mask: number;
  private samples: Int16Array;
  /** 1 for each position from `head` to `runStart` that is written; made at the first gap. */
  private written: Uint8Array | null = null;
  /** Every position from here to `highest` is written. */
  private runStart = 0;
  /** No position from here on is written. */
  private highest = 0;
  /** Length of the missing stretch that ends at `head`; counted as a gap only when audio follows. */
  private openGap = 0;
  private anyRead = false;

  /** @param atLeast samples of room; rounded up to a power of two. */
  constructor(atLeast: number) {
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(2, atLeast)));
    // Thousands of small rings stay in the processor's cache, large ones do not.
    this.samples = new Int16Array(Math.min(this.capacity, FIRST_ROOM));
    this.mask = this.samples.length - 1;
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
    if (to > this.head + this.samples.length) this.grow(to - this.head);
    if (this.highest < this.head) this.runStart = this.highest = this.head;
    if (from > this.highest) this.leaveGap(from);
    else if (from < this.runStart) this.mark(from, Math.min(to, this.runStart), 1);
    if (to > this.highest) this.highest = to;
    this.store(from, samples, from - position, to - from);
    return to - from;
  }

  /** Reads the next `n` samples into the start of `dst` and moves on. Returns how many of them had been written. */
  read(dst: Int16Array, n: number): number {
    const present = Math.min(n, this.buffered);
    const start = this.head & this.mask;
    const firstPart = Math.min(present, this.samples.length - start);
    if (firstPart > 0) dst.set(this.samples.subarray(start, start + firstPart));
    if (present > firstPart) dst.set(this.samples.subarray(0, present - firstPart), firstPart);
    if (present < n) dst.fill(0, present, n);
    const beforeRun = Math.min(present, Math.max(0, this.runStart - this.head));
    let found = this.countMarked(beforeRun);
    if (present > beforeRun) {
      this.closeGap();
      found += present - beforeRun;
    }
    if (this.anyRead) this.openGap += n - present;
    this.head += n;
    return found;
  }

  private store(at: number, samples: Int16Array, offset: number, count: number): void {
    const { samples: ring, mask } = this;
    const start = at & mask;
    if (start + count <= ring.length) {
      for (let i = start, s = offset; i < start + count; i++, s++) ring[i] = samples[s] as number;
    } else {
      for (let p = at, s = offset; p < at + count; p++, s++) ring[p & mask] = samples[s] as number;
    }
  }

  private grow(needed: number): void {
    const { samples, written, mask } = this;
    const room = 2 ** Math.ceil(Math.log2(needed));
    this.samples = new Int16Array(room);
    this.mask = room - 1;
    if (written !== null) this.written = new Uint8Array(room);
    for (let p = this.head; p < this.highest; p++) {
      this.samples[p & this.mask] = samples[p & mask] as number;
      if (this.written !== null && written !== null) this.written[p & this.mask] = written[p & mask] as number;
    }
  }

  /** Begins a new run at `from`; what was one so far, and the zeros up to there, are marked one by one. */
  private leaveGap(from: number): void {
    this.mark(Math.max(this.runStart, this.head), this.highest, 1);
    this.mark(this.highest, from, 0);
    const { samples, mask } = this;
    for (let p = this.highest; p < from; p++) samples[p & mask] = 0;
    this.runStart = from;
  }

  private mark(from: number, to: number, value: 0 | 1): void {
    const written = (this.written ??= new Uint8Array(this.samples.length));
    for (let p = from; p < to; p++) written[p & this.mask] = value;
  }

  private countMarked(count: number): number {
    const { written } = this;
    if (written === null) return 0;
    let found = 0;
    for (let p = this.head; p < this.head + count; p++) {
      if (written[p & this.mask] === 1) {
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
}

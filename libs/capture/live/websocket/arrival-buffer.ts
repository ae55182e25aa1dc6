/** Audio that is placed by when it arrives: one piece behind the other, and anew at the moment of arrival after the reader ran dry. */
export class ArrivalBuffer {
  gaps = 0;
  gapSamples = 0;
  private samples = new Int16Array(4096);
  private head = 0;
  private end = 0;
  private begun = false;
  /** First position that was written since the reader last ran dry. */
  private silentUntil = 0;

  /** Samples that wait to be read. */
  get buffered(): number {
    return Math.max(0, this.end - this.head);
  }

  /** Position behind the last sample; 0 before the first. */
  get endPosition(): number {
    return this.begun ? this.end : 0;
  }

  /** @param arrivalSample position on the time line at which the samples arrived */
  write(samples: Int16Array, arrivalSample: number): void {
    if (samples.length === 0) return;
    if (!this.begun || this.end <= this.head) this.placeAnew(Math.max(arrivalSample, this.head));
    this.reserve(this.end + samples.length - Math.max(this.head, this.silentUntil));
    const mask = this.samples.length - 1;
    for (let index = 0; index < samples.length; index++) this.samples[(this.end + index) & mask] = samples[index] as number;
    this.end += samples.length;
  }

  /** Reads `n` samples from `position` on, which must be where the last reading ended; what is missing is zero. */
  read(dst: Int16Array, n: number, position: number): void {
    this.head = position;
    const mask = this.samples.length - 1;
    const from = Math.max(0, this.silentUntil - position);
    const to = Math.min(n, this.end - position);
    for (let index = 0; index < n; index++) dst[index] = index >= from && index < to ? (this.samples[(position + index) & mask] as number) : 0;
    this.head = position + n;
  }

  private placeAnew(position: number): void {
    if (this.begun) {
      this.gaps++;
      this.gapSamples += position - this.end;
    }
    this.begun = true;
    this.silentUntil = position;
    this.end = position;
  }

  private reserve(count: number): void {
    if (count <= this.samples.length) return;
    const larger = new Int16Array(2 ** Math.ceil(Math.log2(count)));
    for (let position = Math.max(this.head, this.silentUntil); position < this.end; position++) {
      larger[position & (larger.length - 1)] = this.samples[position & (this.samples.length - 1)] as number;
    }
    this.samples = larger;
  }
}

/** How a packet stands to the packets before it. */
export type Arrival = 'newest' | 'reordered' | 'duplicate' | 'stray';

/** Packets remembered for telling a duplicate from a reordered packet. */
const WINDOW = 1024;
/** Beyond these the sender has restarted its numbers or the packet is a stray (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 128;

/** Follows the 16-bit sequence numbers of one sender across wrap-around; counts what is missing. */
export class SequenceWindow {
  private readonly seen = new Uint8Array(WINDOW);
  private highest = -1;
  private lowest = 0;
  private received = 0;
  private lostBefore = 0;
  private expectedAfterStray = -1;

  /** Packets that have not arrived so far, over all restarts. */
  get lost(): number {
    return this.lostBefore + this.lostNow();
  }

  /** How far the last `newest` packet was ahead of the one before; 1 when none is missing. */
  advance = 1;

  /** Takes note of a sequence number. A `stray` is not counted; two in a row with following numbers are a restart. */
  accept(sequenceNumber: number): Arrival {
    if (this.highest < 0) return this.begin(sequenceNumber);
    const distance = ((sequenceNumber - this.highest) << 16) >> 16;
    if (distance >= MAX_DROPOUT || distance <= -MAX_MISORDER) return this.doubt(sequenceNumber);
    this.expectedAfterStray = -1;
    const position = this.highest + distance;
    if (distance > 0) {
      for (let skipped = this.highest + 1; skipped < position && skipped <= this.highest + WINDOW; skipped++)
        this.seen[skipped % WINDOW] = 0;
      this.highest = position;
      this.advance = distance;
    } else if (this.seen[position % WINDOW] === 1 && position >= this.lowest) {
      return 'duplicate';
    }
    this.seen[position % WINDOW] = 1;
    this.received++;
    if (position < this.lowest) this.lowest = position;
    return distance > 0 ? 'newest' : 'reordered';
  }

  /** Forgets the sender (another SSRC, or its numbers began anew); keeps the count of the lost. */
  restart(): void {
    this.lostBefore += this.lostNow();
    this.highest = -1;
    this.received = 0;
    this.expectedAfterStray = -1;
    this.seen.fill(0);
  }

  private begin(sequenceNumber: number): Arrival {
    // Room below the first number keeps positions of earlier, reordered packets positive.
    this.highest = sequenceNumber + 65536;
    this.lowest = this.highest;
    this.received = 1;
    this.advance = 1;
    this.seen[this.highest % WINDOW] = 1;
    return 'newest';
  }

  private doubt(sequenceNumber: number): Arrival {
    const restarted = sequenceNumber === this.expectedAfterStray;
    if (!restarted) {
      this.expectedAfterStray = (sequenceNumber + 1) & 0xffff;
      return 'stray';
    }
    this.restart();
    return this.begin(sequenceNumber);
  }

  private lostNow(): number {
    return this.highest < 0 ? 0 : Math.max(0, this.highest - this.lowest + 1 - this.received);
  }
}

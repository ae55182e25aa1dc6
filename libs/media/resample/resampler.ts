import { filterBank, type FilterBank } from './filter-bank.js';

/** The sample rates that can be converted into one another. */
export const RESAMPLER_RATES = [8000, 16000, 24000, 32000, 44100, 48000] as const;

/**
 * How the delay of the filter is dealt with. `aligned`: output sample k lies at the same time as input sample k / ratio;
 * the last milliseconds come out of `flush`. `immediate`: every call gives its full share at once and the sound comes
 * `delayMs` later; for live frames of a fixed size.
 */
export type ResamplerDelay = 'aligned' | 'immediate';

/**
 * Converts a stream of mono samples from one rate to another with a linear-phase polyphase filter. Any way of cutting the
 * stream into calls gives the same samples. After `flush` exactly `ceil(input * ratio)` samples have come out in mode
 * `aligned`; in mode `immediate` that holds after every call. Equal rates pass the samples through untouched.
 */
export class Resampler {
  /** Output samples for each input sample. */
  readonly ratio: number;
  /** Delay of the sound in mode `immediate`, ms. */
  readonly delayMs: number;

  private readonly bank: FilterBank | null;
  private readonly delay: ResamplerDelay;
  private pending: Float64Array;
  private pendingLength = 0;
  /** Where in `pending` the filter of the next output sample begins, and between which input samples it lies. */
  private next = 0;
  private phase = 0;
  private consumed = 0;
  private produced = 0;

  /** @throws RangeError when a rate is not one of `RESAMPLER_RATES`. */
  constructor(fromRate: number, toRate: number, delay: ResamplerDelay = 'aligned') {
    for (const rate of [fromRate, toRate]) {
      if (!(RESAMPLER_RATES as readonly number[]).includes(rate))
        throw new RangeError(`${rate} Hz cannot be resampled; rates are ${RESAMPLER_RATES.join(', ')}`);
    }
    this.ratio = toRate / fromRate;
    this.delay = delay;
    this.bank = fromRate === toRate ? null : filterBank(fromRate, toRate);
    this.delayMs = this.bank === null ? 0 : (this.bank.half * 1000) / fromRate;
    this.pending = new Float64Array(0);
    this.restart();
  }

  /** An upper bound of the samples that `process` gives for `n` samples of input. */
  maxOutput(n: number): number {
    return Math.ceil((n + (this.bank?.half ?? 0)) * this.ratio) + 1;
  }

  /** Takes the first `n` samples of `input`; returns how many samples were written to the start of `out`. */
  process(input: Int16Array, n: number, out: Int16Array): number {
    if (this.bank === null) {
      for (let i = 0; i < n; i++) out[i] = input[i] as number;
      return n;
    }
    this.append(input, n);
    this.consumed += n;
    return this.filter(this.bank, out, Infinity);
  }

  /** Ends the stream: writes what the filter still holds to `out`, returns how much, and is ready for a new stream. */
  flush(out: Int16Array): number {
    if (this.bank === null) return 0;
    const due = Math.ceil((this.consumed * this.bank.up) / this.bank.down) - this.produced;
    this.append(null, this.bank.half);
    const written = this.filter(this.bank, out, due);
    this.restart();
    return written;
  }

  private restart(): void {
    const half = this.bank?.half ?? 0;
    this.pendingLength = 0;
    this.next = 0;
    this.phase = 0;
    this.consumed = 0;
    this.produced = 0;
    this.append(null, this.delay === 'aligned' ? Math.max(0, half - 1) : 2 * half - 1);
  }

  private append(input: Int16Array | null, n: number): void {
    const needed = this.pendingLength + n;
    if (needed > this.pending.length) {
      const larger = new Float64Array(needed * 2);
      larger.set(this.pending.subarray(0, this.pendingLength));
      this.pending = larger;
    }
    if (input === null) this.pending.fill(0, this.pendingLength, needed);
    else for (let i = 0; i < n; i++) this.pending[this.pendingLength + i] = input[i] as number;
    this.pendingLength = needed;
  }

  private filter(bank: FilterBank, out: Int16Array, limit: number): number {
    const { up, down, half, firstIsIdentity } = bank;
    const taps = 2 * half;
    let written = 0;
    while (this.next + taps <= this.pendingLength && written < limit) {
      const isInput = firstIsIdentity && this.phase === 0;
      const value = isInput
        ? (this.pending[this.next + half - 1] as number)
        : dotProduct(bank.coefficients, this.phase * taps, this.pending, this.next, taps);
      out[written++] = value > 32767 ? 32767 : value < -32768 ? -32768 : Math.round(value);
      this.phase += down;
      while (this.phase >= up) {
        this.phase -= up;
        this.next++;
      }
    }
    this.produced += written;
    this.drop(Math.min(this.next, this.pendingLength));
    return written;
  }

  private drop(count: number): void {
    this.pending.copyWithin(0, count, this.pendingLength);
    this.pendingLength -= count;
    this.next -= count;
  }
}

/** `n` is a multiple of 4: four sums that do not wait for each other are twice as fast as one. */
function dotProduct(a: Float64Array, aFrom: number, b: Float64Array, bFrom: number, n: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  for (let i = aFrom, j = bFrom, end = aFrom + n; i < end; i += 4, j += 4) {
    sum0 += (a[i] as number) * (b[j] as number);
    sum1 += (a[i + 1] as number) * (b[j + 1] as number);
    sum2 += (a[i + 2] as number) * (b[j + 2] as number);
    sum3 += (a[i + 3] as number) * (b[j + 3] as number);
  }
  return sum0 + sum1 + sum2 + sum3;
}

/** Side lobes of the low-pass on each side, counted at the lower of the two rates. */
const ZERO_CROSSINGS = 20;
/** Kaiser window: about 72 dB of stop-band attenuation. */
const KAISER_BETA = 7;
/** −6 dB point when the rate falls, as a part of the lower Nyquist frequency: flat to 0.83, closed from 1.05 on. */
const CUTOFF_DOWN = 0.94;
/**
 * When the rate rises it is the Nyquist frequency itself: output samples that lie on an input sample then are that sample,
 * and what telephone audio has up to 3.5 kHz leaves no image.
 */
const CUTOFF_UP = 1;

/** A low-pass split into one short filter for each position an output sample can have between two input samples. */
export interface FilterBank {
  /** Output samples for each `down` input samples, in lowest terms. */
  readonly up: number;
  readonly down: number;
  /** Input samples needed on each side of an output sample. */
  readonly half: number;
  /** `up` filters of `2 * half` coefficients each, one after the other; the number of coefficients is a multiple of 4. */
  readonly coefficients: Float64Array;
  /** True when the first filter passes its middle sample through untouched. */
  readonly firstIsIdentity: boolean;
}

const banks = new Map<string, FilterBank>();

/** The filters between two rates in Hz; computed once for each pair. */
export function filterBank(fromRate: number, toRate: number): FilterBank {
  const key = `${fromRate}:${toRate}`;
  const known = banks.get(key);
  if (known !== undefined) return known;
  const bank = design(fromRate, toRate);
  banks.set(key, bank);
  return bank;
}

function design(fromRate: number, toRate: number): FilterBank {
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const up = toRate / divisor;
  const down = fromRate / divisor;
  const stretch = Math.max(1, down / up);
  const half = 2 * Math.ceil((ZERO_CROSSINGS * stretch) / 2);
  const cutoff = up > down ? CUTOFF_UP : CUTOFF_DOWN;
  const taps = 2 * half;
  const coefficients = new Float64Array(up * taps);
  for (let phase = 0; phase < up; phase++) {
    const filter = coefficients.subarray(phase * taps, (phase + 1) * taps);
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - half + 1 - phase / up;
      filter[tap] = sinc((distance * cutoff) / stretch) * kaiser(distance / half);
    }
    const gain = filter.reduce((sum, c) => sum + c, 0);
    for (let tap = 0; tap < taps; tap++) filter[tap] = (filter[tap] as number) / gain;
  }
  return { up, down, half, coefficients, firstIsIdentity: cutoff === CUTOFF_UP };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - x * x)) / besselI0(KAISER_BETA);
}

function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

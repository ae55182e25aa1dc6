/** The kinds of line noise that speech is tested against. */
export const NOISE_KINDS = ['white', 'pink', 'brown', 'hum50', 'hum60', 'comfort', 'clicks'] as const;
export type NoiseKind = (typeof NOISE_KINDS)[number];

const RATE = 8000;

/** `n` samples of noise at 8 kHz with a root mean square of 1, the same for the same seed. */
export function lineNoise(kind: NoiseKind, n: number, seed: number): Float64Array {
  const noise = Float64Array.from({ length: n }, makers[kind](gaussian(seed)));
  const rms = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / n);
  return noise.map((value) => value / rms);
}

type Maker = (gauss: () => number) => (value: unknown, i: number) => number;

const makers: Readonly<Record<NoiseKind, Maker>> = {
  white: (gauss) => () => gauss(),
  /** Three first-order sections lie within 1 dB of 3 dB an octave from 40 Hz up. */
  pink: (gauss) => {
    const [slow, middle, fast] = [onePole(0.99765, 0.099046), onePole(0.963, 0.2965164), onePole(0.57, 1.0526913)];
    return () => {
      const g = gauss();
      return slow(g) + middle(g) + fast(g) + 0.1848 * g;
    };
  },
  brown: (gauss) => {
    const integrate = onePole(0.98, 1);
    return () => integrate(gauss());
  },
  hum50: (gauss) => hum(50, gauss),
  hum60: (gauss) => hum(60, gauss),
  /** Low-passed noise whose level steps by 1.4 dB every half second, as a decoder makes it up. */
  comfort: (gauss) => {
    const soften = onePole(0.6, 1);
    return (_, i) => soften(gauss()) * (i > 20000 && Math.floor(i / 4000) % 2 === 1 ? 0.85 : 1);
  },
  /** A loud click of 0.75 ms every 365 ms over a faint hiss. */
  clicks: (gauss) => (_, i) => 0.01 * gauss() + (i % 2917 < 6 ? (i % 2 === 0 ? 30 : -30) : 0),
};

function hum(hz: number, gauss: () => number): (value: unknown, i: number) => number {
  const harmonics = [
    [1, 1, 0],
    [2, 0.4, 1.1],
    [3, 0.25, 4.2],
    [5, 0.12, 0],
  ] as const;
  return (_, i) =>
    harmonics.reduce(
      (sum, [k, level, phase]) => sum + level * Math.sin((2 * Math.PI * k * hz * i) / RATE + phase),
      0.02 * gauss(),
    );
}

function onePole(feedback: number, gain: number): (input: number) => number {
  let state = 0;
  return (input) => (state = feedback * state + gain * input);
}

function gaussian(seed: number): () => number {
  let state = seed | 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
}

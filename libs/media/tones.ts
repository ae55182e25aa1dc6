/** A sine tone. */
export interface Tone {
  readonly frequencyHz: number;
  /** Samples per second. */
  readonly sampleRate: number;
  /** Peak amplitude, 0..32767. */
  readonly amplitude: number;
  /** Position within the tone of the first sample written, so that a tone goes on without a click from block to block. */
  readonly startSample?: number;
}

/** Writes a sine tone over `dst[from..to)`. */
export function writeTone(dst: Int16Array, from: number, to: number, tone: Tone): void {
  const step = (2 * Math.PI * tone.frequencyHz) / tone.sampleRate;
  const start = tone.startSample ?? 0;
  for (let i = from; i < to; i++) dst[i] = Math.round(tone.amplitude * Math.sin(step * (start + i - from)));
}

/**
 * Mean power of one frequency within `samples[from..to)` by Goertzel's algorithm, in squared sample units: a sine of
 * peak amplitude A at that frequency gives A²/2 (over whole periods); 0 for an empty range.
 */
export function goertzelPower(
  samples: Int16Array,
  from: number,
  to: number,
  frequencyHz: number,
  sampleRate: number,
): number {
  const n = to - from;
  if (n <= 0) return 0;
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRate);
  let s1 = 0;
  let s2 = 0;
  for (let i = from; i < to; i++) {
    const s0 = (samples[i] as number) + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  return (2 * (s1 * s1 + s2 * s2 - coefficient * s1 * s2)) / (n * n);
}

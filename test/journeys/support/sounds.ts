import { goertzelPower, writeDtmf, writeTone } from '#libs/media';

/** All journeys speak at telephone rate; other rates are made by the legs that need them. */
export const RATE = 8000;

/** Peak of the tones that stand for speech: -12 dBFS. */
const AMPLITUDE = 8192;

/** A sine tone. @param hz frequency @param ms length @param rate samples per second */
export function tone(hz: number, ms: number, rate = RATE): Int16Array {
  const samples = new Int16Array(Math.round((ms * rate) / 1000));
  writeTone(samples, 0, samples.length, { frequencyHz: hz, sampleRate: rate, amplitude: AMPLITUDE });
  return samples;
}

export function silence(ms: number, rate = RATE): Int16Array {
  return new Int16Array(Math.round((ms * rate) / 1000));
}

/** A key as a telephone without RFC 4733 sends it: two tones in the audio. */
export function keyTone(key: string, ms = 120, rate = RATE): Int16Array {
  const samples = new Int16Array(Math.round((ms * rate) / 1000));
  writeDtmf(samples, 0, samples.length, key, rate, AMPLITUDE / 2);
  return samples;
}

export function sequence(...parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Where a tone was found, ms from the beginning; accurate to `WINDOW_MS`. */
export interface HeardTone {
  readonly hz: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Length of the pieces the audio is looked at in, ms; each tone of the journeys has whole periods in it. */
export const WINDOW_MS = 10;
/** A tone counts from a tenth of the power it is sent with: mixing, µ-law and MP3 change it by far less. */
const LEAST_POWER = AMPLITUDE ** 2 / 2 / 10;

/** The stretches of the given tones in the audio, in order of their beginning. */
export function tonesIn(samples: Int16Array, frequencies: readonly number[], rate = RATE): readonly HeardTone[] {
  const window = (rate * WINDOW_MS) / 1000;
  return frequencies.flatMap((hz) => stretches(samples, hz, rate, window)).sort((a, b) => a.fromMs - b.fromMs);
}

function stretches(samples: Int16Array, hz: number, rate: number, window: number): HeardTone[] {
  const found: HeardTone[] = [];
  let from = -1;
  // A few samples at the end hold every frequency: they belong to the window before them.
  const windows = Math.max(1, Math.round(samples.length / window));
  for (let index = 0; index <= windows; index += 1) {
    const start = index * window;
    const end = index < windows - 1 ? start + window : samples.length;
    const on = index < windows && goertzelPower(samples, start, end, hz, rate) >= LEAST_POWER;
    if (on && from < 0) from = index;
    if (!on && from >= 0) {
      found.push({ hz, fromMs: from * WINDOW_MS, toMs: index < windows ? index * WINDOW_MS : (samples.length * 1000) / rate });
      from = -1;
    }
  }
  return found;
}

/** Largest absolute sample. */
export function peak(samples: Int16Array): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

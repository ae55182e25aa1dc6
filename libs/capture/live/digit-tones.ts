import { writeDtmf } from '#libs/media';
import type { Playback } from '#libs/recording-model';

const SAMPLE_RATE = 8000;
const TONE_MS = 100;
const BETWEEN_MS = 100;
const PAUSE_MS = 500;
/** Peak of each of the two tones: -12 dBFS. */
const AMPLITUDE = 8231;

/** Key tones as audio; what is no key of the pad and no `w` takes no time. */
export function digitTones(digits: string): Pick<Extract<Playback, { kind: 'pcm' }>, 'samples' | 'sampleRate'> {
  const keys = [...digits].filter((key) => /^[0-9*#A-DwW]$/i.test(key));
  const samples = new Int16Array((keys.reduce((sum, key) => sum + lengthMs(key), 0) * SAMPLE_RATE) / 1000);
  let at = 0;
  for (const key of keys) {
    if (!isPause(key)) writeDtmf(samples, at, at + (TONE_MS * SAMPLE_RATE) / 1000, key, SAMPLE_RATE, AMPLITUDE);
    at += (lengthMs(key) * SAMPLE_RATE) / 1000;
  }
  return { samples, sampleRate: SAMPLE_RATE };
}

function lengthMs(key: string): number {
  return isPause(key) ? PAUSE_MS : TONE_MS + BETWEEN_MS;
}

function isPause(key: string): boolean {
  return key.toLowerCase() === 'w';
}

import type { Hearing, PcmSource } from '#libs/recording-model';

export type HeardWord = Hearing['words'][number];

/** Length of audio, ms. */
export function durationOf({ samples, sampleRate }: Pick<PcmSource, 'samples' | 'sampleRate'>): number {
  return Math.round((samples * 1000) / sampleRate);
}

/** Text whose words have no times stands as one word over its stretch. */
export function untimed(text: string, startMs: number, endMs: number): readonly HeardWord[] {
  return text === '' ? [] : [{ text, startMs, endMs, confidence: null, speaker: null }];
}

/** In the order in which they begin, as `Hearing` promises. */
export function inOrder(words: readonly HeardWord[]): readonly HeardWord[] {
  return [...words].sort((a, b) => a.startMs - b.startMs);
}

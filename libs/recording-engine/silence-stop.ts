import type { FinishReason, SilenceRule } from '#libs/recording-model';
import { toSamples } from './recorded-parties.js';

/** Ends a recording by silence: so long before any sound, so long after the last. Counts in samples heard. */
export class SilenceStop {
  private readonly initial: number;
  private readonly final: number;
  private origin = 0;

  constructor(rule: SilenceRule | null, sampleRate: number) {
    const samples = (ms: number | null): number => (ms === null ? Infinity : toSamples(ms, sampleRate));
    this.initial = samples(rule?.initialMs ?? null);
    this.final = samples(rule?.finalMs ?? null);
  }

  /** Silence counts from here; earlier sound is forgotten. */
  begin(heard: number): void {
    this.origin = heard;
  }

  /** Samples that may still pass in silence, given the end of the last sound (-1: none); 0: the recording ends here. */
  remaining(heard: number, lastSoundEnd: number): number {
    const deadline = lastSoundEnd > this.origin ? lastSoundEnd + this.final : this.origin + this.initial;
    return Math.max(0, deadline - heard);
  }

  /** Why `remaining` came to 0. */
  reason(lastSoundEnd: number): FinishReason {
    return lastSoundEnd > this.origin ? 'silence' : 'initialSilence';
  }
}

import { InbandDtmfDetector } from '#libs/media';
import type { Party } from '#libs/recording-model';
import { toSamples } from './recorded-parties.js';

/**
 * A tone that begins this early is the rest of a press that was made before the recording (it may have ended the one
 * before) and is not taken for a new one.
 */
const EARLIER_PRESS_MS = 25;

/** Finds the key that ends the recording: signalled by the call, or as an in-band tone on a recorded leg. */
export class KeyStop {
  /** The key found by `scan`. */
  key = '';
  /** Where its tone began, in samples heard. */
  toneStart = 0;
  private foundAt = -1;
  private readonly detectors: readonly InbandDtmfDetector[];
  private readonly earliest: number;

  constructor(
    private readonly stopKeys: string,
    private readonly parties: readonly Party[],
    sampleRate: number,
  ) {
    this.detectors = stopKeys === '' ? [] : parties.map(() => new InbandDtmfDetector(sampleRate));
    this.earliest = toSamples(EARLIER_PRESS_MS, sampleRate);
  }

  /** Whether this signalled press ends the recording. */
  stopsAt(key: string, party: Party): boolean {
    return key.length === 1 && this.stopKeys.includes(key) && this.parties.includes(party);
  }

  /** Listens to `[from..to)`; returns the number of samples heard in all at which a stop key was found, or -1. */
  scan(caller: Int16Array, callee: Int16Array, from: number, to: number): number {
    this.foundAt = -1;
    for (let i = 0; i < this.detectors.length; i++) {
      this.detectors[i]?.process(this.parties[i] === 'caller' ? caller : callee, from, to, this.onKey);
    }
    return this.foundAt;
  }

  private readonly onKey = (key: string, atSample: number, toneStart: number): void => {
    if (!this.stopKeys.includes(key) || toneStart < this.earliest) return;
    if (this.foundAt >= 0 && this.foundAt <= atSample) return;
    this.foundAt = atSample;
    this.key = key;
    this.toneStart = toneStart;
  };
}

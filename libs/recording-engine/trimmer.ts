import type { VoiceActivityDetector } from '#libs/media';
import { toSamples } from './recorded-parties.js';

/** Kept before the first sound and after the last, so that soft beginnings and endings of words survive the cut. */
export const LEADING_GUARD_MS = 100;
export const TRAILING_GUARD_MS = 200;
/** What lies further back than this is decided: onsets are found and stop keys are heard within it. */
const SETTLING_MS = 3000;
/** Sound that begins this shortly before the stop key's tone is the tone itself. */
const TONE_TOLERANCE_MS = 40;

/** The last two sound segments of one leg. */
class LegSound {
  first = -1;
  start = -1;
  end = -1;
  earlierEnd = -1;

  note(start: number, end: number): void {
    if (end <= this.end) return;
    if (start !== this.start) {
      this.earlierEnd = this.end;
      this.start = start;
      if (this.first < 0) this.first = start;
    }
    this.end = end;
  }
}

/** The current or latest sound of a leg, in samples heard. */
export type SoundSegment = Pick<VoiceActivityDetector, 'segmentStart' | 'segmentEnd'>;

export interface Trim {
  readonly leading: number;
  readonly trailing: number;
  readonly containsSound: boolean;
}

/** A stretch of a running recording that its end will most likely keep, and where the file will begin. Recorded samples. */
export interface SettledRange {
  readonly from: number;
  readonly to: number;
}

/** Keeps account of where the recording holds sound and decides what is cut off its ends. Positions are recorded samples. */
export class Trimmer {
  private readonly legs: readonly LegSound[];
  private readonly leadingGuard: number;
  private readonly trailingGuard: number;
  private readonly toneTolerance: number;
  private readonly settling: number;

  constructor(
    private readonly trim: 'none' | 'leading' | 'both',
    legs: number,
    sampleRate: number,
  ) {
    this.legs = Array.from({ length: legs }, () => new LegSound());
    this.leadingGuard = toSamples(LEADING_GUARD_MS, sampleRate);
    this.trailingGuard = toSamples(TRAILING_GUARD_MS, sampleRate);
    this.toneTolerance = toSamples(TONE_TOLERANCE_MS, sampleRate);
    this.settling = toSamples(SETTLING_MS, sampleRate);
  }

  /**
   * What is settled after `captured` samples; null while nothing is. A good guess, no promise: whoever acts on it
   * compares it with the cut that `finish` makes.
   */
  settled(captured: number): SettledRange | null {
    const before = captured - this.settling;
    let first = this.trim === 'none' ? this.leadingGuard : Infinity;
    let last = -1;
    for (const leg of this.legs) {
      if (leg.first < 0) continue;
      if (this.trim !== 'none') first = Math.min(first, leg.first);
      // A young sound may turn out to be the tone of the stop key.
      last = Math.max(last, leg.start <= before ? leg.end : leg.earlierEnd);
    }
    if (first > before) return null;
    const from = Math.max(0, first - this.leadingGuard);
    const to = this.trim === 'both' ? Math.min(before, last + this.trailingGuard) : before;
    return to > from ? { from, to } : null;
  }

  /**
   * Looks at the detectors after each frame. `origin` is the sample heard that was recorded first; sound before
   * `audibleFrom` (heard) is not in the file.
   */
  observe(detectors: readonly SoundSegment[], origin: number, audibleFrom: number): void {
    const from = Math.max(origin, audibleFrom);
    for (let i = 0; i < detectors.length; i++) {
      const detector = detectors[i];
      if (detector === undefined || detector.segmentEnd <= from) continue;
      this.legs[i]?.note(Math.max(from, detector.segmentStart) - origin, detector.segmentEnd - origin);
    }
  }

  /**
   * Whether the cut after `captured` samples no longer depends on sound still to come: sound was heard long enough ago to
   * be no stop key's tone and to have no earlier onset on another leg, and only the beginning is trimmed, if anything.
   */
  isDecided(captured: number): boolean {
    if (this.trim === 'both') return false;
    for (const leg of this.legs) if (leg.first >= 0 && leg.first < captured - this.settling) return true;
    return false;
  }

  /** The cut at the end of a recording of `captured` samples; from `toneStart` on (-1: none) there is the stop key's tone. */
  finish(captured: number, toneStart: number): Trim {
    const usable = toneStart < 0 ? captured : Math.min(captured, toneStart);
    const toneFrom = toneStart < 0 ? Infinity : toneStart - this.toneTolerance;
    let first = Infinity;
    let last = -1;
    for (const leg of this.legs) {
      if (leg.first < 0 || leg.first >= toneFrom) continue;
      first = Math.min(first, leg.first);
      last = Math.max(last, leg.start >= toneFrom ? leg.earlierEnd : leg.end);
    }
    const containsSound = last >= 0;
    const keepTo = this.trim === 'both' && containsSound ? Math.min(usable, last + this.trailingGuard) : usable;
    const keepFrom =
      this.trim !== 'none' && containsSound ? Math.max(0, Math.min(keepTo, first - this.leadingGuard)) : 0;
    return { leading: keepFrom, trailing: captured - keepTo, containsSound };
  }
}

import type { PlacementCounts } from '#libs/media';
import type { LegMediaCounts, Party } from '#libs/recording-model';

/** Whose audio a leg carries; `conference` is the mix of all participants as one leg. */
export type LegParty = Party | 'conference';

/** What arrived on a leg so far; levels are added by the recording. */
export type LegCounts = Omit<LegMediaCounts, 'party' | 'rmsDbfs' | 'peakDbfs'>;

/** Audio of one leg, read along the media time line of its call. */
export interface LegSource {
  readonly party: LegParty;
  /** Samples per second; null until the far end has said it, meanwhile the leg is silent and is not read. */
  readonly sampleRate: number | null;
  /** Whether key tones are looked for in the audio. */
  readonly inbandKeys: boolean;
  /**
   * Fills the start of `dst` with the `n` samples from `position` on (samples at the leg's own rate since the opening of
   * the call) and moves on; what is missing is silence.
   */
  read(dst: Int16Array, n: number, position: number): void;
  /** Like `read`, for any position and without moving on; only where the future is known. Lets resampling be free of delay. */
  peek?(dst: Int16Array, n: number, position: number): void;
  counts(): LegCounts;
}

/** Counts of a leg on which nothing can get lost. */
export const NO_PACKETS: LegCounts = { packetsReceived: 0, packetsLost: 0, packetsLate: 0, packetsDuplicated: 0, gaps: 0, gapSamples: 0 };

/** Counts of an RTP leg, as its placement kept them. */
export function countsOfRtp({ received, lost, late, duplicated, gaps, gapSamples }: PlacementCounts): LegCounts {
  return { packetsReceived: received, packetsLost: lost, packetsLate: late, packetsDuplicated: duplicated, gaps, gapSamples };
}

/** What arrived on several legs together. */
export function sumOfCounts(all: readonly LegCounts[]): LegCounts {
  return all.reduce((sum, counts) => ({
    packetsReceived: sum.packetsReceived + counts.packetsReceived,
    packetsLost: sum.packetsLost + counts.packetsLost,
    packetsLate: sum.packetsLate + counts.packetsLate,
    packetsDuplicated: sum.packetsDuplicated + counts.packetsDuplicated,
    gaps: sum.gaps + counts.gaps,
    gapSamples: sum.gapSamples + counts.gapSamples,
  }), NO_PACKETS);
}

/** What arrived between two readings of a leg's counts. */
export function countsSince(now: LegCounts, before: LegCounts): LegCounts {
  return {
    packetsReceived: now.packetsReceived - before.packetsReceived,
    packetsLost: Math.max(0, now.packetsLost - before.packetsLost),
    packetsLate: now.packetsLate - before.packetsLate,
    packetsDuplicated: now.packetsDuplicated - before.packetsDuplicated,
    gaps: now.gaps - before.gaps,
    gapSamples: now.gapSamples - before.gapSamples,
  };
}

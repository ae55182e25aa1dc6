import type { RecordingFormat, Rendition } from '#libs/recording-model';

/** A rendition that is made while its recording goes on; bound to an encoder by the app. */
export interface GrowingRendition {
  /** Appends whole sample frames; resolves when they may be changed. @throws when the rendition cannot go on */
  push(interleaved: Int16Array): Promise<void>;
  /**
   * Completes the file, durably.
   * @param samples samples per channel that were pushed in all
   */
  finish(samples: number): Promise<Rendition>;
  /** Gives up and leaves nothing behind; safe to repeat. Never throws. */
  drop(): Promise<void>;
}

export interface GrowingRenditionJob {
  readonly format: RecordingFormat;
  readonly audio: { readonly sampleRate: number; readonly channels: 1 | 2 };
  readonly outputFile: string;
}

/** Begins a rendition; null when it is none that is worth following, or there are enough. */
export type BeginRendition = (job: GrowingRenditionJob) => GrowingRendition | null;

/** A stretch of a running recording that its end will most likely keep, and where the file will begin. Recorded samples. */
export interface SettledRange {
  readonly from: number;
  readonly to: number;
}

/** What following needs to know of a recording. */
export interface FollowWish {
  readonly format: RecordingFormat;
  /** What of the audio recorded so far is settled; null: nothing. */
  readonly settled: () => SettledRange | null;
}

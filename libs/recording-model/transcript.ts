/** A word as an engine heard it. Times are media time of the recording's file, ms. */
export interface TranscriptWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0..1; null where the engine gives none. */
  readonly confidence: number | null;
  /** Channel of the file, from 0. */
  readonly channel: number;
  /** Who spoke: certain where each party has a channel of its own, otherwise the engine's guess; null: not known. */
  readonly speaker: string | null;
}

/** One turn: what one speaker said without a long pause. */
export interface TranscriptLine {
  readonly startMs: number;
  readonly endMs: number;
  readonly channel: number;
  readonly speaker: string;
  readonly text: string;
}

/** What was said in a recording, in canonical form. */
export interface Transcript {
  /** UUID. */
  readonly id: string;
  /** Name of the engine that heard it. */
  readonly engine: string;
  /** BCP 47, or null where nobody said which. */
  readonly language: string | null;
  /** Length of the audio, ms. */
  readonly durationMs: number;
  /** The words of all lines, in order. */
  readonly text: string;
  /** In the order in which they begin. */
  readonly words: readonly TranscriptWord[];
  readonly lines: readonly TranscriptLine[];
}

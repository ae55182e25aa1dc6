import type { SpeechRequest } from '#libs/recording-model';

/** An audio file in pieces. */
export interface SpokenFile {
  readonly pieces: readonly Uint8Array[];
  readonly contentType: string | null;
}

/** Turns text into an audio file. Not part of this contract: decoding it, remembering it. */
export interface SpeechEngine {
  /** For messages and logs. */
  readonly name: string;
  /** @throws RecgateError `outbound.failed` when there is no audio; the signal's reason when it aborts */
  synthesize(request: SpeechRequest, signal: AbortSignal): Promise<SpokenFile>;
}

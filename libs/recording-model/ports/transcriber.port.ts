import type { SecretBag } from '../secret.js';
import type { Transcript, TranscriptWord } from '../transcript.js';
import type { PcmSource } from './encoder.port.js';

/** One channel of a recording that is to be written down. */
export interface HearingRequest {
  /** Mono. */
  readonly audio: PcmSource;
  /** BCP 47, or null for the engine's own choice. */
  readonly language: string | null;
  /** The engine's settings and credentials of the application it works for. */
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: SecretBag;
  readonly signal: AbortSignal;
}

/** What an engine heard in one channel. */
export interface Hearing {
  /** The language it took it for; null when it does not say. */
  readonly language: string | null;
  /** In the order in which they begin; an engine that gives no words gives its text as one. */
  readonly words: readonly Omit<TranscriptWord, 'channel'>[];
}

/** A speech engine. Not part of this contract: which recordings are written down, and what becomes of the text. */
export interface SpeechToText {
  readonly name: string;
  /**
   * @throws RecgateError `field.invalid` for a language it does not know; `outbound.*` when it gave no answer or one
   *   that cannot be read
   */
  hear(request: HearingRequest): Promise<Hearing>;
}

/** Where transcripts lie, sealed, until their recording is deleted. */
export interface TranscriptStore {
  write(owner: { readonly tenantId: string; readonly recordingId: string }, transcript: Transcript): Promise<void>;
  /** Null when there is none. */
  read(owner: { readonly tenantId: string; readonly recordingId: string }): Promise<Transcript | null>;
  /** Safe to repeat. */
  remove(recordingId: string): Promise<void>;
}

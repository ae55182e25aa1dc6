import type { SecretBag } from '../secret.js';

/** Audio that is played into a call: mono PCM 16. */
export interface PromptAudio {
  readonly samples: Int16Array;
  readonly sampleRate: number;
}

export interface SpeechRequest {
  readonly text: string;
  /** BCP 47, or null for the engine's own choice. */
  readonly language: string | null;
  /** In the document's words (`woman`, `Polly.Joanna`, …); an engine takes what it knows of it. */
  readonly voice: string | null;
}

export interface MediaRequest {
  readonly tenantId: string;
  readonly applicationId: string;
  /** Absolute `http(s)://`, without userinfo, or `media:///name` for a file of the application's own space. */
  readonly url: string;
  /** `user:password` for Basic authorization, or null. */
  readonly userinfo: string | null;
  /** Credentials with which the file is decrypted: key and vector as hex; null for a plain file. */
  readonly decryption: { readonly key: string; readonly vector: string } | null;
  /** The bag of the running flow. */
  readonly secrets: SecretBag;
}

/** Makes prompts into audio. Not part of this contract: when they are played, and to whom. */
export interface PromptSource {
  /** False: there is no speech engine; prompts are then timed by their length, in silence. */
  readonly speaks: boolean;
  /** @throws RecgateError `outbound.failed` when the engine gave no audio */
  speak(request: SpeechRequest, signal: AbortSignal): Promise<PromptAudio>;
  /**
   * @throws RecgateError `outbound.*` when the file cannot be had, `request.not_found` for a file that the own store
   *   does not have, `media.format` when it cannot be played
   */
  fetch(request: MediaRequest, signal: AbortSignal): Promise<PromptAudio>;
}

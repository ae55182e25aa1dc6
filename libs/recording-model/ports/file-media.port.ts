import type { RecordingSource } from '../recording-record.js';
import type { SecretBag } from '../secret.js';
import type { CallMedia } from './call-media.port.js';

/** Opens finished files as calls on a virtual clock. Not part of this contract: ledger, queues, what is recorded. */
export interface FileMediaFactory {
  /**
   * Gets the audio (pulls the URL, takes the upload) and opens it at media time 0.
   * @throws RecgateError `media.format` or `media.none` for audio that cannot be used, `request.not_found` when the
   *   upload is not there, `outbound.*` when the URL cannot be fetched.
   */
  open(request: FileCallRequest): Promise<FileCall>;
  /** Removes what is kept of an upload; safe to repeat. */
  discard(recordingId: string): Promise<void>;
}

export interface FileCallRequest {
  readonly recordingId: string;
  readonly callRef: string;
  readonly source: RecordingSource;
  /** Credentials of a URL stand under `source.userinfo`. */
  readonly secrets: SecretBag;
  /** Wall time of the end of the audio; its beginning follows from its length. */
  readonly endedAt: Date;
}

/** A finished file as a call: media time stands still until it is advanced. */
export interface FileCall {
  readonly media: CallMedia;
  /** Length of the audio, ms of media time, rounded up. */
  readonly durationMs: number;
  /** @throws RecgateError `media.lost` when the file cannot be read to its end */
  advanceTo(mediaTimeMs: number): Promise<void>;
  /** Ends what still runs as interrupted, and lets go of the file and of temporary copies. */
  close(): Promise<void>;
}

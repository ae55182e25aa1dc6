import type { CaptureResult } from '../recording-facts.js';
import type { PcmSource } from './encoder.port.js';

/** The crash-safe local audio of recordings, by recording id. Deleted only after the store's receipt is in the ledger. */
export interface SpoolStore {
  /**
   * The audio of a finished capture, less the silence that was trimmed.
   * @throws RecgateError `media.lost` when the spool is missing or shorter than the capture result says.
   */
  open(recordingId: string, capture: CaptureResult): Promise<PcmSource>;
  /** Safe to repeat. */
  delete(recordingId: string): Promise<void>;
  /** Spools found on disk: after a crash, those that have no owner. */
  list(): Promise<readonly SpoolSummary[]>;
  /** Repairs a spool whose writer died: keeps every whole, intact segment; null when there is nothing to keep. */
  recover(recordingId: string): Promise<CaptureResult | null>;
}

export interface SpoolSummary {
  readonly recordingId: string;
  readonly complete: boolean;
  readonly samples: number;
}

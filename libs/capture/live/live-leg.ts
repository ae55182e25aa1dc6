import type { LegParty, LegSource } from '../call/leg-source.js';
import type { AudioOutput } from './audio-output.js';
import type { LegTap } from './mixing/leg-tap.js';
import type { RtpRemote } from './rtp/media-source.js';

/** Where the media of a leg is to be sent. */
export type LegEndpoint =
  | { readonly kind: 'rtp'; readonly party: LegParty; readonly address: string; readonly port: number }
  /** Path with the token, to be put behind the address of the HTTP server. */
  | { readonly kind: 'websocket'; readonly party: LegParty; readonly path: string };

/** A leg whose media arrives in real time. */
export interface LiveLeg extends LegSource {
  /** Null for what is no socket: the mix of a room. */
  readonly endpoint: LegEndpoint | null;
  readonly output: AudioOutput;
  /** Media time of the last packet, ms; null before the first. */
  readonly lastPacketMs: number | null;
  /** While true, what arrives counts as silence. */
  muted: boolean;
  /** Media time up to which audio is waiting to be read, ms. */
  bufferedUntilMs(): number;
  /**
   * Has what arrives from now on read a second time, on a time line of its own.
   * @param originMs media time of the call at which that time line begins
   */
  openTap(originMs: number): LegTap;
  renegotiate(remote: RtpRemote | null): void;
  close(): void;
}

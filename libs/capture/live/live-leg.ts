import type { LegParty, LegSource } from '../call/leg-source.js';
import type { AudioOutput } from './audio-output.js';
import type { RtpRemote } from './rtp/media-source.js';

/** Where the media of a leg is to be sent. */
export type LegEndpoint =
  | { readonly kind: 'rtp'; readonly party: LegParty; readonly address: string; readonly port: number }
  /** Path with the token, to be put behind the address of the HTTP server. */
  | { readonly kind: 'websocket'; readonly party: LegParty; readonly path: string };

/** A leg whose media arrives in real time. */
export interface LiveLeg extends LegSource {
  readonly endpoint: LegEndpoint;
  readonly output: AudioOutput;
  /** Media time of the last packet, ms; null before the first. */
  readonly lastPacketMs: number | null;
  /** Media time up to which audio is waiting to be read, ms. */
  bufferedUntilMs(): number;
  renegotiate(remote: RtpRemote | null): void;
  close(): void;
}

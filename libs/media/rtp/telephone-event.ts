import type { RtpHeader } from './rtp-header.js';

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     event     |E|R| volume    |          duration             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

/** Bytes of a telephone-event payload (RFC 4733 §2.3). */
export const TELEPHONE_EVENT_BYTES = 4;

const KEYS = '0123456789*#ABCD';
const END_BIT = 0x80;

/** Shortest pause between two presses is 40 ms; below this many timestamp units the same press goes on. */
const SAME_PRESS_SLACK = 240;

/** One telephone-event payload. */
export interface TelephoneEvent {
  /** One of `0-9*#A-D`. */
  readonly key: string;
  /** True in the last packets of the press. */
  readonly end: boolean;
  /** Power level in −dBm0, 0..63. */
  readonly volume: number;
  /** Length of the press so far in timestamp units, 0..65535. */
  readonly duration: number;
}

/**
 * Finds key presses in a stream of telephone-event packets. A press is reported once, at the first packet of it that
 * arrives: all packets of a press carry the same timestamp, so retransmitted, reordered and end packets add nothing, and
 * neither a lost first packet nor a lost end matters. Long presses in segments (RFC 4733 §2.5.1.3) count once.
 */
export class TelephoneEventReceiver {
  private ssrc = -1;
  private event = -1;
  private timestamp = 0;
  private duration = 0;
  private ended = false;

  /** The key of a new press, else null; anything malformed or not a key (flash, fax tones) is null. */
  push(header: RtpHeader, packet: Uint8Array): string | null {
    const at = header.payloadOffset;
    const event = packet[at];
    if (event === undefined || header.payloadLength < TELEPHONE_EVENT_BYTES || event >= KEYS.length) return null;
    const flags = packet[at + 1] ?? 0;
    const duration = ((packet[at + 2] ?? 0) << 8) | (packet[at + 3] ?? 0);
    const isNew = this.isNewPress(header, event);
    if (isNew === null) return null;
    const sameSegment = !isNew && header.timestamp === this.timestamp;
    this.ssrc = header.ssrc;
    this.event = event;
    this.timestamp = header.timestamp;
    this.duration = sameSegment ? Math.max(this.duration, duration) : duration;
    this.ended = (!isNew && this.ended) || (flags & END_BIT) !== 0;
    return isNew ? KEYS.charAt(event) : null;
  }

  /** Null: a straggler of an earlier press. */
  private isNewPress(header: RtpHeader, event: number): boolean | null {
    if (this.event < 0 || header.ssrc !== this.ssrc) return true;
    const since = (header.timestamp - this.timestamp) | 0;
    if (since === 0) return false;
    if (since < 0) return null;
    // Segments of a long press follow each other without a pause; some senders also advance the timestamp within a press.
    const goesOn = event === this.event && !header.marker && !this.ended && since <= this.duration + SAME_PRESS_SLACK;
    return !goesOn;
  }
}

/** Writes a telephone-event payload at `offset`; returns its length (4 bytes). The key must be one of `0-9*#A-D`. */
export function writeTelephoneEvent(dst: Uint8Array, offset: number, event: TelephoneEvent): number {
  dst[offset] = KEYS.indexOf(event.key.toUpperCase());
  dst[offset + 1] = (event.end ? END_BIT : 0) | (event.volume & 0x3f);
  dst[offset + 2] = event.duration >> 8;
  dst[offset + 3] = event.duration;
  return TELEPHONE_EVENT_BYTES;
}

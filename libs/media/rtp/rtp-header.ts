/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           timestamp                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                             SSRC                              |
 * +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 * |                     CSRC, CC times                            |
 * |              extension: profile, length in words, words       |
 */

/** The fixed fields of an RTP packet (RFC 3550 §5.1). */
export interface RtpFields {
  payloadType: number;
  marker: boolean;
  sequenceNumber: number;
  /** Unsigned 32 bits, in samples. */
  timestamp: number;
  /** Unsigned 32 bits. */
  ssrc: number;
}

/** A parsed header; made once and filled for each packet. */
export interface RtpHeader extends RtpFields {
  /** Where the payload lies in the packet, CSRCs and extension skipped. */
  payloadOffset: number;
  /** Bytes of payload, padding taken off. */
  payloadLength: number;
}

/** Bytes of a header without CSRCs and extension. */
export const RTP_HEADER_BYTES = 12;

const VERSION_2 = 0x80;

/** A header to parse into. */
export function createRtpHeader(): RtpHeader {
  return {
    payloadType: 0,
    marker: false,
    sequenceNumber: 0,
    timestamp: 0,
    ssrc: 0,
    payloadOffset: 0,
    payloadLength: 0,
  };
}

/**
 * Parses a packet into a header that the caller keeps. False, with the header in an undefined state, when the bytes are
 * not RTP version 2, are too short for their own CSRC count, extension or padding, or are RTCP on the same port
 * (RFC 5761 §4: second byte 192..223).
 */
export function parseRtpHeader(packet: Uint8Array, into: RtpHeader): boolean {
  if (packet.length < RTP_HEADER_BYTES) return false;
  const first = byteAt(packet, 0);
  const second = byteAt(packet, 1);
  if ((first & 0xc0) !== VERSION_2 || (second >= 192 && second <= 223)) return false;

  let offset = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if (first & 0x10) {
    if (packet.length < offset + 4) return false;
    offset += 4 + 4 * uint16At(packet, offset + 2);
  }
  let end = packet.length;
  if (offset > end) return false;
  if (first & 0x20) {
    const padding = byteAt(packet, end - 1);
    if (padding === 0 || padding > end - offset) return false;
    end -= padding;
  }

  into.marker = (second & 0x80) !== 0;
  into.payloadType = second & 0x7f;
  into.sequenceNumber = uint16At(packet, 2);
  into.timestamp = uint32At(packet, 4);
  into.ssrc = uint32At(packet, 8);
  into.payloadOffset = offset;
  into.payloadLength = end - offset;
  return true;
}

/** Writes a header without CSRCs, extension or padding to the start of `dst`; returns its length (12 bytes). */
export function writeRtpHeader(dst: Uint8Array, fields: Readonly<RtpFields>): number {
  dst[0] = VERSION_2;
  dst[1] = (fields.marker ? 0x80 : 0) | (fields.payloadType & 0x7f);
  dst[2] = fields.sequenceNumber >> 8;
  dst[3] = fields.sequenceNumber;
  writeUint32(dst, 4, fields.timestamp);
  writeUint32(dst, 8, fields.ssrc);
  return RTP_HEADER_BYTES;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function uint16At(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}

function uint32At(bytes: Uint8Array, at: number): number {
  return ((uint16At(bytes, at) << 16) | uint16At(bytes, at + 2)) >>> 0;
}

function writeUint32(dst: Uint8Array, at: number, value: number): void {
  dst[at] = value >>> 24;
  dst[at + 1] = value >>> 16;
  dst[at + 2] = value >>> 8;
  dst[at + 3] = value;
}

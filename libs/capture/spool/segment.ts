import { crc32 } from 'node:zlib';

/**
 * One frame of a spool's audio file. All numbers little-endian:
 *
 *     0 magic "RGSG"   4 kind            8 sequence      12 first sample
 *    16 sample count  20 media time ms  24 payload bytes 28 CRC-32
 *    32 payload
 *
 * The CRC-32 covers the 28 bytes before it and the payload, so neither a torn nor a flipped frame passes for a whole one.
 */
export interface SegmentHead {
  readonly kind: SegmentKind;
  /** Counts from 0 within the file. */
  readonly sequence: number;
  /** Position of the first sample in the recording, per channel. */
  readonly firstSample: number;
  /** Samples per channel. */
  readonly sampleCount: number;
  /** Media time of the call at the end of the segment, ms. */
  readonly mediaTimeMs: number;
  readonly payloadBytes: number;
}

/** `audio`: interleaved PCM 16, little-endian. `result`: the capture result as JSON, the last frame of a finished spool. */
export type SegmentKind = 'audio' | 'result';

export const SEGMENT_HEAD_BYTES = 32;
/** Larger than any segment that is written; a larger length field is damage. */
export const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

const MAGIC = Buffer.from('RGSG', 'latin1');
const MAGIC_NUMBER = MAGIC.readUInt32LE(0);
const KIND_NUMBERS: Record<SegmentKind, number> = { audio: 1, result: 2 };
const CRC_OFFSET = 28;

/** Writes the head of a segment whose payload already stands behind it in `frame`, checksum included. */
export function writeSegmentHead(frame: Buffer, head: SegmentHead): void {
  frame.writeUInt32LE(MAGIC_NUMBER, 0);
  frame.writeUInt32LE(KIND_NUMBERS[head.kind], 4);
  frame.writeUInt32LE(head.sequence, 8);
  frame.writeUInt32LE(head.firstSample, 12);
  frame.writeUInt32LE(head.sampleCount, 16);
  frame.writeUInt32LE(Math.max(0, Math.floor(head.mediaTimeMs)), 20);
  frame.writeUInt32LE(head.payloadBytes, 24);
  frame.writeUInt32LE(segmentChecksum(frame, 0, head.payloadBytes), CRC_OFFSET);
}

/** Reads the head at `offset`, unchecked but for magic, kind and length; null when there is none. */
export function readSegmentHead(bytes: Buffer, offset: number): SegmentHead | null {
  if (offset + SEGMENT_HEAD_BYTES > bytes.length) return null;
  if (bytes.readUInt32LE(offset) !== MAGIC_NUMBER) return null;
  const kind = kindOf(bytes.readUInt32LE(offset + 4));
  const payloadBytes = bytes.readUInt32LE(offset + 24);
  if (kind === null || payloadBytes > MAX_PAYLOAD_BYTES) return null;
  return {
    kind,
    sequence: bytes.readUInt32LE(offset + 8),
    firstSample: bytes.readUInt32LE(offset + 12),
    sampleCount: bytes.readUInt32LE(offset + 16),
    mediaTimeMs: bytes.readUInt32LE(offset + 20),
    payloadBytes,
  };
}

/** True when the whole frame lies within `bytes` and its checksum fits. */
export function isIntact(bytes: Buffer, offset: number, head: SegmentHead): boolean {
  if (offset + SEGMENT_HEAD_BYTES + head.payloadBytes > bytes.length) return false;
  return bytes.readUInt32LE(offset + CRC_OFFSET) === segmentChecksum(bytes, offset, head.payloadBytes);
}

/** Position of the next magic at or after `from`, or -1. */
export function findMagic(bytes: Buffer, from: number): number {
  return bytes.indexOf(MAGIC, from);
}

function segmentChecksum(bytes: Buffer, offset: number, payloadBytes: number): number {
  const payloadStart = offset + SEGMENT_HEAD_BYTES;
  const ofHead = crc32(bytes.subarray(offset, offset + CRC_OFFSET));
  return crc32(bytes.subarray(payloadStart, payloadStart + payloadBytes), ofHead);
}

function kindOf(value: number): SegmentKind | null {
  if (value === KIND_NUMBERS.audio) return 'audio';
  return value === KIND_NUMBERS.result ? 'result' : null;
}

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { RenditionContent } from '#libs/recording-model';

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

/** Base64 of the big-endian CRC-32C of the bytes. */
export function crc32cOf(bytes: Uint8Array): string {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC32C_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  const result = Buffer.alloc(4);
  result.writeUInt32BE(~crc >>> 0);
  return result.toString('base64');
}

/** Bytes that look random and are the same for the same seed. */
export function seededBytes(length: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed >>> 0 || 1;
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}

export interface ContentWatch {
  /** Called each time more bytes have been read, with the count so far. */
  readonly onRead?: (bytesRead: number) => void;
}

type Checksums = Pick<RenditionContent, 'sha256' | 'md5' | 'crc32c'>;
const known = new WeakMap<Buffer, Checksums>();

function checksumsOf(bytes: Buffer): Checksums {
  const checksums = known.get(bytes) ?? {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    md5: createHash('md5').update(bytes).digest('base64'),
    crc32c: crc32cOf(bytes),
  };
  known.set(bytes, checksums);
  return checksums;
}

/** A finished rendition held in memory, with true checksums; handed out in chunks of 64 KiB as a file would be. */
export function renditionContent(bytes: Buffer, contentType = 'audio/wav', watch: ContentWatch = {}): RenditionContent {
  return {
    sizeBytes: bytes.length,
    ...checksumsOf(bytes),
    contentType,
    open: (range) => Readable.from(chunks(range ? bytes.subarray(range.start, range.end + 1) : bytes, watch)),
  };
}

async function* chunks(bytes: Buffer, { onRead }: ContentWatch): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    const chunk = bytes.subarray(at, at + 65_536);
    onRead?.(at + chunk.length);
    yield chunk;
    await new Promise(setImmediate);
  }
}

import { createDecipheriv } from 'node:crypto';

/**
 * Hides a file on the gateway's own disk, and only there: AES-256 in counter mode, with a key that no other file has. The
 * head stands before the bytes and tells which key it is; changes are noticed by whoever knows the checksum of the bytes.
 */
export interface FileVeil {
  /** `VEIL_HEAD_BYTES` bytes. */
  readonly head: Uint8Array;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export const VEIL_HEAD_BYTES = 64;

const BLOCK_BYTES = 16;

/**
 * Turns the bytes of a file into what lies on the disk, or back again, piece by piece.
 * @param offset place in the file, without the head, at which the first piece stands
 */
export function veilFrom({ key }: Pick<FileVeil, 'key'>, offset: number): (bytes: Uint8Array) => Uint8Array {
  const counter = Buffer.alloc(BLOCK_BYTES);
  counter.writeBigUInt64BE(BigInt(Math.floor(offset / BLOCK_BYTES)), BLOCK_BYTES - 8);
  const cipher = createDecipheriv('aes-256-ctr', key, counter);
  cipher.update(Buffer.alloc(offset % BLOCK_BYTES));
  return (bytes) => cipher.update(bytes);
}

/** A whole file as it lies on the disk. */
export async function* veiledBytes(veil: FileVeil, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield veil.head;
  const turn = veilFrom(veil, 0);
  for await (const piece of bytes) yield turn(piece);
}

import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { VEIL_HEAD_BYTES, veilFrom } from '#libs/media';
import type { FileVeils } from '#libs/secrets';

/** Few and large reads: small ones cost more than the disk does. */
const READ_BYTES = 512 * 1024;

/** Bytes `start` to `end`, both of them included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Opens a file of the own disk as it was before it was hidden; one that lies plain is read as it is. */
export function openVeiled(veils: Pick<FileVeils, 'of'>, file: string, range?: ByteRange): Readable {
  return Readable.from(bytesOf(veils, file, range), { objectMode: false, highWaterMark: READ_BYTES });
}

async function* bytesOf(veils: Pick<FileVeils, 'of'>, file: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const veil = veils.of(await headOf(handle));
    const begin = veil === null ? 0 : VEIL_HEAD_BYTES;
    const start = range?.start ?? 0;
    const shown = veil === null ? (bytes: Uint8Array) => bytes : veilFrom(veil, start);
    const last = range === undefined ? Infinity : begin + range.end;
    for (let at = begin + start; at <= last; ) {
      const bytes = Buffer.allocUnsafe(Math.min(READ_BYTES, last - at + 1));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, at);
      if (bytesRead === 0) return;
      yield shown(bytes.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function headOf(handle: FileHandle): Promise<Buffer> {
  const head = Buffer.alloc(VEIL_HEAD_BYTES);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  return head.subarray(0, bytesRead);
}

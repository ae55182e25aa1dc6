import { hkdfSync, randomBytes } from 'node:crypto';
import { RecgateError } from '#libs/recording-model';
import type { VaultKey, VaultKeys } from './secret-vault.js';

/** What hides one file on the gateway's own disk. */
export interface FileVeil {
  /** Stands before the bytes of the file; 64 bytes. */
  readonly head: Uint8Array;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** Keys of files that lie on the gateway's own disk for a while. Not part of this contract: the cipher. */
export interface FileVeils {
  /** For a new file; none is ever given twice. */
  next(): FileVeil;
  /**
   * Of a file that begins like this; null when it lies plain.
   * @throws RecgateError `gateway.unavailable` when its key is not there
   */
  of(head: Uint8Array): FileVeil | null;
}

/**
 * A head:
 *
 *     0 magic "RGV1"   4 length of the key id   5 key id, at most 32   48 salt (16)
 */
const MAGIC = Buffer.from('RGV1', 'latin1');
const HEAD_BYTES = 64;
const SALT_OFFSET = 48;

/** A key for each file (HKDF-SHA256 of the master key and a random salt). */
export function createFileVeils(keys: VaultKeys): FileVeils {
  const ring = new Map([keys, ...(keys.previousKeys ?? [])].map((key) => [key.keyId, key]));
  return {
    next() {
      const head = Buffer.alloc(HEAD_BYTES);
      head.set(MAGIC);
      head[MAGIC.length] = keys.keyId.length;
      head.write(keys.keyId, MAGIC.length + 1, 'latin1');
      head.set(randomBytes(HEAD_BYTES - SALT_OFFSET), SALT_OFFSET);
      return veilOf(keys, head);
    },
    of(bytes) {
      const head = Buffer.from(bytes.subarray(0, HEAD_BYTES));
      if (head.length < HEAD_BYTES || !head.subarray(0, MAGIC.length).equals(MAGIC)) return null;
      const keyId = head.toString('latin1', MAGIC.length + 1, MAGIC.length + 1 + (head[MAGIC.length] ?? 0));
      const key = ring.get(keyId);
      if (key === undefined) throw new RecgateError('gateway.unavailable', `A file is encrypted with the key "${keyId}", which is not there`);
      return veilOf(key, head);
    },
  };
}

function veilOf({ masterKey }: VaultKey, head: Buffer): FileVeil {
  const key = Buffer.from(hkdfSync('sha256', masterKey, head.subarray(SALT_OFFSET), 'recgate local file', 32));
  return { head, key };
}

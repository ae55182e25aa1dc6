import { createCipheriv } from 'node:crypto';
import { RecgateError, type FileCipher } from '#libs/recording-model';

/** Encrypts the bytes of one file as they come. */
export interface CipherStream {
  push(bytes: Uint8Array): Uint8Array;
  /** The rest with its padding, 1 to 16 bytes of it; to be called once. */
  finish(): Uint8Array;
}

const ALGORITHMS: Readonly<Record<number, string>> = { 32: 'aes-128-cbc', 48: 'aes-192-cbc', 64: 'aes-256-cbc' };

/**
 * AES-CBC with PKCS#7 padding, as `openssl enc -aes-N-cbc -K … -iv …` writes it (Aculab contract §4).
 * @throws RecgateError `field.invalid` for a key or vector that is none; it is never part of the message
 */
export function createFileCipher({ key, vector }: FileCipher): CipherStream {
  const algorithm = ALGORITHMS[key.length];
  if (algorithm === undefined || !isHex(key) || !isHex(vector) || vector.length !== 32)
    throw new RecgateError('field.invalid', 'The key or vector of the file is not as long as it must be', {
      field: 'encryption',
    });
  const cipher = createCipheriv(algorithm, Buffer.from(key, 'hex'), Buffer.from(vector, 'hex'));
  return { push: (bytes) => cipher.update(bytes), finish: () => cipher.final() };
}

function isHex(text: string): boolean {
  return /^[0-9a-f]*$/i.test(text);
}

import { createDecipheriv } from 'node:crypto';
import { RecgateError } from '#libs/recording-model';

/** Key and initialisation vector as hex digits. */
export interface AudioDecryption {
  readonly key: string;
  readonly vector: string;
}

const KEY_DIGITS: readonly number[] = [32, 48, 64];
const VECTOR_DIGITS = 32;

/**
 * Decrypts a file: AES-CBC with PKCS#7 padding over the whole file, nothing before it (Aculab contract §4).
 * @throws RecgateError `media.format` when key or vector are none, or not those of the file; never says what they are
 */
export function decryptAudio(bytes: Uint8Array, { key, vector }: AudioDecryption): Uint8Array {
  if (!KEY_DIGITS.includes(key.length) || !isHex(key))
    throw new RecgateError('media.format', 'The decryption key must be 32, 48 or 64 hex digits');
  if (vector.length !== VECTOR_DIGITS || !isHex(vector))
    throw new RecgateError('media.format', `The decryption vector must be ${VECTOR_DIGITS} hex digits`);
  try {
    const decipher = createDecipheriv(`aes-${4 * key.length}-cbc`, Buffer.from(key, 'hex'), Buffer.from(vector, 'hex'));
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch {
    // What OpenSSL says of it is of no use to anybody.
    throw new RecgateError(
      'media.format',
      'The file cannot be decrypted: it is not encrypted, or not with this key and vector',
    );
  }
}

function isHex(text: string): boolean {
  return /^[0-9a-f]*$/i.test(text);
}

import { REDACTED, type EncryptionRule } from '#libs/recording-model';
import { ObjectReader } from './aculab.object-reader.js';

const KEY_BITS = { 32: 128, 48: 192, 64: 256 } as const satisfies Record<number, EncryptionRule['keyBits']>;
const VECTOR_NAMES = ['vector', 'iv', 'initialisation_vector'] as const;

/** Where a cipher goes. */
interface CipherPlace {
  /** The field of the canonical model. */
  readonly to: string;
  /** Key and vector stand in the secret bag as `<name>.key` and `<name>.vector`. */
  readonly secretName: string;
}

/**
 * Reads a cipher object (contract §4): `aescbc` with a key of 32, 48 or 64 hex digits and a vector of 32. Key and
 * vector go to the secret bag in lower case.
 * @throws RecgateError `field.missing`, `field.invalid`; the value itself is never part of the message.
 */
export function readCipher(owner: ObjectReader, name: string, { to, secretName }: CipherPlace): EncryptionRule | null {
  if (!owner.has(name)) {
    owner.string(name, { to });
    return null;
  }
  const cipher = ObjectReader.at(owner.scope, owner.path(name));
  cipherType(cipher, to);
  const key = hexMember(cipher, 'key', `${to}.key`, [32, 48, 64], 'must be 32, 48 or 64 hex digits');
  const vectorName = VECTOR_NAMES.find((each) => cipher.has(each)) ?? 'vector';
  const vector = hexMember(cipher, vectorName, `${to}.vector`, [32], 'must be 32 hex digits');
  for (const alias of VECTOR_NAMES.filter((each) => each !== vectorName && cipher.has(each)))
    cipher.account(alias, { to, outcome: 'dropped', reason: `${vectorName} is given as well`, value: REDACTED });
  const { secrets } = owner.scope;
  secrets[`${secretName}.key`] = key;
  secrets[`${secretName}.vector`] = vector;
  return {
    cipher: 'aes-cbc',
    keyBits: KEY_BITS[key.length as keyof typeof KEY_BITS],
    key: { secret: `${secretName}.key` },
    vector: { secret: `${secretName}.vector` },
  };
}

/** `encryption_cipher` of a recording; without it the file is plain. */
export function encryptionCipher(owner: ObjectReader, name: string): EncryptionRule | null {
  const to = 'spec.encryption';
  if (!owner.names().includes(name)) owner.scope.accounts.defaulted(owner.path(name), null, { to });
  return readCipher(owner, name, { to, secretName: name });
}

function cipherType(cipher: ObjectReader, to: string): void {
  if (!cipher.has('type')) throw cipher.missing('type');
  if (cipher.value('type') !== 'aescbc') throw cipher.refused('type', 'must be "aescbc"');
  cipher.account('type', { to: `${to}.cipher` });
}

function hexMember(cipher: ObjectReader, name: string, to: string, lengths: readonly number[], rule: string): string {
  const value = cipher.value(name);
  if (value === undefined) throw cipher.missing(name);
  if (typeof value !== 'string' || !lengths.includes(value.length) || !/^[0-9a-f]*$/i.test(value))
    throw cipher.refused(name, rule);
  cipher.account(name, { to, value: REDACTED });
  return value.toLowerCase();
}

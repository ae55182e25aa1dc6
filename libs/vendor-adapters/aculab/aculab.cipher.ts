import { NOT_YET_EXECUTED, REDACTED, type EncryptionRule } from '#libs/recording-model';
import { ObjectReader } from './aculab.object-reader.js';

const KEY_BITS = { 32: 128, 48: 192, 64: 256 } as const satisfies Record<number, EncryptionRule['keyBits']>;
const VECTOR_NAMES = ['vector', 'iv', 'initialisation_vector'] as const;
const TO = 'spec.encryption';
const REASON = `${NOT_YET_EXECUTED}: the file is stored without encryption`;

/**
 * Reads `encryption_cipher` (contract §4): `aescbc` with a key of 32, 48 or 64 hex digits and a vector of 32. Key and
 * vector go to the secret bag in lower case.
 * @throws RecgateError `field.missing`, `field.invalid`; the value itself is never part of the message.
 */
export function encryptionCipher(owner: ObjectReader, name: string): EncryptionRule | null {
  if (!owner.has(name)) {
    owner.string(name, { to: TO });
    if (!owner.names().includes(name)) owner.scope.accounts.defaulted(owner.path(name), null, { to: TO });
    return null;
  }
  const cipher = ObjectReader.at(owner.scope, owner.path(name));
  cipherType(cipher);
  const key = hexMember(cipher, 'key', [32, 48, 64], 'must be 32, 48 or 64 hex digits');
  const vectorName = VECTOR_NAMES.find((each) => cipher.has(each)) ?? 'vector';
  const vector = hexMember(cipher, vectorName, [32], 'must be 32 hex digits');
  for (const alias of VECTOR_NAMES.filter((each) => each !== vectorName && cipher.has(each)))
    cipher.account(alias, { to: TO, outcome: 'dropped', reason: `${vectorName} is given as well`, value: REDACTED });
  const { secrets } = owner.scope;
  secrets[`${name}.key`] = key;
  secrets[`${name}.vector`] = vector;
  owner.scope.warn('Encryption is not carried out yet: the file will be stored as it is', owner.path(name));
  return {
    cipher: 'aes-cbc',
    keyBits: KEY_BITS[key.length as keyof typeof KEY_BITS],
    key: { secret: `${name}.key` },
    vector: { secret: `${name}.vector` },
  };
}

function cipherType(cipher: ObjectReader): void {
  if (!cipher.has('type')) throw cipher.missing('type');
  if (cipher.value('type') !== 'aescbc') throw cipher.refused('type', 'must be "aescbc"');
  cipher.account('type', { to: `${TO}.cipher`, outcome: 'dropped', reason: REASON });
}

function hexMember(cipher: ObjectReader, name: string, lengths: readonly number[], rule: string): string {
  const value = cipher.value(name);
  if (value === undefined) throw cipher.missing(name);
  if (typeof value !== 'string' || !lengths.includes(value.length) || !/^[0-9a-f]*$/i.test(value))
    throw cipher.refused(name, rule);
  cipher.account(name, {
    to: `${TO}.${name === 'key' ? 'key' : 'vector'}`,
    outcome: 'dropped',
    reason: REASON,
    value: REDACTED,
  });
  return value.toLowerCase();
}

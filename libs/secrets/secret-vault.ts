import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { RecgateError, type SecretBag, type SecretOwner, type SecretVault } from '#libs/recording-model';

/** A master key of 32 bytes and the name it is known by in seals. */
export interface VaultKey {
  /** 1 to 32 of `A-Za-z0-9_-`. */
  readonly keyId: string;
  readonly masterKey: Buffer;
}

/** The key that seals, and older ones that still open. */
export interface VaultKeys extends VaultKey {
  readonly previousKeys?: readonly VaultKey[];
}

const FORM = 'rgs1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Seals bags with AES-256-GCM. A seal is `rgs1.<key id>.<nonce>.<cipher text and tag>`, the last two in base64url. Each
 * owner has a key of its own (HKDF-SHA256 of the master key), and key id, tenant and owner are authenticated, so a seal
 * opens nowhere else. To rotate, make a new key the current one and keep the old one among `previousKeys`.
 * @throws RecgateError `gateway.internal` for keys of the wrong length or with a bad or repeated name.
 */
export function createSecretVault(keys: VaultKeys): SecretVault {
  const ring = new Map<string, Buffer>();
  for (const key of [keys, ...(keys.previousKeys ?? [])]) addKey(ring, key);
  return {
    seal: (bag, owner) => seal(bag, owner, keys),
    open: (sealed, owner) => open(sealed, owner, ring),
  };
}

/** The key id of a seal, to find those that still want the current key; null when it is not a seal. */
export function keyIdOf(sealed: string): string | null {
  const [form, keyId] = sealed.split('.');
  return form === FORM && keyId !== undefined ? keyId : null;
}

function addKey(ring: Map<string, Buffer>, { keyId, masterKey }: VaultKey): void {
  if (!/^[\w-]{1,32}$/.test(keyId)) throw broken('A master key must be named by 1 to 32 of A-Z a-z 0-9 _ -');
  if (masterKey.length !== KEY_BYTES) throw broken(`The master key "${keyId}" must have ${KEY_BYTES} bytes`);
  if (ring.has(keyId)) throw broken(`There are two master keys named "${keyId}"`);
  ring.set(keyId, masterKey);
}

function seal(bag: SecretBag, owner: SecretOwner, { keyId, masterKey }: VaultKey): string {
  const bound = boundTo(keyId, owner);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', ownerKey(masterKey, bound), nonce);
  cipher.setAAD(bound);
  const text = Buffer.concat([cipher.update(JSON.stringify(bag), 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return [FORM, keyId, nonce.toString('base64url'), text.toString('base64url')].join('.');
}

function open(sealed: string, owner: SecretOwner, ring: ReadonlyMap<string, Buffer>): SecretBag {
  const [form, keyId = '', nonceText = '', text = '', ...rest] = sealed.split('.');
  if (form !== FORM || rest.length > 0) throw broken('The sealed credentials are in no known form');
  const masterKey = ring.get(keyId);
  if (masterKey === undefined) throw broken(`The credentials are sealed with the key "${keyId}", which is not there`);
  const nonce = Buffer.from(nonceText, 'base64url');
  const sealedBytes = Buffer.from(text, 'base64url');
  if (nonce.length !== NONCE_BYTES || sealedBytes.length < TAG_BYTES)
    throw broken('The sealed credentials are cut off');
  return readBag(decrypt(sealedBytes, nonce, boundTo(keyId, owner), masterKey));
}

function decrypt(sealedBytes: Buffer, nonce: Buffer, bound: Buffer, masterKey: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', ownerKey(masterKey, bound), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(bound);
  decipher.setAuthTag(sealedBytes.subarray(-TAG_BYTES));
  try {
    return decipher.update(sealedBytes.subarray(0, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    throw broken('The sealed credentials were altered or belong to somebody else');
  }
}

function readBag(text: string): SecretBag {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw broken('The sealed credentials hold no bag');
  return value as SecretBag;
}

/** What a seal is authenticated with; JSON keeps the borders between the ids unmistakable. */
function boundTo(keyId: string, owner: SecretOwner): Buffer {
  return Buffer.from(JSON.stringify([FORM, keyId, owner.tenantId, owner.ownerId]), 'utf8');
}

/** HKDF takes at most 1,024 bytes of context, so the context is the digest of what the seal is bound to. */
function ownerKey(masterKey: Buffer, bound: Buffer): Buffer {
  const context = createHash('sha256').update(bound).digest();
  return Buffer.from(hkdfSync('sha256', masterKey, '', context, KEY_BYTES));
}

function broken(message: string): RecgateError {
  return new RecgateError('gateway.internal', message);
}

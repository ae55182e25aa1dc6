import { createPrivateKey, createPublicKey, hkdfSync, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { VaultKey, VaultKeys } from './secret-vault.js';

/** Signs documents so that anybody can check, without the gateway, that they are its own and unchanged. */
export interface DocumentSigner {
  /** @returns a compact JWS (RFC 7515) over the text, algorithm EdDSA (RFC 8037) */
  sign(text: string): string;
  /** The public keys, the current one first, as a JWK Set (RFC 7517). */
  publicKeys(): { readonly keys: readonly JsonWebKey[] };
}

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

/** Ed25519 with a key that follows from the master key (HKDF-SHA256), so all processes of a gateway sign alike. */
export function createDocumentSigner(keys: VaultKeys): DocumentSigner {
  const current = signingKey(keys);
  const all = [current, ...(keys.previousKeys ?? []).map(signingKey)];
  return {
    sign(text) {
      const header = encode(JSON.stringify({ alg: 'EdDSA', kid: current.keyId, typ: 'JWS', cty: 'json' }));
      const signed = `${header}.${encode(text)}`;
      return `${signed}.${sign(null, Buffer.from(signed), current.privateKey).toString('base64url')}`;
    },
    publicKeys: () => ({ keys: all.map(publicKey) }),
  };
}

function signingKey({ keyId, masterKey }: VaultKey): SigningKey {
  const seed = Buffer.from(hkdfSync('sha256', masterKey, '', 'recgate manifest', 32));
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  return { keyId, privateKey };
}

function publicKey({ keyId, privateKey }: SigningKey): JsonWebKey {
  return { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: keyId, alg: 'EdDSA', use: 'sig' };
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

import { describe, expect, it } from '@jest/globals';
import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { createDocumentSigner, newMasterKey } from './index.js';

const KEYS = { ...newMasterKey(), previousKeys: [] };
const TEXT = JSON.stringify({ recording: 'rec-1', note: 'Gespräch 📞' });

/** As somebody would check it who has nothing but the JWS and the public keys. */
function isGenuine(jws: string, keys: readonly JsonWebKey[]): boolean {
  const [header = '', payload = '', signature = ''] = jws.split('.');
  const { kid, alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string; alg: string };
  const key = keys.find((each) => each['kid'] === kid);
  if (key === undefined || alg !== 'EdDSA') return false;
  const publicKey = createPublicKey({ key, format: 'jwk' });
  return verify(null, Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'));
}

describe('createDocumentSigner', () => {
  it('makes a JWS that holds the text and is checked with the public key alone', () => {
    const signer = createDocumentSigner(KEYS);
    const jws = signer.sign(TEXT);
    expect(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()).toBe(TEXT);
    expect(isGenuine(jws, signer.publicKeys().keys)).toBe(true);
  });

  it('is not fooled by another text or another key', () => {
    const signer = createDocumentSigner(KEYS);
    const [header, , signature] = signer.sign(TEXT).split('.');
    const forged = [header, Buffer.from('{"recording":"rec-2"}').toString('base64url'), signature].join('.');
    expect(isGenuine(forged, signer.publicKeys().keys)).toBe(false);
    const stranger = createDocumentSigner({ keyId: KEYS.keyId, masterKey: newMasterKey().masterKey });
    expect(isGenuine(stranger.sign(TEXT), signer.publicKeys().keys)).toBe(false);
  });

  it('signs alike in every process, and old signatures hold after the key was changed', () => {
    const jws = createDocumentSigner(KEYS).sign(TEXT);
    expect(createDocumentSigner(KEYS).sign(TEXT)).toBe(jws);
    const rotated = createDocumentSigner({ ...newMasterKey(), previousKeys: [KEYS] });
    expect(isGenuine(jws, rotated.publicKeys().keys)).toBe(true);
    expect(rotated.publicKeys().keys.length).toBe(2);
  });

  it('gives no private key away', () => {
    for (const key of createDocumentSigner(KEYS).publicKeys().keys) expect(key).not.toHaveProperty('d');
  });
});

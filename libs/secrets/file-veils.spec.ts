import { describe, expect, it } from '@jest/globals';
import { createFileVeils, newMasterKey } from './index.js';

const KEYS = { ...newMasterKey(), previousKeys: [] };

describe('createFileVeils', () => {
  it('gives each file a key of its own, found again by its head', () => {
    const veils = createFileVeils(KEYS);
    const [one, other] = [veils.next(), veils.next()];
    expect(one.key).not.toEqual(other.key);
    expect(createFileVeils(KEYS).of(Buffer.concat([one.head, Buffer.alloc(10)]))?.key).toEqual(one.key);
    expect(one.head).toHaveLength(64);
  });

  it('still opens files of an older key, and says which key is missing', () => {
    const { head, key } = createFileVeils(KEYS).next();
    expect(createFileVeils({ ...newMasterKey(), previousKeys: [KEYS] }).of(head)?.key).toEqual(key);
    const refusal = { code: 'gateway.unavailable', message: expect.stringContaining(KEYS.keyId) };
    expect(() => createFileVeils(newMasterKey()).of(head)).toThrow(expect.objectContaining(refusal));
  });

  it('takes what has no head for plain', () => {
    for (const plain of [Buffer.from('RIFF....WAVE'), Buffer.alloc(0), Buffer.alloc(64)]) expect(createFileVeils(KEYS).of(plain)).toBeNull();
  });
});

import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecgateError } from '#libs/recording-model';
import { createSecretVault, keyIdOf, loadOrCreateMasterKey, newMasterKey } from './index.js';

const OWNER = { tenantId: 'tenant-1', ownerId: 'rec-1' };

describe('SecretVault', () => {
  const vault = createSecretVault({ keyId: 'k1', masterKey: randomBytes(32) });

  it('opens what it sealed, whatever it is', () => {
    const bags = fc.dictionary(fc.string(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(bags, fc.string(), fc.string(), (bag, tenantId, ownerId) => {
        const owner = { tenantId, ownerId };
        expect(vault.open(vault.seal(bag, owner), owner)).toEqual(bag);
      }),
      { numRuns: 100 },
    );
  });

  it('names form and key, shows nothing of the bag and never seals the same way twice', () => {
    const seals = [1, 2].map(() => vault.seal({ password: 'canary-7f3a' }, OWNER));
    expect(seals[0]).toMatch(/^rgs1\.k1\.[\w-]{16}\.[\w-]+$/);
    expect(seals[0]).not.toBe(seals[1]);
    expect(keyIdOf(seals[0] ?? '')).toBe('k1');
    expect(keyIdOf('something else')).toBeNull();
    for (const seal of seals) {
      expect(seal).not.toContain('canary');
      expect(Buffer.from(seal.split('.').at(-1) ?? '', 'base64url').includes('canary')).toBe(false);
    }
  });

  it.each([
    { tenantId: 'tenant-2', ownerId: 'rec-1' },
    { tenantId: 'tenant-1', ownerId: 'rec-2' },
    { tenantId: 'tenant-1rec', ownerId: '-1' },
    { tenantId: 'tenant-1","rec-1', ownerId: '' },
  ])('does not open for %j', (other) => {
    const sealed = vault.seal({ a: 'b' }, OWNER);
    expect(() => vault.open(sealed, other)).toThrow(
      new RecgateError('gateway.internal', 'The sealed credentials were altered or belong to somebody else'),
    );
  });

  it('notices every altered, cut or foreign seal', () => {
    const sealed = vault.seal({ password: 'canary-7f3a' }, OWNER);
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.string({ minLength: 0, maxLength: 2 }), (at, text) => {
        const altered = sealed.slice(0, at) + text + sealed.slice(at + 1);
        let opened: unknown = 'refused';
        try {
          opened = vault.open(altered, OWNER);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RecgateError);
          expect(String(thrown)).not.toContain('canary');
        }
        // The last base64url digit carries bits that mean nothing.
        if (opened !== 'refused')
          expect(Buffer.from(altered.split('.').at(-1) ?? '', 'base64url')).toEqual(
            Buffer.from(sealed.split('.').at(-1) ?? '', 'base64url'),
          );
      }),
      { numRuns: 300 },
    );
    for (const text of ['', 'rgs1', 'rgs1.k1..', 'rgs1.k1.AAAA.AAAA', `${sealed}.x`, 'rgs2.k1.a.b'])
      expect(() => vault.open(text, OWNER)).toThrow(RecgateError);
  });

  it('opens old seals after a rotation and seals with the new key; without the old key they stay shut', () => {
    const [older, newer] = [newMasterKey(), newMasterKey()];
    const sealed = createSecretVault(older).seal({ a: 'b' }, OWNER);
    const rotated = createSecretVault({ ...newer, previousKeys: [older] });
    expect(rotated.open(sealed, OWNER)).toEqual({ a: 'b' });
    expect(keyIdOf(rotated.seal({}, OWNER))).toBe(newer.keyId);
    expect(() => createSecretVault(newer).open(sealed, OWNER)).toThrow(/which is not there/);
  });

  it('refuses keys that are too short, badly named or named twice', () => {
    const good = newMasterKey();
    expect(() => createSecretVault({ keyId: 'k', masterKey: randomBytes(16) })).toThrow(/32 bytes/);
    expect(() => createSecretVault({ keyId: 'a.b', masterKey: randomBytes(32) })).toThrow(/named/);
    expect(() => createSecretVault({ ...good, previousKeys: [good] })).toThrow(/two master keys/);
  });
});

describe('loadOrCreateMasterKey', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'recgate-keys-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('makes one key, readable by its owner alone, and finds it again', () => {
    const file = join(directory, 'deep', 'master.key');
    const made = loadOrCreateMasterKey(file);
    expect(made.masterKey).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(directory, 'deep'))).toEqual(['master.key']);
    expect(loadOrCreateMasterKey(file)).toEqual(made);
  });

  it('takes the first line as the current key and the others as older ones', () => {
    const file = join(directory, 'master.key');
    const older = loadOrCreateMasterKey(file);
    const newer = newMasterKey();
    const text = `# rotated\n${newer.keyId} ${newer.masterKey.toString('base64')}\n${readFileSync(file, 'utf8')}`;
    writeFileSync(file, text, { mode: 0o600 });
    const keys = loadOrCreateMasterKey(file);
    expect([keys.keyId, keys.previousKeys?.map((key) => key.keyId)]).toEqual([newer.keyId, [older.keyId]]);
    const sealed = createSecretVault(older).seal({ a: 'b' }, OWNER);
    expect(createSecretVault(keys).open(sealed, OWNER)).toEqual({ a: 'b' });
  });

  it('refuses a file that others can read, and one that holds no key', () => {
    const file = join(directory, 'master.key');
    loadOrCreateMasterKey(file);
    chmodSync(file, 0o640);
    expect(() => loadOrCreateMasterKey(file)).toThrow(/chmod 600/);
    for (const text of ['', 'k1 short', 'k1 AAAA BBBB']) {
      const bad = join(directory, 'bad.key');
      writeFileSync(bad, text, { mode: 0o600 });
      expect(() => loadOrCreateMasterKey(bad)).toThrow(RecgateError);
    }
  });
});

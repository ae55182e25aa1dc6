import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { RecgateError } from '#libs/recording-model';
import type { VaultKey, VaultKeys } from './secret-vault.js';

/**
 * Reads the master keys of a file, or makes the file with one new key. Each line is `<key id> <32 bytes in base64>`; the
 * first is the current key, the others still open older seals. To rotate, put a new line on top. The file is written
 * whole or not at all, with mode 0600; when two processes make it at once, both get the same key.
 * @throws RecgateError `gateway.internal` when the file is open to others or not in this form.
 */
export function loadOrCreateMasterKey(file: string): VaultKeys {
  return readKeys(file) ?? createKeys(file);
}

/** A new random key; the id tells keys apart and says nothing about them. */
export function newMasterKey(): VaultKey {
  return { keyId: `k${randomBytes(4).toString('hex')}`, masterKey: randomBytes(32) };
}

function readKeys(file: string): VaultKeys | null {
  const text = readPrivateFile(file);
  if (text === null) return null;
  const [current, ...previousKeys] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => readLine(line, file));
  if (current === undefined) throw unusable(file, 'holds no key');
  return { ...current, previousKeys };
}

function readLine(line: string, file: string): VaultKey {
  const [keyId = '', encoded = '', ...rest] = line.split(/\s+/);
  const masterKey = Buffer.from(encoded, 'base64');
  if (rest.length > 0 || masterKey.length !== 32)
    throw unusable(file, 'must hold lines of a key id and 32 bytes in base64');
  return { keyId, masterKey };
}

function readPrivateFile(file: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (thrown) {
    if (isMissing(thrown)) return null;
    throw new RecgateError('gateway.internal', `The key file ${file} cannot be read`, { cause: thrown });
  }
  try {
    if ((fstatSync(descriptor).mode & 0o077) !== 0) throw unusable(file, 'is open to others: chmod 600 it');
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function createKeys(file: string): VaultKeys {
  const key = newMasterKey();
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeSynced(draft, `${key.keyId} ${key.masterKey.toString('base64')}\n`);
  try {
    // A link, unlike a rename, never replaces the file another process has made meanwhile.
    linkSync(draft, file);
    syncDirectory(dirname(file));
    return { ...key, previousKeys: [] };
  } catch (thrown) {
    const made = readKeys(file);
    if (made === null)
      throw new RecgateError('gateway.internal', `The key file ${file} cannot be written`, { cause: thrown });
    return made;
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeSynced(file: string, text: string): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    fchmodSync(descriptor, 0o600);
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isMissing(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT';
}

function unusable(file: string, why: string): RecgateError {
  return new RecgateError('gateway.internal', `The key file ${file} ${why}`);
}

import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createDecipheriv, createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Encoder, FileCipher, PcmSource, RecordingFormat } from '#libs/recording-model';
import { createFileCipher } from './file-cipher.js';
import { createInlineEncoder } from './inline-encoder.js';
import { createThreadedEncoder } from './threaded/threaded-encoder.js';

const VECTOR = '0f0e0d0c0b0a09080706050403020100';
const KEY_128 = '00112233445566778899aabbccddeeff';
const KEY_192 = '000102030405060708090a0b0c0d0e0f1011121314151617';
const KEY_256 = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

const WAV: RecordingFormat = {
  container: 'wav',
  codec: 'alaw',
  bitrateKbps: null,
  extension: 'wav',
  contentType: 'audio/x-wav',
};
const MP3: RecordingFormat = {
  container: 'mp3',
  codec: 'mp3',
  bitrateKbps: null,
  extension: 'mp3',
  contentType: 'audio/mpeg',
};

let directory = '';
let encoder: Encoder & { close(): Promise<void> };
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cipher-'));
  encoder = createThreadedEncoder({ threads: 1 });
});
afterAll(async () => {
  await encoder.close();
  rmSync(directory, { recursive: true });
});

function source(samples: number): PcmSource {
  const all = Int16Array.from({ length: samples }, (_, i) => ((i * 7919) % 20011) - 10005);
  return {
    sampleRate: 8000,
    channels: 1,
    samples,
    async *blocks() {
      for (let at = 0; at < all.length; at += 4321) yield all.slice(at, at + 4321);
    },
  };
}

/** Opens a file with the same program that the vendor's customers use. */
function openssl(algorithm: string, key: string, file: string): Buffer {
  return execFileSync('openssl', ['enc', '-d', algorithm, '-K', key, '-iv', VECTOR, '-in', file]);
}

describe('the cipher of files (Aculab contract §4)', () => {
  it.each([
    [KEY_128, 'RIFF', '3000acdd3860602b8f5ffe86ab9bd070'],
    [KEY_128, '0123456789abcdef', 'f04fa6de816345dc1914f6f04dc8fc393df5bef2e8f0e0c1b823d57de1a6a5ca'],
    [KEY_128, '0123456789abcdef0123', 'f04fa6de816345dc1914f6f04dc8fc395b75ee409d798bd31bbd9539f482c6b7'],
    [KEY_256, 'RIFF', '53fe00b72b338978f29decbde35a0875'],
  ])("gives the contract's vectors: %s %s", (key, plain, expected) => {
    const cipher = createFileCipher({ key, vector: VECTOR });
    const bytes = [cipher.push(Buffer.from(plain)), cipher.finish()];
    expect(Buffer.concat(bytes).toString('hex')).toBe(expected);
  });

  it('does not depend on how the bytes came, and always pads', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }), (parts) => {
        const cipher = createFileCipher({ key: KEY_192, vector: VECTOR });
        const written = Buffer.concat([...parts.map((part) => Buffer.from(cipher.push(part))), cipher.finish()]);
        const whole = Buffer.concat(parts);
        expect(written.length).toBe(16 * (Math.floor(whole.length / 16) + 1));
        const decipher = createDecipheriv('aes-192-cbc', Buffer.from(KEY_192, 'hex'), Buffer.from(VECTOR, 'hex'));
        expect(Buffer.concat([decipher.update(written), decipher.final()]).equals(whole)).toBe(true);
      }),
      { endOnFailure: true },
    );
  });

  it.each([
    ['a key that is too short', { key: KEY_128.slice(2), vector: VECTOR }],
    ['a key that is not hex', { key: 'z'.repeat(32), vector: VECTOR }],
    ['a vector that is too long', { key: KEY_128, vector: `${VECTOR}00` }],
  ])('refuses %s and does not show it', (_what, cipher: FileCipher) => {
    expect(() => createFileCipher(cipher)).toThrow('as long as it must be');
  });
});

describe('encrypted renditions', () => {
  it.each([
    ['-aes-128-cbc', KEY_128],
    ['-aes-192-cbc', KEY_192],
    ['-aes-256-cbc', KEY_256],
  ])('are opened by openssl with %s and hold the plain file', async (algorithm, key) => {
    const encryption: FileCipher = { key, vector: VECTOR };
    const file = join(directory, `${key.length}.wav`);
    const made = await encoder.encode({ source: source(20_000), format: WAV, outputFile: file, encryption });
    const plain = await encoder.encode({
      source: source(20_000),
      format: WAV,
      outputFile: join(directory, `${key.length}.plain`),
    });
    const stored = readFileSync(file);
    expect(openssl(algorithm, key, file).equals(readFileSync(plain.file))).toBe(true);
    expect(stored.includes('RIFF')).toBe(false);
    expect(made).toMatchObject({
      sizeBytes: stored.length,
      sha256: createHash('sha256').update(stored).digest('hex'),
      samples: 20_000,
      durationMs: 2500,
    });
    const inline = await createInlineEncoder().encode({
      source: source(20_000),
      format: WAV,
      outputFile: `${file}.inline`,
      encryption,
    });
    expect(readFileSync(inline.file).equals(stored)).toBe(true);
  });

  it('are refused for a format whose header comes last, and leave nothing', async () => {
    const outputFile = join(directory, 'none.mp3');
    const encryption: FileCipher = { key: KEY_128, vector: VECTOR };
    for (const each of [encoder, createInlineEncoder()])
      await expect(each.encode({ source: source(800), format: MP3, outputFile, encryption })).rejects.toMatchObject({
        code: 'media.format',
      });
    expect(readdirSync(directory).filter((name) => name.startsWith('none'))).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecgateError } from '#libs/recording-model';
import { encodeKey, safeObjectKey, safeStoreName } from './object-key.js';

const PROVIDERS = ['s3', 'gcs', 'azure-blob', 'media-store'] as const;

describe('safeObjectKey', () => {
  it.each([
    ['s3', 'a'.repeat(1025)],
    ['s3', 'é'.repeat(513)],
    ['gcs', '.well-known/acme-challenge/token'],
    ['azure-blob', 'a'.repeat(1025)],
    ['azure-blob', 'a/'.repeat(254) + 'b'],
    ['azure-blob', 'folder./b.wav'],
    ['azure-blob', 'folder/'],
    ['azure-blob', 'a\\b.wav'],
    ['s3', 'a\ud800b'],
    ['s3', 'a\u0085b'],
    ['media-store', '..\\a'],
  ] as const)('%s refuses a name it would not keep (%#)', (provider, name) => {
    expect(() => safeObjectKey(name, provider)).toThrow(RecgateError);
  });

  it.each([
    ['s3', '/leading/slash.wav'],
    ['s3', 'double//slash.wav'],
    ['s3', 'é'.repeat(512)],
    ['azure-blob', 'é'.repeat(1024)],
    ['gcs', '..a/b..c/...'],
    ['media-store', '/rest_api/recordings/2026/11/21/14_35_03_04f01fb92e8913a8.62100.wav'],
  ] as const)('%s keeps the name as it is (%#)', (provider, name) => {
    expect(safeObjectKey(name, provider)).toBe(name);
  });

  it('lets no name through that a URL parser would resolve to another', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PROVIDERS),
        fc.array(fc.constantFrom('..', '.', '/', '\\', 'a', '%2e', '\n', '?', '#'), { minLength: 1 }),
        (provider, parts) => {
          const name = parts.join('');
          let key: string;
          try {
            key = safeObjectKey(name, provider);
          } catch (error) {
            expect(error).toMatchObject({ code: 'destination.rejected' });
            return;
          }
          const { pathname, search, hash } = new URL(`https://host/bucket/${encodeKey(key)}`);
          expect(decodeURIComponent(pathname)).toBe(`/bucket/${key}`);
          expect(search + hash).toBe('');
        },
      ),
    );
  });
});

describe('safeStoreName', () => {
  it.each([
    ['bucket', 'my-bucket.example_1'],
    ['container', 'voice-recordings'],
    ['container', '$root'],
    ['account', 'myaccount1'],
  ] as const)('takes the %s %s', (what, name) => {
    expect(safeStoreName(name, what)).toBe(name);
  });

  it.each([
    ['bucket', 'evil.example/x?'],
    ['bucket', 'a..b'],
    ['bucket', '..'],
    ['bucket', 'a@b'],
    ['container', 'a--b'],
    ['container', 'Upper'],
    ['account', 'evil.example#'],
    ['account', 'a:80'],
  ] as const)('refuses the %s %s', (what, name) => {
    expect(() => safeStoreName(name, what)).toThrow(expect.objectContaining({ code: 'destination.rejected' }));
  });
});

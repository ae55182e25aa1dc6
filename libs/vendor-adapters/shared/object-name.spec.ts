import { describe, expect, it } from '@jest/globals';
import type { Destination } from '#libs/recording-model';
import { objectNameIn } from './index.js';

const S3 = {
  kind: 's3',
  bucket: 'calls',
  region: null,
  endpoint: null,
  addressing: null,
  accessKeyId: { secret: 'id' },
  secretAccessKey: { secret: 'key' },
} as const;
const HTTP = { kind: 'http-upload', method: 'PUT', userinfo: null } as const;
const FTP = { kind: 'ftp-upload', userinfo: null } as const;

const CASES: readonly (readonly [string, Destination, string])[] = [
  ['no key', { ...S3, key: null }, '2026/a b.wav'],
  ['a folder', { ...S3, key: 'in/' }, 'in/2026/a b.wav'],
  ['a key', { ...S3, key: 'in/this.wav' }, 'in/this.wav'],
  ['a web folder', { ...HTTP, url: 'https://a.example.com/in/' }, 'https://a.example.com/in/2026/a%20b.wav'],
  ['a web address', { ...HTTP, url: 'https://a.example.com/in' }, 'https://a.example.com/in'],
  ['an FTP directory', { ...FTP, url: 'ftp://a.example.com/in' }, 'ftp://a.example.com/in/2026_a%20b.wav'],
  ['the own store', { kind: 'media-store', container: null, file: null }, '2026/a b.wav'],
];

describe('the name of a file at its destination', () => {
  it.each(CASES)('%s', (_what, destination, expected) => {
    expect(objectNameIn(destination, '2026/a b.wav')).toBe(expected);
  });
});

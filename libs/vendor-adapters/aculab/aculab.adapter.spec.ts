import { readFileSync } from 'node:fs';
import { describeVendorAdapterContract, type VendorFixture } from '#libs/testing';
import { aculabAdapter } from './aculab.adapter.js';

const PAGE = 'https://app.example.net/ivr/first?lang=en';

function fixture(name: string, more: Partial<VendorFixture> = {}): VendorFixture {
  const body = readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8');
  return { name, document: { body, role: 'flow', url: PAGE }, ...more };
}

const PAGES = {
  firstPage: PAGE,
  finalPage: 'final',
  errorPage: 'https://app.example.net/error',
  errorPageMethod: 'GET',
};

describeVendorAdapterContract(aculabAdapter, [
  fixture('record-minimal', { recordings: 1 }),
  fixture('record-full', {
    recordings: 1,
    settings: PAGES,
    documentSecrets: ['00112233445566778899aabbccddeeff', '0f0e0d0c0b0a09080706050403020100'],
  }),
  fixture('voicemail', { recordings: 1, settings: PAGES, secrets: { pageCredentials: 'bob:s3cret-page' } }),
  fixture('version-1', { recordings: 2, settings: { ...PAGES, apiVersion: '1', finalPageMethod: 'GET' } }),
  fixture('credentials', {
    recordings: 1,
    documentSecrets: [
      'page-pass',
      'note-pass',
      'odd-pass',
      'fax-pass',
      'AAAAAAAAAAAAAAAA1111111111111111BBBBBBBBBBBBBBBB',
      'CCCCCCCCCCCCCCCC2222222222222222',
      'DDDDDDDDDDDDDDDD3333333333333333',
      'EEEEEEEEEEEEEEEE4444444444444444',
    ],
  }),
  fixture('every-action', {
    recordings: 0,
    settings: PAGES,
    documentSecrets: ['media-pass', '00112233445566778899aabbccddeeff'],
  }),
]);

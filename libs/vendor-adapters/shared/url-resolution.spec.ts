import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecgateError } from '#libs/recording-model';
import { resolveUrl } from './url-resolution.js';

const at = { path: '/url', line: 1, column: 1 };

describe('resolveUrl', () => {
  it.each([
    ['https://rec.example.com', null, 'https://rec.example.com', null],
    ['HTTPS://Rec.example.com/a%20b?x=1&y', null, 'HTTPS://Rec.example.com/a%20b?x=1&y', null],
    ['https://jo:p%40ss@rec.example.com/kzr', null, 'https://rec.example.com/kzr', 'jo:p@ss'],
    ['next', 'https://app.example.com/flow/first?x=1', 'https://app.example.com/flow/next', null],
    ['/cb?a=b', 'https://u:p@app.example.com/flow', 'https://app.example.com/cb?a=b', 'u:p'],
    ['//other.example.com/x', 'https://app.example.com/', 'https://other.example.com/x', null],
    ['https://rec.example.com/ü b', null, 'https://rec.example.com/%C3%BC%20b', null],
    ['https:\\\\good.example.com\\@x', null, 'https://good.example.com/@x', null],
    ['https:rec.example.com/x', null, 'https://rec.example.com/x', null],
  ])('makes %s on %s into %s', (reference, base, url, userinfo) => {
    expect(resolveUrl(reference, base, at)).toEqual({ url, userinfo });
  });

  it.each([
    '',
    '  ',
    'relative',
    'ftp://x.example.com/',
    'javascript:alert(1)',
    'https://',
    'http://[::1',
    'https://exa mple.com/',
  ])('refuses %j without a base, at its position', (reference) => {
    expect(() => resolveUrl(reference, null, at, { field: 'url' })).toThrow(
      expect.objectContaining({ code: 'field.invalid', field: 'url', position: at }),
    );
  });

  it('accepts further schemes on request', () => {
    expect(resolveUrl('ftp://u@x.example.com/d', null, at, { schemes: ['ftp'] })).toEqual({
      url: 'ftp://x.example.com/d',
      userinfo: 'u',
    });
  });

  it('yields, for any text, a sendable absolute URL without credentials or refuses', () => {
    const texts = fc.oneof(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.string(),
      fc.string().map((s) => `https://${s}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const { url } = resolveUrl(text, 'https://base.example.com/x', at);
          expect(url).toMatch(/^https?:\/\/[^/?#@]+([/?#]|$)/i);
          expect(url).not.toMatch(/[\s\u0000-\u001f\u007f]/);
          expect(new URL(url).username).toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(RecgateError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ContentDigest } from './content-digest.js';
import { crc16 } from './crc16.js';
import { Crc32c } from './crc32c.js';

const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** The definition, bit by bit. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return ~crc >>> 0;
}

describe('Crc32c', () => {
  // RFC 3720 appendix B.4, and the check value of the catalogue of CRCs.
  it.each([
    ['32 zeros', new Uint8Array(32), 0x8a91_36aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd_794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113f_db5c],
    ['123456789', ascii('123456789'), 0xe306_9283],
    ['nothing', new Uint8Array(0), 0],
  ])('is right for %s', (_, bytes, value) => {
    expect(new Crc32c().update(bytes).value).toBe(value);
  });

  it('is base64 of four bytes, most significant first', () => {
    expect(new Crc32c().update(ascii('123456789')).base64).toBe(Buffer.from('e3069283', 'hex').toString('base64'));
  });

  it('agrees with the definition however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 6 }), (parts) => {
        const running = new Crc32c();
        for (const part of parts) running.update(part);
        expect(running.value).toBe(slowCrc32c(Uint8Array.from(parts.flatMap((part) => [...part]))));
      }),
    );
  });
});

describe('crc16', () => {
  it('has the check value of CRC-16/ARC and can be continued', () => {
    expect(crc16(ascii('123456789'))).toBe(0xbb3d);
    expect(crc16(ascii('56789'), crc16(ascii('1234')))).toBe(0xbb3d);
  });
});

describe('ContentDigest', () => {
  it('gives the checksums in the forms the stores compare', () => {
    const digest = new ContentDigest();
    digest.update(ascii('1234'));
    digest.update(ascii('56789'));
    const hash = (name: string) => createHash(name).update('123456789');
    expect(digest.finish()).toEqual({
      sizeBytes: 9,
      sha256: hash('sha256').digest('hex'),
      md5: hash('md5').digest('base64'),
      crc32c: '4waSgw==',
    });
  });
});

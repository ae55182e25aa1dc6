import { describe, expect, it } from '@jest/globals';
import { ALAW_SILENCE, MULAW_SILENCE, decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './g711.js';

const ALL_CODES = Uint8Array.from({ length: 256 }, (_, code) => code);
const ALL_SAMPLES = Int16Array.from({ length: 65536 }, (_, word) => word - 32768);

/** ITU-T G.711 tables 1a and 2a: decision values at the segment ends, and the quantized values beside them. */
const MULAW_TABLE: readonly (readonly [code: number, value14Bit: number])[] = [
  [0b1000_0000, 8031],
  [0b1000_1111, 4191],
  [0b1001_1111, 2079],
  [0b1010_1111, 1023],
  [0b1011_1111, 495],
  [0b1100_1111, 231],
  [0b1101_1111, 99],
  [0b1110_1111, 33],
  [0b1111_1110, 2],
  [0b1111_1111, 0],
];
const ALAW_TABLE: readonly (readonly [codeBeforeInversion: number, value13Bit: number])[] = [
  [0b1111_1111, 4032],
  [0b1111_0000, 2112],
  [0b1110_0000, 1056],
  [0b1101_0000, 528],
  [0b1100_0000, 264],
  [0b1011_0000, 132],
  [0b1010_0000, 66],
  [0b1000_0000, 1],
];

function decoded(decode: typeof decodeMulaw, codes: Uint8Array): Int16Array {
  const samples = new Int16Array(codes.length);
  decode(codes, samples);
  return samples;
}

function encoded(encode: typeof encodeMulaw, samples: Int16Array): Uint8Array {
  const codes = new Uint8Array(samples.length);
  encode(samples, codes);
  return codes;
}

describe('G.711', () => {
  it('decodes µ-law to the quantized values of ITU-T table 2', () => {
    for (const [code, value] of MULAW_TABLE) {
      expect(decoded(decodeMulaw, Uint8Array.of(code, code ^ 0x80))).toEqual(Int16Array.of(value * 4, -value * 4));
    }
  });

  it('decodes A-law to the quantized values of ITU-T table 1', () => {
    for (const [code, value] of ALAW_TABLE) {
      const inverted = code ^ 0x55;
      expect(decoded(decodeAlaw, Uint8Array.of(inverted, inverted ^ 0x80))).toEqual(
        Int16Array.of(value * 8, -value * 8),
      );
    }
  });

  it('gives every code word back, the negative zero of µ-law as zero', () => {
    expect(encoded(encodeAlaw, decoded(decodeAlaw, ALL_CODES))).toEqual(ALL_CODES);
    const expected = ALL_CODES.map((code) => (code === 0x7f ? 0xff : code));
    expect(encoded(encodeMulaw, decoded(decodeMulaw, ALL_CODES))).toEqual(expected);
  });

  it.each([
    // Half a quantizing interval: 4 × 2^segment in µ-law; 8 in the two lowest segments of A-law, then doubling.
    [
      'µ-law',
      encodeMulaw,
      decodeMulaw,
      32635,
      (magnitude: number) => 4 * 2 ** Math.floor(Math.log2((magnitude + 132) / 128)),
    ],
    [
      'A-law',
      encodeAlaw,
      decodeAlaw,
      32767,
      (magnitude: number) => 8 * 2 ** Math.max(0, Math.floor(Math.log2(magnitude / 256))),
    ],
  ] as const)(
    'stays within half a %s interval for every sample below the overload point',
    (_, encode, decode, overload, halfInterval) => {
      const values = decoded(decode, encoded(encode, ALL_SAMPLES));
      ALL_SAMPLES.forEach((sample, i) => {
        const value = values[i] ?? 0;
        const error = Math.abs(value - Math.max(-overload, Math.min(overload, sample)));
        if (error > halfInterval(Math.abs(value))) throw new Error(`${sample} became ${value}`);
      });
      expect(new Set(values).size).toBeGreaterThanOrEqual(255);
    },
  );

  it('never falls as the sample rises', () => {
    for (const [encode, decode] of [
      [encodeMulaw, decodeMulaw],
      [encodeAlaw, decodeAlaw],
    ] as const) {
      const out = decoded(decode, encoded(encode, ALL_SAMPLES));
      expect(out.every((value, i) => i === 0 || value >= (out[i - 1] ?? 0))).toBe(true);
    }
  });

  it('knows the code words of silence', () => {
    expect(decoded(decodeMulaw, Uint8Array.of(MULAW_SILENCE))).toEqual(Int16Array.of(0));
    expect(decoded(decodeAlaw, Uint8Array.of(ALAW_SILENCE))).toEqual(Int16Array.of(8));
  });

  it('writes at the offset and nowhere else', () => {
    const samples = Int16Array.of(7, 7, 7, 7);
    decodeMulaw(Uint8Array.of(MULAW_SILENCE, MULAW_SILENCE), samples, 1);
    expect(samples).toEqual(Int16Array.of(7, 0, 0, 7));
    const codes = Uint8Array.of(1, 1, 1, 1);
    encodeAlaw(Int16Array.of(0, 0), codes, 2);
    expect(codes).toEqual(Uint8Array.of(1, 1, ALAW_SILENCE, ALAW_SILENCE));
  });
});

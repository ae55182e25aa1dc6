import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseWavHeader } from './parse-wav-header.js';
import { WavFormatError, type WavCodec, type WavFormatReason } from './wav-format.js';
import { wavDataBytes, wavPaddingBytes, writeWavHeader } from './write-wav-header.js';

const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const uint32 = (value: number): number[] => [
  value & 0xff,
  (value >> 8) & 0xff,
  (value >> 16) & 0xff,
  (value >>> 24) & 0xff,
];
const uint16 = (value: number): number[] => [value & 0xff, value >> 8];

const chunk = (id: string, body: readonly number[], size = body.length): number[] => [
  ...ascii(id),
  ...uint32(size),
  ...body,
  ...(body.length % 2 ? [0] : []),
];
const fmt = (tag = 1, channels = 1, rate = 8000, bits = 16, extra: readonly number[] = []): number[] =>
  chunk('fmt ', [
    ...uint16(tag),
    ...uint16(channels),
    ...uint32(rate),
    ...uint32((rate * channels * bits) / 8),
    ...uint16((channels * bits) / 8),
    ...uint16(bits),
    ...extra,
  ]);
const riff = (...chunks: readonly number[][]): Uint8Array =>
  Uint8Array.from([...ascii('RIFF'), ...uint32(0), ...ascii('WAVE'), ...chunks.flat()]);
const data = (size: number): number[] => [...ascii('data'), ...uint32(size)];

function reasonOf(bytes: Uint8Array): WavFormatReason | 'read' {
  try {
    parseWavHeader(bytes);
    return 'read';
  } catch (error) {
    if (error instanceof WavFormatError) return error.reason;
    throw error;
  }
}

const codecs = fc.constantFrom<WavCodec>('pcm16', 'mulaw', 'alaw');

describe('writeWavHeader', () => {
  it('writes the 44 bytes of PCM', () => {
    const header = writeWavHeader({ codec: 'pcm16', sampleRate: 16000, channels: 2, samples: 3 });
    expect([...header]).toEqual([
      ...ascii('RIFF'),
      ...uint32(36 + 12),
      ...ascii('WAVE'),
      ...ascii('fmt '),
      ...uint32(16),
      ...uint16(1),
      ...uint16(2),
      ...uint32(16000),
      ...uint32(64000),
      ...uint16(4),
      ...uint16(16),
      ...ascii('data'),
      ...uint32(12),
    ]);
  });

  it('writes the 58 bytes of µ-law with fact, and counts the padding of an odd length', () => {
    const layout = { codec: 'mulaw', sampleRate: 8000, channels: 1, samples: 5 } as const;
    expect([...writeWavHeader(layout)]).toEqual([
      ...ascii('RIFF'),
      ...uint32(50 + 6),
      ...ascii('WAVE'),
      ...ascii('fmt '),
      ...uint32(18),
      ...uint16(7),
      ...uint16(1),
      ...uint32(8000),
      ...uint32(8000),
      ...uint16(1),
      ...uint16(8),
      ...uint16(0),
      ...ascii('fact'),
      ...uint32(4),
      ...uint32(5),
      ...ascii('data'),
      ...uint32(5),
    ]);
    expect(wavPaddingBytes(layout)).toBe(1);
  });

  it('is read back by the parser', () => {
    const layouts = fc.record({
      codec: codecs,
      sampleRate: fc.constantFrom(8000, 16000, 44100),
      channels: fc.integer({ min: 1, max: 2 }),
      samples: fc.integer({ min: 1, max: 1e9 }),
    });
    fc.assert(
      fc.property(layouts, (layout) => {
        const header = writeWavHeader(layout);
        expect(header.length).toBe(layout.codec === 'pcm16' ? 44 : 58);
        expect(parseWavHeader(header)).toEqual({
          ...layout,
          dataOffset: header.length,
          dataBytes: wavDataBytes(layout),
        });
        const riffSize = new DataView(header.buffer).getUint32(4, true);
        expect(riffSize).toBe(header.length - 8 + wavDataBytes(layout) + wavPaddingBytes(layout));
      }),
    );
  });

  it('refuses more than 4 GiB', () => {
    expect(() => writeWavHeader({ codec: 'pcm16', sampleRate: 16000, channels: 2, samples: 2 ** 30 })).toThrow(
      WavFormatError,
    );
  });
});

describe('parseWavHeader', () => {
  it('reads 8-bit PCM, also where the writer did not know the length', () => {
    expect(parseWavHeader(riff(fmt(1, 2, 8000, 8), data(11)))).toEqual({
      codec: 'pcm8',
      sampleRate: 8000,
      channels: 2,
      dataOffset: 44,
      dataBytes: 10,
      samples: 5,
    });
    expect(parseWavHeader(riff(fmt(1, 1, 8000, 8), data(0)))).toMatchObject({ codec: 'pcm8', dataBytes: null });
  });

  it('walks over chunks it does not know, odd ones padded', () => {
    const bytes = riff(
      chunk('LIST', ascii('INFOISFT')),
      chunk('junk', [1, 2, 3]),
      fmt(),
      chunk('fact', uint32(2)),
      data(4),
    );
    expect(parseWavHeader(bytes)).toMatchObject({ codec: 'pcm16', samples: 2, dataOffset: bytes.length });
  });

  it.each([0, 0x7fff_f000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])('leaves the length open when the data size is %i', (size) => {
    expect(parseWavHeader(riff(fmt(), data(size)))).toMatchObject({ dataBytes: null, samples: null });
  });

  it('reads WAVE_FORMAT_EXTENSIBLE', () => {
    const extensible = (tag: number): number[] => [
      ...uint16(22),
      ...uint16(16),
      ...uint32(3),
      ...uint16(tag),
      ...ascii('\0\0\0\0\x10\0........'),
    ];
    expect(parseWavHeader(riff(fmt(0xfffe, 2, 16000, 16, extensible(1)), data(8)))).toMatchObject({
      codec: 'pcm16',
      channels: 2,
      samples: 2,
    });
    expect(reasonOf(riff(fmt(0xfffe, 2, 16000, 16, extensible(3)), data(8)))).toBe('unsupported-codec');
  });

  it('reads RF64 and counts whole sample frames only', () => {
    const bytes = riff(chunk('ds64', new Array<number>(28).fill(0)), fmt(7, 2, 8000, 8, uint16(0)), data(7));
    bytes.set(ascii('RF64'));
    expect(parseWavHeader(bytes)).toMatchObject({ codec: 'mulaw', samples: 3, dataBytes: 6 });
  });

  it.each<[string, Uint8Array, WavFormatReason]>([
    ['nothing', new Uint8Array(0), 'incomplete'],
    ['the first four bytes', Uint8Array.from(ascii('RIFF')), 'incomplete'],
    ['an MP3', Uint8Array.from([...ascii('ID3'), ...new Array<number>(40).fill(0)]), 'not-riff'],
    ['an AVI', Uint8Array.from([...ascii('RIFF'), ...uint32(0), ...ascii('AVI '), ...fmt()]), 'not-riff'],
    ['no data chunk', riff(fmt()), 'incomplete'],
    ['data before fmt', riff(data(4)), 'no-format'],
    ['a short fmt', riff(chunk('fmt ', [1, 0, 1, 0]), data(4)), 'malformed'],
    ['a cut-off fmt', riff(fmt()).subarray(0, 30), 'incomplete'],
    ['a chunk longer than the file', riff(chunk('LIST', [1, 2], 1_000_000), fmt(), data(4)), 'incomplete'],
    ['24 bits', riff(fmt(1, 1, 8000, 24), data(6)), 'unsupported-codec'],
    ['float', riff(fmt(3, 1, 8000, 32), data(8)), 'unsupported-codec'],
    ['no channel', riff(fmt(1, 0), data(4)), 'unsupported-channels'],
    ['a rate of 0', riff(fmt(1, 1, 0), data(4)), 'malformed'],
  ])('says what is wrong with %s', (_, bytes, reason) => {
    expect(reasonOf(bytes)).toBe(reason);
  });

  it('never fails in any other way', () => {
    const good = riff(chunk('LIST', [1, 2, 3]), fmt(7, 1, 8000, 8, uint16(0)), chunk('fact', uint32(4)), data(4));
    const damaged = fc
      .tuple(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(good.length))
      .map(([changes, length]) => {
        const bytes = good.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 100 })), (bytes) => void reasonOf(bytes)),
      { numRuns: 3000 },
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RTP_HEADER_BYTES, createRtpHeader, parseRtpHeader, writeRtpHeader } from './rtp-header.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const FIXED = '80 80 04d2 000000a0 deadbeef';

describe('parseRtpHeader', () => {
  it('reads the fixed fields', () => {
    const header = createRtpHeader();
    expect(parseRtpHeader(bytes(`${FIXED} ff7f`), header)).toBe(true);
    expect(header).toEqual({
      payloadType: 0,
      marker: true,
      sequenceNumber: 1234,
      timestamp: 160,
      ssrc: 0xdeadbeef,
      payloadOffset: 12,
      payloadLength: 2,
    });
  });

  it.each([
    ['no payload', '80 00 0001 00000001 00000001', 12, 0],
    ['two CSRCs', '82 00 0001 00000001 00000001 11111111 22222222 aabb', 20, 2],
    ['an extension of one word', '90 00 0001 00000001 00000001 bede 0001 10ff0000 aa', 20, 1],
    ['an empty extension', '90 00 0001 00000001 00000001 bede 0000 aa', 16, 1],
    ['three bytes of padding', 'a0 00 0001 00000001 00000001 aabb 000003', 12, 2],
    ['CSRC, extension and padding', 'b1 08 0001 00000001 00000001 11111111 bede 0001 00000000 aabb 0002', 24, 2],
    ['nothing but padding', 'a0 00 0001 00000001 00000001 01', 12, 0],
  ])('finds the payload with %s', (_, hex, payloadOffset, payloadLength) => {
    const header = createRtpHeader();
    expect(parseRtpHeader(bytes(hex), header)).toBe(true);
    expect(header).toMatchObject({ payloadOffset, payloadLength });
  });

  it.each([
    ['nothing', ''],
    ['11 bytes', '80 00 0001 00000001 000000'],
    ['version 0 (STUN)', '00 01 0000 2112a442 00000000 0000'],
    ['version 1', '40 00 0001 00000001 00000001 aa'],
    ['version 3', 'c0 00 0001 00000001 00000001 aa'],
    ['CSRCs beyond the end', '8f 00 0001 00000001 00000001 11111111'],
    ['a cut-off extension header', '90 00 0001 00000001 00000001 bede'],
    ['an extension beyond the end', '90 00 0001 00000001 00000001 bede 0002 00000000'],
    ['padding of zero', 'a0 00 0001 00000001 00000001 aa00'],
    ['padding longer than the payload', 'a0 00 0001 00000001 00000001 aa03'],
    ['a padding bit without any byte', 'a0 00 0001 00000001 00000001'],
    ['an RTCP sender report', '80 c8 0006 00000001 00000001 00000001'],
    ['an RTCP receiver report', '81 c9 0007 00000001 00000001 00000001'],
  ])('refuses %s', (_, hex) => {
    expect(parseRtpHeader(bytes(hex), createRtpHeader())).toBe(false);
  });

  it('survives any bytes and never points outside them', () => {
    const header = createRtpHeader();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (packet, asVersion2) => {
        if (asVersion2 && packet.length > 0) packet[0] = 0x80 | ((packet[0] ?? 0) & 0x3f);
        if (!parseRtpHeader(packet, header)) return;
        expect(header.payloadOffset).toBeGreaterThanOrEqual(RTP_HEADER_BYTES);
        expect(header.payloadLength).toBeGreaterThanOrEqual(0);
        expect(header.payloadOffset + header.payloadLength).toBeLessThanOrEqual(packet.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back what was written', () => {
    const fields = fc.record({
      payloadType: fc.integer({ min: 0, max: 127 }).filter((type) => type < 64 || type > 95),
      marker: fc.boolean(),
      sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
      timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
      ssrc: fc.integer({ min: 0, max: 0xffff_ffff }),
    });
    const header = createRtpHeader();
    fc.assert(
      fc.property(fields, fc.uint8Array({ maxLength: 320 }), (written, payload) => {
        const packet = new Uint8Array(RTP_HEADER_BYTES + payload.length);
        expect(writeRtpHeader(packet, written)).toBe(RTP_HEADER_BYTES);
        packet.set(payload, RTP_HEADER_BYTES);
        expect(parseRtpHeader(packet, header)).toBe(true);
        expect(header).toEqual({ ...written, payloadOffset: RTP_HEADER_BYTES, payloadLength: payload.length });
        const again = new Uint8Array(RTP_HEADER_BYTES);
        writeRtpHeader(again, header);
        expect(again).toEqual(packet.subarray(0, RTP_HEADER_BYTES));
      }),
    );
  });
});

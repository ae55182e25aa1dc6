import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RtpPlacement } from './rtp-placement.js';

const RATE = 8000;
const FRAME = 160;
/** How far the reader stays behind the time of arrival: 320 ms. */
const LAG = 16 * FRAME;

interface Packet {
  /** Place in the sent stream, in frames. */
  readonly frame: number;
  /** Samples after its due time at which it arrives. */
  readonly delay?: number;
  readonly sequenceNumber?: number;
  readonly timestamp?: number;
  readonly ssrc?: number;
}

/** Sample values that tell their place, never 0. */
const valueOf = (frame: number, i: number): number => 1 + ((frame * FRAME + i) % 30000);

function frameSamples(frame: number): Int16Array {
  return Int16Array.from({ length: FRAME }, (_, i) => valueOf(frame, i));
}

/** Sends the packets in order of arrival to a reader that stays 320 ms behind; gives all that was read. */
function played(
  packets: readonly Packet[],
  frames: number,
  placement = new RtpPlacement({ sampleRate: RATE }),
): Int16Array {
  const arrivals = packets
    .map((packet) => ({ packet, at: packet.frame * FRAME + (packet.delay ?? 0) }))
    .sort((a, b) => a.at - b.at);
  const heard = new Int16Array(frames * FRAME + LAG);
  const block = new Int16Array(FRAME);
  let next = 0;
  for (let clock = FRAME; clock <= heard.length + LAG; clock += FRAME) {
    for (; next < arrivals.length && (arrivals[next]?.at ?? 0) < clock; next++) {
      const { packet, at } = arrivals[next] ?? { packet: { frame: 0 }, at: 0 };
      const header = {
        payloadType: 0,
        marker: false,
        sequenceNumber: (packet.sequenceNumber ?? packet.frame) & 0xffff,
        timestamp: (packet.timestamp ?? packet.frame * FRAME) >>> 0,
        ssrc: packet.ssrc ?? 1,
      };
      placement.insert(header, frameSamples(packet.frame), at);
    }
    if (clock <= LAG) continue;
    const from = placement.position;
    placement.read(block, FRAME);
    heard.set(block.subarray(0, Math.max(0, Math.min(FRAME, heard.length - from))), from);
  }
  return heard;
}

/** The frames in their places, those not listed silent, all moved by `offset` samples. */
function expected(frames: readonly number[], total: number, offset = 0): Int16Array {
  const audio = new Int16Array(total * FRAME + LAG);
  for (const frame of frames) audio.set(frameSamples(frame), frame * FRAME + offset);
  return audio;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('RtpPlacement', () => {
  it('puts packets that come in order where they arrived', () => {
    const placement = new RtpPlacement({ sampleRate: RATE });
    expect(
      played(
        range(0, 100).map((frame) => ({ frame })),
        100,
        placement,
      ),
    ).toEqual(expected(range(0, 100), 100));
    expect(placement.counts).toEqual({
      received: 100,
      lost: 0,
      late: 0,
      duplicated: 0,
      reordered: 0,
      gaps: 0,
      gapSamples: 0,
      anchored: 1,
    });
  });

  it('lets the first packet land at its arrival', () => {
    const heard = played(
      range(20, 60).map((frame) => ({ frame, timestamp: 77 + frame * FRAME })),
      60,
    );
    expect(heard).toEqual(expected(range(20, 60), 60));
  });

  it('keeps lost packets silent and counts them', () => {
    const there = range(0, 100).filter((frame) => frame !== 10 && frame !== 11 && frame !== 40);
    const placement = new RtpPlacement({ sampleRate: RATE });
    expect(
      played(
        there.map((frame) => ({ frame })),
        100,
        placement,
      ),
    ).toEqual(expected(there, 100));
    expect(placement.counts).toMatchObject({ received: 97, lost: 3, gaps: 2, gapSamples: 3 * FRAME });
  });

  it('sorts any order within 300 ms, duplicates and both wraps included', () => {
    const sent = fc.array(
      fc.record({
        delay: fc.integer({ min: 0, max: 0.3 * RATE }),
        again: fc.option(fc.integer({ min: 0, max: 0.3 * RATE })),
      }),
      { minLength: 1, maxLength: 60 },
    );
    const starts = fc.record({
      sequence: fc.integer({ min: 0, max: 0xffff }),
      timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
      nearWrap: fc.boolean(),
    });
    fc.assert(
      fc.property(sent, starts, (list, start) => {
        const sequence = start.nearWrap ? 65530 : start.sequence;
        const timestamp = start.nearWrap ? 0xffff_ffff - 1000 : start.timestamp;
        const packets = list.flatMap(({ delay, again }, frame): Packet[] => {
          const packet = { frame, sequenceNumber: sequence + frame, timestamp: timestamp + frame * FRAME };
          return [{ ...packet, delay }, ...(again === null ? [] : [{ ...packet, delay: again }])];
        });
        const first = packets.reduce((a, b) =>
          b.frame * FRAME + (b.delay ?? 0) < a.frame * FRAME + (a.delay ?? 0) ? b : a,
        );
        const placement = new RtpPlacement({ sampleRate: RATE });
        const heard = played(packets, list.length, placement);
        expect(heard).toEqual(expected(range(0, list.length), list.length, first.delay ?? 0));
        const doubled = packets.length - list.length;
        expect(placement.counts).toMatchObject({
          received: packets.length,
          duplicated: doubled,
          lost: 0,
          late: 0,
          gaps: 0,
          anchored: 1,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('drops what comes after its place was read, and the rest stays right', () => {
    const packets = range(0, 100).map((frame) => (frame === 30 ? { frame, delay: 0.5 * RATE } : { frame }));
    const placement = new RtpPlacement({ sampleRate: RATE });
    expect(played(packets, 100, placement)).toEqual(
      expected(
        range(0, 100).filter((frame) => frame !== 30),
        100,
      ),
    );
    expect(placement.counts).toMatchObject({ late: 1, lost: 0, gaps: 1, gapSamples: FRAME });
  });

  it('keeps a pause in the timestamps (DTX) as silence, however long', () => {
    const talk = [...range(0, 50), ...range(400, 450)];
    const packets = talk.map((frame, i) => ({ frame, sequenceNumber: i }));
    const placement = new RtpPlacement({ sampleRate: RATE });
    expect(played(packets, 450, placement)).toEqual(expected(talk, 450));
    expect(placement.counts).toMatchObject({ lost: 0, gaps: 1, gapSamples: 350 * FRAME, anchored: 1 });
  });

  it('keeps its place over a long loss', () => {
    const there = [...range(0, 50), ...range(400, 450)];
    const placement = new RtpPlacement({ sampleRate: RATE });
    expect(
      played(
        there.map((frame) => ({ frame })),
        450,
        placement,
      ),
    ).toEqual(expected(there, 450));
    expect(placement.counts).toMatchObject({ lost: 350, anchored: 1 });
  });

  it.each([
    ['forward by an hour', 3600 * RATE],
    ['forward by 3 s', 3 * RATE],
    ['back by 3 s', -3 * RATE],
    ['back by an hour', -3600 * RATE],
  ])('follows a timestamp jump %s', (_, jump) => {
    const packets = range(0, 100).map((frame) => ({
      frame,
      timestamp: 1_000_000_000 + frame * FRAME + (frame < 50 ? 0 : jump),
    }));
    const placement = new RtpPlacement({ sampleRate: RATE });
    expect(played(packets, 100, placement)).toEqual(expected(range(0, 100), 100));
    expect(placement.counts).toMatchObject({ lost: 0, late: 0, anchored: 2 });
  });

  it('follows a change of SSRC, stragglers of the old one left aside', () => {
    const before = range(0, 50).map((frame) => ({
      frame,
      ssrc: 1,
      sequenceNumber: 500 + frame,
      delay: frame === 48 ? 3 * FRAME + 1 : 0,
    }));
    const after = range(50, 100).map((frame) => ({
      frame,
      ssrc: 2,
      sequenceNumber: 60000 + frame,
      timestamp: 99 + frame * FRAME,
    }));
    const placement = new RtpPlacement({ sampleRate: RATE });
    const heard = played([...before, ...after], 100, placement);
    expect(heard).toEqual(
      expected(
        range(0, 100).filter((frame) => frame !== 48),
        100,
      ),
    );
    expect(placement.counts).toMatchObject({ received: 100, late: 1, lost: 1, anchored: 2 });
  });

  it('follows a sender that begins its numbers anew', () => {
    const packets = range(0, 100).map((frame) => ({
      frame,
      sequenceNumber: frame < 50 ? frame : 30000 + frame,
      timestamp: frame * FRAME + (frame < 50 ? 0 : 1_500_000_000),
    }));
    const placement = new RtpPlacement({ sampleRate: RATE });
    // The first packet with an unheard-of number could be a stray: it is the next one that proves the restart.
    expect(played(packets, 100, placement)).toEqual(
      expected(
        range(0, 100).filter((frame) => frame !== 50),
        100,
      ),
    );
    expect(placement.counts).toMatchObject({ received: 100, lost: 0, late: 1, anchored: 2 });
  });

  it('is not led astray by a single packet from elsewhere', () => {
    const stray = { frame: 50, delay: 1, sequenceNumber: 40000, timestamp: 2_000_000_000 };
    const placement = new RtpPlacement({ sampleRate: RATE });
    expect(played([...range(0, 100).map((frame) => ({ frame })), stray], 100, placement)).toEqual(
      expected(range(0, 100), 100),
    );
    expect(placement.counts).toMatchObject({ late: 1, lost: 0, anchored: 1 });
  });

  it('inserts silence, and loses nothing, when the clock of the sender is 1 % slower', () => {
    const frames = 3000;
    const packets = range(0, frames).map((frame) => ({ frame, delay: Math.round(frame * FRAME * 0.01) }));
    const placement = new RtpPlacement({ sampleRate: RATE });
    const heard = played(packets, frames, placement);
    expect(placement.counts).toMatchObject({ lost: 0, late: 0 });
    expect(placement.counts.gapSamples).toBeGreaterThan(0);
    expect(heard.filter((sample) => sample === 0).length).toBeLessThan(frames * FRAME * 0.012 + LAG);
  });

  it('comes back to the time of arrival when the clock of the sender is 1 % faster', () => {
    const frames = 6000;
    const packets = range(0, frames).map((frame) => ({ frame, delay: -Math.round(frame * FRAME * 0.01) }));
    const placement = new RtpPlacement({ sampleRate: RATE });
    played(packets, frames, placement);
    // What waited in the full ring, some 700 ms, gave way.
    expect(placement.counts).toMatchObject({ lost: 0, late: 34, anchored: 2 });
  });

  it('takes packets without audio for received, and its place from the audio alone', () => {
    const placement = new RtpPlacement({ sampleRate: RATE });
    const heard = new Int16Array(100 * FRAME);
    const press = (sequenceNumber: number, at: number): void =>
      placement.insert(
        { payloadType: 101, marker: false, sequenceNumber, timestamp: 20 * FRAME, ssrc: 1 },
        new Int16Array(0),
        at,
      );
    press(65000, 3);
    // Keys are pressed from frame 20 to 40: their packets keep the timestamp of the press, the audio pauses.
    for (let frame = 0; frame < 100; frame++) {
      const header = {
        payloadType: 0,
        marker: false,
        sequenceNumber: (65001 + frame) & 0xffff,
        timestamp: frame * FRAME,
        ssrc: 1,
      };
      if (frame >= 20 && frame < 40) press(header.sequenceNumber, frame * FRAME);
      else placement.insert(header, frameSamples(frame), frame * FRAME);
      if (frame >= 16) placement.read(heard.subarray((frame - 16) * FRAME), FRAME);
    }
    placement.read(heard.subarray(84 * FRAME), 16 * FRAME);
    expect(heard).toEqual(expected([...range(0, 20), ...range(40, 100)], 100).subarray(0, heard.length));
    expect(placement.counts).toMatchObject({
      received: 101,
      lost: 0,
      late: 0,
      gaps: 1,
      gapSamples: 20 * FRAME,
      anchored: 1,
    });
  });

  it('is tied anew after five packets in a row that came too late by the same delay', () => {
    const delayed = 0.6 * RATE;
    const packets = range(0, 100).map((frame) => (frame < 40 ? { frame } : { frame, delay: delayed }));
    const placement = new RtpPlacement({ sampleRate: RATE });
    const heard = played(packets, 150, placement);
    const moved = new Int16Array(heard.length);
    moved.set(expected(range(0, 40), 40).subarray(0, 40 * FRAME));
    for (const frame of range(44, 100)) moved.set(frameSamples(frame), frame * FRAME + delayed);
    expect(Buffer.compare(Buffer.from(heard.buffer), Buffer.from(moved.buffer))).toBe(0);
    expect(placement.counts).toMatchObject({ lost: 0, late: 4, anchored: 2 });
  });

  it.each([10, 25, 60])('keeps its place when a hold-up of %i packets is made up for in a rush', (held) => {
    const packets = range(0, 150).map((frame) =>
      frame >= 40 && frame < 40 + held ? { frame, delay: (40 + held - frame) * FRAME - 1 } : { frame },
    );
    const placement = new RtpPlacement({ sampleRate: RATE });
    const heard = played(packets, 150, placement);
    const tooLate = Math.max(0, held - 1 - LAG / FRAME);
    const there = range(0, 150).filter((frame) => frame < 40 || frame >= 40 + tooLate);
    expect(Buffer.compare(Buffer.from(heard.buffer), Buffer.from(expected(there, 150).buffer))).toBe(0);
    expect(placement.counts).toMatchObject({ lost: 0, late: tooLate, anchored: 1 });
  });

  it('does not take packets without audio under another SSRC for another stream', () => {
    const placement = new RtpPlacement({ sampleRate: RATE });
    const heard = new Int16Array(40 * FRAME);
    for (let frame = 0; frame < 40; frame++) {
      const header = { payloadType: 0, marker: false, sequenceNumber: frame, timestamp: frame * FRAME, ssrc: 1 };
      placement.insert(header, frameSamples(frame), frame * FRAME);
      if (frame % 7 === 3) placement.insert({ ...header, payloadType: 101, ssrc: 2 }, heard, frame * FRAME, 0);
    }
    placement.read(heard, heard.length);
    expect(
      Buffer.compare(Buffer.from(heard.buffer), Buffer.from(expected(range(0, 40), 40).buffer, 0, heard.byteLength)),
    ).toBe(0);
    expect(placement.counts).toMatchObject({ received: 46, lost: 0, late: 0, anchored: 1 });
  });

  it('survives any headers and keeps the ledger of packets straight', () => {
    const packet = fc.record({
      sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
      timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
      ssrc: fc.integer({ min: 0, max: 3 }),
      arrival: fc.integer({ min: -5000, max: 100_000 }),
      size: fc.integer({ min: 0, max: 2000 }),
      read: fc.integer({ min: 0, max: 3000 }),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 60 }), (list) => {
        const placement = new RtpPlacement({ sampleRate: RATE, capacityMs: 500 });
        const out = new Int16Array(3000);
        let position = 0;
        for (const { sequenceNumber, timestamp, ssrc, arrival, size, read } of list) {
          placement.insert(
            { payloadType: 0, marker: false, sequenceNumber, timestamp, ssrc },
            new Int16Array(size).fill(5),
            arrival,
          );
          const there = placement.read(out, read);
          expect(out.subarray(0, read).filter((sample) => sample === 5).length).toBe(there);
          position += read;
          expect(placement.position).toBe(position);
        }
        expect(placement.counts.received).toBe(list.length);
        expect(placement.counts.lost).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

import { describe, it, expect } from '@jest/globals';
import { createRtpHeader } from '#libs/media';
import { FRAME_MS } from '../sounds.js';
import { Hearing } from './hearing.js';
import { RtpTap } from './leg-tap.js';

const RATE = 8000;
const SAMPLES = (FRAME_MS * RATE) / 1000;

/** A packet of which every sample tells its place in the stream; none is silence. */
function packetOf(index: number): Int16Array {
  return Int16Array.from({ length: SAMPLES }, (_, sample) => 1 + ((index * SAMPLES + sample) % 30_000));
}

/**
 * What is heard of a stream, frame after frame, on a time line of the test's own.
 * @param arrivals when each packet arrives, ms
 * @param phaseMs how far the listener's frames lie after the packets of a sender without delay
 */
function heardOf(arrivals: readonly number[], phaseMs: number): readonly Int16Array[] {
  let taps: readonly RtpTap[] = [];
  const hearing = new Hearing((originMs) => {
    const tap = new RtpTap(RATE, originMs, (closed) => (taps = taps.filter((other) => other !== closed)));
    taps = [...taps, tap];
    return tap;
  });
  const packets = arrivals.map((atMs, index) => ({ atMs, index })).toSorted((a, b) => a.atMs - b.atMs);
  const heard: Int16Array[] = [];
  for (let frameMs = phaseMs; packets.length > 0; frameMs += FRAME_MS) {
    while ((packets[0]?.atMs ?? Infinity) <= frameMs) {
      const { atMs, index } = packets.shift() ?? { atMs: 0, index: 0 };
      const header = Object.assign(createRtpHeader(), { ssrc: 1, sequenceNumber: index, timestamp: index * SAMPLES });
      for (const tap of taps) tap.take(header, packetOf(index), atMs, SAMPLES);
    }
    const frame = new Int16Array(SAMPLES);
    hearing.moveTo(frameMs);
    hearing.addTo(frame, RATE);
    hearing.release();
    heard.push(frame);
  }
  hearing.close();
  return heard;
}

/** Whether it is one stretch of the stream, without a sample missing. */
function isWhole(frames: readonly Int16Array[]): boolean {
  const samples = frames.flatMap((frame) => [...frame]);
  const step = (index: number): number => ((samples[index] ?? 0) - (samples[index - 1] ?? 0) + 30_000) % 30_000;
  return samples.every((sample, index) => sample !== 0 && (index === 0 || step(index) === 1));
}

/** Delays and phases that were not whole a second after the sender's delay changed. */
function cutAfter(jitterOf: (packet: number) => number): readonly string[] {
  const cut: string[] = [];
  for (let delayMs = 0; delayMs <= 250; delayMs += 5) {
    for (let phaseMs = 0; phaseMs < FRAME_MS; phaseMs += 2.5) {
      const arrivals = Array.from({ length: 100 }, (_, packet) => packet * FRAME_MS + (packet < 5 ? 0 : delayMs) + jitterOf(packet));
      if (!isWhole(heardOf(arrivals, phaseMs).slice(-30))) cut.push(`${delayMs} ms, frames at ${phaseMs} ms`);
    }
  }
  return cut;
}

describe('what a party hears of another', () => {
  it('is whole again after the other has become slower, by however little', () => {
    expect(cutAfter(() => 0)).toEqual([]);
  });

  it('is whole again also where one packet in seven comes a little later still', () => {
    expect(cutAfter((packet) => (packet % 7 === 0 ? 4 : 0))).toEqual([]);
  });

  it('is cut where packets are missing, and only there', () => {
    const arrivals = Array.from({ length: 100 }, (_, packet) => (packet === 60 ? 5000 : packet * FRAME_MS));
    const heard = heardOf(arrivals, 7).slice(0, 95);
    const missing = packetOf(60);
    const sounding = heard.slice(10).flatMap((frame) => [...frame]);
    expect(sounding.filter((sample) => sample === 0).length).toBe(missing.length);
    expect(missing.some((sample) => sounding.includes(sample))).toBe(false);
  });
});

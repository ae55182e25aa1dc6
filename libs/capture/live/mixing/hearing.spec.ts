import { describe, it, expect } from '@jest/globals';
import { createRtpHeader } from '#libs/media';
import { FRAME_MS } from '../sounds.js';
import { Hearing } from './hearing.js';
import { RtpTap, StreamTap, type LegTap } from './leg-tap.js';

const RATE = 8000;
const SAMPLES = (FRAME_MS * RATE) / 1000;

/** A packet of which every sample tells its place in the stream; none is silence. */
function packetOf(index: number): Int16Array {
  return Int16Array.from({ length: SAMPLES }, (_, sample) => 1 + ((index * SAMPLES + sample) % 30_000));
}

/** Audio that arrives at a time, ms. */
interface Arrival<T> {
  readonly atMs: number;
  give(tap: T): void;
}

/**
 * What is heard, frame after frame, on a time line of the test's own.
 * @param phaseMs when the listener's first frame is sent
 */
function heard<T extends LegTap>(open: (originMs: number, closed: (tap: T) => void) => T, arrivals: readonly Arrival<T>[], phaseMs: number): readonly Int16Array[] {
  let taps: readonly T[] = [];
  const hearing = new Hearing((originMs) => {
    const tap = open(originMs, (closed) => (taps = taps.filter((other) => other !== closed)));
    taps = [...taps, tap];
    return tap;
  });
  const waiting = arrivals.toSorted((a, b) => a.atMs - b.atMs);
  const frames: Int16Array[] = [];
  for (let frameMs = phaseMs; waiting.length > 0; frameMs += FRAME_MS) {
    while ((waiting[0]?.atMs ?? Infinity) <= frameMs) {
      const arrival = waiting.shift();
      for (const tap of taps) arrival?.give(tap);
    }
    const frame = new Int16Array(SAMPLES);
    hearing.moveTo(frameMs);
    hearing.addTo(frame, RATE);
    hearing.release();
    frames.push(frame);
  }
  hearing.close();
  return frames;
}

/** What is heard of RTP. @param atMs when each packet arrives */
function heardOfRtp(atMs: readonly number[], phaseMs: number): readonly Int16Array[] {
  const arrivals = atMs.map((at, index) => ({
    atMs: at,
    give: (tap: RtpTap) => {
      const header = Object.assign(createRtpHeader(), { ssrc: 1, sequenceNumber: index, timestamp: index * SAMPLES });
      tap.take(header, packetOf(index), at, SAMPLES);
    },
  }));
  return heard((originMs, closed) => new RtpTap(RATE, originMs, closed), arrivals, phaseMs);
}

/** What is heard of a stream without timestamps. @param atMs when each 20 ms arrive */
function heardOfStream(atMs: readonly number[], phaseMs: number): readonly Int16Array[] {
  const arrivals = atMs.map((at, index) => ({ atMs: at, give: (tap: StreamTap) => tap.take(packetOf(index), at) }));
  return heard((originMs, closed) => new StreamTap(() => RATE, originMs, closed), arrivals, phaseMs);
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
      if (!isWhole(heardOfRtp(arrivals, phaseMs).slice(-30))) cut.push(`${delayMs} ms, frames at ${phaseMs} ms`);
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
    const frames = heardOfRtp(arrivals, 7).slice(0, 95);
    const missing = packetOf(60);
    const sounding = frames.slice(10).flatMap((frame) => [...frame]);
    expect(sounding.filter((sample) => sample === 0).length).toBe(missing.length);
    expect(missing.some((sample) => sounding.includes(sample))).toBe(false);
  });

  it('is not late for ever after it once came in a rush', () => {
    // 0.8 s at once, as after a standstill of the network, and in time from then on.
    const atMs = Array.from({ length: 190 }, (_, index) => 100 + Math.max(0, index - 40) * FRAME_MS);
    for (let phaseMs = 0; phaseMs < FRAME_MS; phaseMs += 2.5) {
      for (const heardOf of [heardOfStream, heardOfRtp]) {
        const frames = heardOf(atMs, phaseMs);
        const waiting = 189 - Math.floor((frames.at(-1)?.[0] ?? 0) / SAMPLES);
        expect(waiting * FRAME_MS).toBeLessThanOrEqual(140);
        expect(isWhole(frames.slice(-30))).toBe(true);
      }
    }
  });
});

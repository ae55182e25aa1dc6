import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { DTMF_KEYS } from './dtmf/dtmf-keys.js';
import { InbandDtmfDetector } from './dtmf/inband-dtmf-detector.js';
import { writeDtmf } from './dtmf/write-dtmf.js';
import { RtpPlacement } from './rtp/rtp-placement.js';
import { VoiceActivityDetector } from './voice-activity/index.js';

/*
 * Fingerprints of what placement and detectors make of generated audio. A change that only makes them faster leaves every
 * one as it is; a change of behaviour has to say so here.
 */
const RATE = 8000;

/** A small generator, the same for the same seed; gives 0..1. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 0x1000000;
  };
}

/** Words of different lengths over noise that comes and goes, with presses of all keys strewn in. */
function busyLine(sampleRate: number, seconds: number, seed: number): Int16Array {
  const { sin, round, floor, min, PI } = Math;
  const roll = dice(seed);
  const line = new Int16Array(seconds * sampleRate);
  let press = 0;
  for (let at = 0; at < line.length;) {
    const length = round(sampleRate * (0.02 + roll() * 0.6));
    const to = min(line.length, at + length);
    const kind = floor(roll() * 6);
    const loud = 200 + roll() * 6000;
    const pitch = 90 + roll() * 700;
    if (kind === 0) writeDtmf(line, at, to, DTMF_KEYS.charAt(press++ % 16), sampleRate, loud);
    else if (kind < 4) {
      for (let i = at; i < to; i++) {
        const phase = (2 * PI * pitch * (i - at)) / sampleRate;
        line[i] = round((loud / 2) * (sin(phase) + sin(2.01 * phase + 1) + sin(5 * phase + 2)));
      }
    }
    if (kind !== 5) for (let i = at; i < to; i++) line[i] = (line[i] ?? 0) + round((roll() - 0.5) * 60 * kind);
    at = to;
  }
  return line;
}

function pieces(length: number, seed: number): [number, number][] {
  const roll = dice(seed);
  const cuts: [number, number][] = [];
  for (let at = 0; at < length;) {
    const to = Math.min(length, at + 1 + Math.floor(roll() * 700));
    cuts.push([at, to]);
    at = to;
  }
  return cuts;
}

function digest(...parts: (string | Int16Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts)
    hash.update(typeof part === 'string' ? part : new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  return hash.digest('hex').slice(0, 16);
}

describe('what is made of generated audio', () => {
  it.each([
    [8000, 'e798a67082f0965a'],
    [16000, 'a4e4eab4015ff907'],
    [44100, '104e3102e596b3ca'],
  ])('finds the same keys at %i Hz', (sampleRate, fingerprint) => {
    const line = busyLine(sampleRate, 60, 5);
    const found: string[] = [];
    const detector = new InbandDtmfDetector(sampleRate);
    for (const [from, to] of pieces(line.length, 9))
      detector.process(line, from, to, (key, at, start) => found.push(`${key} ${at} ${start}`));
    expect(found.length).toBeGreaterThan(10);
    expect(digest(found.join('\n'))).toBe(fingerprint);
  });

  it.each([
    [8000, 'auto', '5eeed95ddc1919e9'],
    [8000, 300, 'ca8673be309c83e7'],
    [16000, 'auto', 'ed2337b4132b070b'],
    [44100, 'auto', 'bfd685bb69cef751'],
  ] as const)('finds the same sound at %i Hz, level %s', (sampleRate, level, fingerprint) => {
    const line = busyLine(sampleRate, 60, 11);
    line.fill(0, 10 * sampleRate, 14 * sampleRate);
    const detector = new VoiceActivityDetector({ sampleRate, level });
    const told: string[] = [];
    for (const [from, to] of pieces(line.length, 3)) {
      detector.push(line, from, to);
      told.push(`${detector.active} ${detector.segmentStart} ${detector.segmentEnd} ${detector.untilFrameEnd}`);
    }
    expect(digest(told.join('\n'))).toBe(fingerprint);
  });

  it('puts a lossy, reordered and doubled stream in the same places', () => {
    const roll = dice(77);
    const line = busyLine(RATE, 40, 2);
    const frame = 160;
    const arrivals: { at: number; index: number; jump: number; ssrc: number }[] = [];
    let pause = 0;
    for (let index = 0; index < 1900; index++) {
      if (roll() < 0.005) pause += frame * Math.floor(roll() * 40);
      const fate = roll();
      const packet = { index, jump: pause + (index > 1200 ? 1e6 : 0), ssrc: index > 600 ? 2 : 1 };
      const at = index * frame + pause + Math.floor(roll() * roll() * 0.25 * RATE);
      if (fate > 0.03) arrivals.push({ ...packet, at });
      if (fate > 0.96) arrivals.push({ ...packet, at: at + Math.floor(roll() * 300) });
    }
    arrivals.sort((a, b) => a.at - b.at);
    const placement = new RtpPlacement({ sampleRate: RATE, capacityMs: 2000 });
    const block = new Int16Array(480);
    const parts: (string | Int16Array)[] = [];
    let next = 0;
    for (let clock = 0; clock < line.length * 1.1; clock += 480) {
      for (let it = arrivals[next]; it !== undefined && it.at < clock; it = arrivals[++next]) {
        const header = {
          payloadType: 0,
          marker: false,
          sequenceNumber: (65000 + it.index) & 0xffff,
          timestamp: (0xffff_f000 + it.index * frame + it.jump) >>> 0,
          ssrc: it.ssrc,
        };
        const size = it.index % 50 === 7 ? 0 : frame;
        placement.insert(header, line.subarray(it.index * frame, it.index * frame + frame), it.at, size);
      }
      if (clock < 0.3 * RATE) continue;
      parts.push(`${placement.buffered} ${placement.read(block, 480)}`, block.slice());
    }
    const { received, lost, late, duplicated, reordered, gaps, gapSamples } = placement.counts;
    expect({ received, lost, duplicated }).toEqual({ received: 1923, lost: 52, duplicated: 75 });
    expect(digest(...parts, JSON.stringify({ late, reordered, gaps, gapSamples }))).toBe('4229d3302352c0fa');
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeL16, encodeL16 } from './l16.js';
import { LevelMeter, SILENCE_DBFS } from './levels.js';
import { mixInto } from './mix.js';
import { goertzelPower, writeTone } from './tones.js';

const samples = fc.int16Array({ maxLength: 400 });

describe('L16', () => {
  it('is big endian', () => {
    const out = new Uint8Array(4);
    encodeL16(Int16Array.of(0x1234, -2), out);
    expect(out).toEqual(Uint8Array.of(0x12, 0x34, 0xff, 0xfe));
  });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(samples, (audio) => {
        const bytes = new Uint8Array(audio.length * 2);
        encodeL16(audio, bytes);
        const back = new Int16Array(audio.length);
        decodeL16(bytes, back);
        expect(back).toEqual(audio);
      }),
    );
  });

  it('ignores half a sample at the end', () => {
    const out = Int16Array.of(9, 9);
    decodeL16(Uint8Array.of(0, 1, 0), out);
    expect(out).toEqual(Int16Array.of(1, 9));
  });
});

describe('mixInto', () => {
  it('adds and saturates', () => {
    const out = new Int16Array(4);
    mixInto(out, Int16Array.of(1, 32000, -32000, 5), Int16Array.of(2, 32000, -32000, -5), 4);
    expect(out).toEqual(Int16Array.of(3, 32767, -32768, 0));
  });

  it('may write over one of its inputs', () => {
    const a = Int16Array.of(1, 2);
    mixInto(a, a, Int16Array.of(10, 20), 2);
    expect(a).toEqual(Int16Array.of(11, 22));
  });
});

describe('tones', () => {
  it('has the frequency and power it is written with, and goes on from block to block', () => {
    const whole = new Int16Array(800);
    writeTone(whole, 0, 800, { frequencyHz: 1000, sampleRate: 8000, amplitude: 8000 });
    expect(goertzelPower(whole, 0, 800, 1000, 8000)).toBeCloseTo(8000 ** 2 / 2, -4);
    expect(goertzelPower(whole, 0, 800, 1100, 8000)).toBeLessThan(100);
    const pieces = new Int16Array(800);
    for (let at = 0; at < 800; at += 100)
      writeTone(pieces, at, at + 100, { frequencyHz: 1000, sampleRate: 8000, amplitude: 8000, startSample: at });
    expect(pieces).toEqual(whole);
    expect(goertzelPower(whole, 5, 5, 1000, 8000)).toBe(0);
  });
});

describe('LevelMeter', () => {
  it('measures a sine 3 dB below its peak', () => {
    const tone = new Int16Array(8000);
    writeTone(tone, 0, 8000, { frequencyHz: 440, sampleRate: 8000, amplitude: 16384 });
    const meter = new LevelMeter();
    meter.add(tone, 0, 3000);
    meter.add(tone, 3000, 8000);
    expect(meter.peakDbfs).toBeCloseTo(-6.02, 1);
    expect(meter.rmsDbfs).toBeCloseTo(-9.03, 1);
  });

  it('has no level without samples, a floor for silence, and 0 dB at the very end of the range', () => {
    const meter = new LevelMeter();
    expect([meter.rmsDbfs, meter.peakDbfs]).toEqual([null, null]);
    meter.add(new Int16Array(10));
    expect([meter.rmsDbfs, meter.peakDbfs]).toEqual([SILENCE_DBFS, SILENCE_DBFS]);
    meter.add(Int16Array.of(-32768));
    expect(meter.peakDbfs).toBe(0);
  });
});

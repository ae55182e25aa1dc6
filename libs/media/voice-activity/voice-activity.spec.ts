import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeMulaw } from '../g711/g711.js';
import { parseWavHeader } from '../wav/parse-wav-header.js';
import { VoiceActivityDetector } from './index.js';
import { lineNoise, NOISE_KINDS, type NoiseKind } from './spec-support/line-noise.js';

const RATE = 8000;
const FRAME = 80;

/** 2 s quiet, a man, 3 s quiet, a woman, 3 s quiet. */
const conversation = ((): Int16Array => {
  const parts = [
    new Int16Array(2 * RATE),
    fixture('male'),
    new Int16Array(3 * RATE),
    fixture('female'),
    new Int16Array(3 * RATE),
  ];
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
})();
const truth = groundTruth(conversation);

/** Least share of speech frames found at each signal-to-noise ratio, dB; the noises that differ stand beside. */
const DETECTION: readonly {
  readonly snr: number;
  readonly least: number;
  readonly but?: Partial<Record<NoiseKind, number>>;
}[] = [
  { snr: 30, least: 0.95 },
  { snr: 20, least: 0.93 },
  { snr: 10, least: 0.84 },
  { snr: 5, least: 0.82, but: { white: 0.75, comfort: 0.4 } },
];
const FALSE_ALARMS = 0.005;

describe('VoiceActivityDetector', () => {
  for (const { snr, least, but } of DETECTION) {
    it.each(NOISE_KINDS)(`tells speech from %s noise ${snr} dB below it`, (kind) => {
      for (const gainDb of snr === 20 || snr === 5 ? [0, -15] : [0]) {
        const found = activeFrames(mix(kind, snr, gainDb));
        const detection = share(found, truth.speech);
        const falseAlarms = share(found, truth.quiet);
        expect(detection).toBeGreaterThanOrEqual(but?.[kind] ?? least);
        expect(falseAlarms).toBeLessThanOrEqual(FALSE_ALARMS);
      }
    });
  }

  it.each(NOISE_KINDS)('hears nothing in half a minute of %s noise, loud or faint', (kind) => {
    const noise = lineNoise(kind, 30 * RATE, 3);
    for (const levelDbfs of [-60, -45, -30, -20]) {
      const active = activeFrames(scaled(noise, levelDbfs)).filter(Boolean).length;
      expect(active / 3000).toBeLessThan(0.002);
    }
  });

  it('hears speech that begins with the first sample', () => {
    const detector = new VoiceActivityDetector({ sampleRate: RATE, level: 'auto' });
    const speech = fixture('male').subarray(4320);
    detector.push(speech, 0, RATE);
    expect(detector.segmentStart).toBeLessThan(0.05 * RATE);
  });

  it.each([300, 440, 1000, 2500, 3400])('takes a tone of %i Hz for sound, however long', (hz) => {
    for (const amplitude of [300, 5000]) {
      const tone = Int16Array.from({ length: 10 * RATE }, (_, i) =>
        i < RATE ? 0 : Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / RATE)),
      );
      const detector = new VoiceActivityDetector({ sampleRate: RATE, level: 'auto' });
      detector.push(tone, 0, tone.length);
      expect(Math.abs(detector.segmentStart - RATE)).toBeLessThanOrEqual(0.05 * RATE);
      expect(detector.segmentEnd).toBe(10 * RATE);
    }
  });

  it.each([200, 400, 1000])('takes a loud square wave of %i Hz for sound from the first sample on', (hz) => {
    const samples = Int16Array.from({ length: 3 * RATE }, (_, i) => (Math.floor((2 * hz * i) / RATE) % 2 === 0 ? 8000 : -8000));
    const detector = new VoiceActivityDetector({ sampleRate: RATE, level: 'auto' });
    detector.push(samples, 0, samples.length);
    expect(detector.segmentStart).toBe(0);
    expect(detector.segmentEnd).toBe(samples.length);
  });

  it('works the same at 16 kHz', () => {
    const wide = Int16Array.from({ length: conversation.length * 2 }, (_, i) => conversation[i >> 1] ?? 0);
    const found = activeFrames(wide, 2 * RATE);
    expect(share(found, truth.speech)).toBeGreaterThan(0.97);
    expect(share(found, truth.quiet)).toBeLessThan(FALSE_ALARMS);
  });

  it('goes by the mean absolute amplitude when a level is given', () => {
    const detector = new VoiceActivityDetector({ sampleRate: RATE, level: 200 });
    const samples = new Int16Array(RATE).fill(199);
    detector.push(samples, 0, RATE);
    expect(detector.segmentEnd).toBe(-1);
    detector.push(samples.fill(200), 0, RATE);
    expect([detector.segmentStart, detector.segmentEnd]).toEqual([RATE, 2 * RATE]);
  });

  it('comes to the same result however the audio is cut', () => {
    const audio = mix('pink', 15, 0).subarray(0, 6 * RATE);
    const whole = activeFrames(audio);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 }), (cuts) => {
        expect(activeFrames(audio, RATE, cuts)).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });
});

function fixture(voice: 'male' | 'female'): Int16Array {
  const bytes = readFileSync(`test/fixtures/audio/speech-${voice}-8k-mulaw.wav`);
  const { dataOffset, samples: count } = parseWavHeader(bytes);
  const samples = new Int16Array(count ?? 0);
  decodeMulaw(bytes.subarray(dataOffset, dataOffset + samples.length), samples);
  return samples;
}

/**
 * Frames within 30 dB of the loud ones are speech; quiet are those that lie 300 ms away from any within 50 dB. What
 * lies between (ends of words, short pauses) counts for neither.
 */
function groundTruth(clean: Int16Array): { speech: boolean[]; quiet: boolean[]; rms: number } {
  const powers = Array.from(
    { length: Math.floor(clean.length / FRAME) },
    (_, f) => clean.subarray(f * FRAME, f * FRAME + FRAME).reduce((sum, x) => sum + x * x, 0) / FRAME,
  );
  const loud = [...powers].sort((a, b) => b - a)[Math.floor(powers.length * 0.05)] ?? 0;
  const speech = powers.map((power) => power > loud * 1e-3);
  const audible = powers.map((power) => power > loud * 1e-5);
  const quiet = powers.map((_, f) => !audible.slice(Math.max(0, f - 30), f + 31).includes(true));
  const spoken = powers.filter((_, f) => speech[f]);
  return { speech, quiet, rms: Math.sqrt(spoken.reduce((a, b) => a + b, 0) / spoken.length) };
}

function mix(kind: NoiseKind, snrDb: number, gainDb: number): Int16Array {
  const gain = 10 ** (gainDb / 20);
  const noiseRms = (truth.rms * gain) / 10 ** (snrDb / 20);
  const noise = noiseOf(kind);
  return conversation.map((x, i) =>
    Math.max(-32768, Math.min(32767, Math.round(x * gain + (noise[i] ?? 0) * noiseRms))),
  );
}

const noises = new Map<NoiseKind, Float64Array>();

function noiseOf(kind: NoiseKind): Float64Array {
  const known = noises.get(kind) ?? lineNoise(kind, conversation.length, 7);
  noises.set(kind, known);
  return known;
}

function scaled(noise: Float64Array, dbfs: number): Int16Array {
  return Int16Array.from(noise, (value) =>
    Math.max(-32768, Math.min(32767, Math.round(value * 32768 * 10 ** (dbfs / 20)))),
  );
}

/** Which frames lie in a sound segment, as the detector sees it in the end. */
function activeFrames(samples: Int16Array, sampleRate = RATE, cuts: readonly number[] = [160]): boolean[] {
  const detector = new VoiceActivityDetector({ sampleRate, level: 'auto' });
  const { frameSamples } = detector;
  const active = new Array<boolean>(Math.floor(samples.length / frameSamples)).fill(false);
  let filled = 0;
  for (let at = 0, cut = 0; at < samples.length; cut++) {
    const end = Math.min(samples.length, at + (cuts[cut % cuts.length] ?? 160));
    // Frame by frame, so that no segment passes unseen within one push.
    for (let from = at; from < end;) {
      const to = Math.min(end, from + detector.untilFrameEnd);
      detector.push(samples, from, to);
      from = to;
      if (!detector.active) continue;
      const first = Math.floor(detector.segmentStart / frameSamples);
      active.fill(true, Math.max(first, filled), detector.segmentEnd / frameSamples);
      filled = Math.max(filled, detector.segmentEnd / frameSamples);
    }
    at = end;
  }
  return active;
}

function share(found: readonly boolean[], among: readonly boolean[]): number {
  const total = among.filter(Boolean).length;
  return among.filter((wanted, f) => wanted && found[f]).length / total;
}

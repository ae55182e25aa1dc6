import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeDtmf } from '#libs/media';
import type { RecordingSpec } from '#libs/recording-model';
import {
  addNoise,
  plainSpec,
  RATE,
  runEngine,
  silentCall,
  speak,
  type CallAudio,
  type Happening,
} from './spec-support/engine-run.js';

const SECONDS = 6;

const callAudio: fc.Arbitrary<CallAudio> = fc
  .record({
    words: fc.array(
      fc.record({
        callee: fc.boolean(),
        from: fc.double({ min: 0, max: 5, noNaN: true }),
        length: fc.double({ min: 0.03, max: 1.2, noNaN: true }),
      }),
      { maxLength: 5 },
    ),
    press: fc.option(
      fc.record({
        callee: fc.boolean(),
        key: fc.constantFrom('#', '5'),
        from: fc.double({ min: 0, max: 5.5, noNaN: true }),
      }),
    ),
    noise: fc.constantFrom(0, 20, 400),
    seed: fc.nat(),
  })
  .map(({ words, press, noise, seed }) => {
    const call = silentCall(SECONDS);
    for (const { callee, from, length } of words)
      speak(callee ? call.callee : call.caller, from, Math.min(SECONDS, from + length), 150 + (seed % 90));
    addNoise(call.caller, noise, seed);
    addNoise(call.callee, noise / 2, seed + 1);
    if (press !== null)
      writeDtmf(
        press.callee ? call.callee : call.caller,
        Math.round(press.from * RATE),
        Math.round((press.from + 0.12) * RATE),
        press.key,
        RATE,
        5000,
      );
    return call;
  });

const spec: fc.Arbitrary<RecordingSpec> = fc
  .record({
    start: fc.constantFrom('now', 'onAnswer', 'onBridge', 'onFirstSound'),
    parties: fc.constantFrom('both', 'caller', 'callee', 'conference'),
    channels: fc.constantFrom(1, 2),
    beep: fc.boolean(),
    stopKeys: fc.constantFrom('', '#', '5#'),
    silence: fc.option(
      fc.record({
        initialMs: fc.option(fc.integer({ min: 10, max: 4000 })),
        finalMs: fc.option(fc.integer({ min: 10, max: 2000 })),
        level: fc.constantFrom('auto' as const, 150),
      }),
    ),
    maxDurationMs: fc.option(fc.integer({ min: 1, max: 6000 })),
    maxBytes: fc.option(fc.integer({ min: 0, max: 100000 })),
    trim: fc.constantFrom('none', 'leading', 'both'),
    followTransfer: fc.boolean(),
  })
  .map((changes) => plainSpec(changes as Partial<RecordingSpec>));

const happening: fc.Arbitrary<Happening & { what: string }> = fc
  .record({
    at: fc.nat({ max: SECONDS * RATE }),
    what: fc.constantFrom('answered', 'bridged', 'pause', 'resume', 'mask', 'unmask', 'transferred', 'key', 'hangup'),
  })
  .map(({ at, what }) => ({ at, what, act: ACTS[what] ?? (() => undefined) }));

const ACTS: Readonly<Record<string, Happening['act']>> = {
  answered: (e) => e.answered(),
  bridged: (e) => e.bridged(),
  pause: (e) => e.pause(),
  resume: (e) => e.resume(),
  mask: (e) => e.mask(),
  unmask: (e) => e.unmask(),
  transferred: (e) => e.transferred('callee'),
  key: (e) => e.key('#', 'caller'),
  hangup: (e) => e.hangup('caller'),
};

describe('RecordingEngine', () => {
  it('comes to the same result however the audio is cut into blocks', () => {
    const blocks = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(spec, callAudio, fc.array(happening, { maxLength: 5 }), blocks, (job, call, happenings, cuts) => {
        const call1 = { callAnswered: false, callBridged: false };
        const whole = runEngine(job, call, happenings, [SECONDS * RATE], call1);
        const cut = runEngine(job, call, happenings, cuts, call1);
        expect(cut.log).toEqual(whole.log);
        cut.channels.forEach((channel, c) => expect(Buffer.compare(bytes(channel), bytes(whole.channels[c]))).toBe(0));
        if (whole.result !== null) expect(whole.channels[0]?.length).toBe(whole.result.capturedSamples);
      }),
      { numRuns: 150 },
    );
  });
});

function bytes(samples: Int16Array | undefined): Uint8Array {
  const { buffer, byteOffset, byteLength } = samples ?? new Int16Array();
  return new Uint8Array(buffer, byteOffset, byteLength);
}

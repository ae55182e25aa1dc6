import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { decodeMulaw, goertzelPower, parseWavHeader, Resampler, writeDtmf, writeTone } from '#libs/media';
import {
  BEEP,
  LEADING_GUARD_MS,
  PRE_ROLL_MS,
  samplesWithin,
  TRAILING_GUARD_MS,
  type RecordingEngine,
} from './index.js';
import { addNoise, plainSpec, RATE, runEngine, silentCall, speak } from './spec-support/engine-run.js';

const seconds = (s: number): number => Math.round(s * RATE);
const never = { callAnswered: false, callBridged: false };

describe('start', () => {
  it('records from the first sample, caller left and callee right', () => {
    const call = silentCall(1);
    writeTone(call.caller, 0, RATE, { frequencyHz: 440, sampleRate: RATE, amplitude: 5000 });
    writeTone(call.callee, 0, RATE, { frequencyHz: 1000, sampleRate: RATE, amplitude: 5000 });
    const run = runEngine(plainSpec(), call, [{ at: RATE, act: (e) => e.hangup('callee') }]);
    expect(run.channels).toEqual([call.caller, call.callee]);
    expect(run.log.slice(0, 2)).toEqual(['armed 0', 'capturing 0']);
    expect(run.result).toMatchObject({
      reason: 'hangup',
      hangupBy: 'callee',
      capturedSamples: RATE,
      startSample: 0,
      endSample: RATE,
    });
    expect(run.result?.containsSound).toBe(true);
    expect(run.result?.levels.map(({ party, rmsDbfs }) => [party, Math.round(rmsDbfs ?? 0)])).toEqual([
      ['caller', -19],
      ['callee', -19],
    ]);
  });

  it('waits for answer and for bridge, and is absent when they never come', () => {
    const call = silentCall(3);
    const end = { at: seconds(3), act: (e: { hangup(by: null): void }) => e.hangup(null) };
    const answer = { at: 12345, act: (e: { answered(): void }) => e.answered() };
    const bridge = { at: 16001, act: (e: { bridged(): void }) => e.bridged() };
    const onAnswer = runEngine(plainSpec({ start: 'onAnswer' }), call, [answer, bridge, end], [160], never);
    expect(onAnswer.result).toMatchObject({ startSample: 12345, capturedSamples: seconds(3) - 12345 });
    const onBridge = runEngine(plainSpec({ start: 'onBridge' }), call, [answer, bridge, end], [160], never);
    expect(onBridge.result).toMatchObject({ startSample: 16001, capturedSamples: seconds(3) - 16001 });
    expect(runEngine(plainSpec({ start: 'onBridge' }), call, [answer, end], [160], never).absent).toBe('hangup');
  });

  it('begins shortly before the first sound', () => {
    const call = silentCall(4);
    speak(call.caller, 2, 3);
    const run = runEngine(plainSpec({ start: 'onFirstSound', parties: 'caller', channels: 1 }), call, [
      { at: seconds(4), act: (e) => e.hangup('caller') },
    ]);
    const start = run.result?.startSample ?? 0;
    expect(start).toBeLessThanOrEqual(seconds(2) - seconds(PRE_ROLL_MS / 1000) + 160);
    expect(start).toBeGreaterThanOrEqual(seconds(2) - seconds(PRE_ROLL_MS / 1000) - 160);
    expect(run.log[1]).toBe(`capturing ${start}`);
    expect(run.channels[0]).toEqual(call.caller.slice(start));
    expect(run.result?.containsSound).toBe(true);
  });

  it('plays the beep first and keeps it out of the file', () => {
    const call = silentCall(2);
    const run = runEngine(plainSpec({ beep: true }), call, [{ at: seconds(2), act: (e) => e.stop('stopCommand') }]);
    const beepSamples = seconds(BEEP.durationMs / 1000);
    expect(run.log.slice(0, 3)).toEqual([
      'armed 0',
      `beep ${BEEP.frequencyHz} ${BEEP.durationMs} 0`,
      `capturing ${beepSamples}`,
    ]);
    expect(run.result?.capturedSamples).toBe(seconds(2) - beepSamples);
  });
});

describe('parties and channels', () => {
  const call = silentCall(1);
  writeTone(call.caller, 0, RATE, { frequencyHz: 440, sampleRate: RATE, amplitude: 20000 });
  writeTone(call.callee, 0, RATE, { frequencyHz: 1000, sampleRate: RATE, amplitude: 20000 });
  const end = [{ at: RATE, act: (e: { hangup(by: null): void }) => e.hangup(null) }];
  const holds = (samples: Int16Array | undefined, hz: number): boolean =>
    goertzelPower(samples ?? new Int16Array(RATE), 0, RATE, hz, RATE) > 1e6;

  it.each([
    ['both', 1, [[true, true]]],
    ['conference', 1, [[true, true]]],
    ['caller', 1, [[true, false]]],
    ['callee', 1, [[false, true]]],
    [
      'both',
      2,
      [
        [true, false],
        [false, true],
      ],
    ],
    [
      'caller',
      2,
      [
        [true, false],
        [false, false],
      ],
    ],
    [
      'callee',
      2,
      [
        [false, false],
        [false, true],
      ],
    ],
  ] as const)('%s on %i channels', (parties, channels, expected) => {
    const run = runEngine(plainSpec({ parties, channels }), call, end, [5000]);
    expect(run.channels.map((samples) => [holds(samples, 440), holds(samples, 1000)])).toEqual(expected);
    expect(run.channels.every((samples) => samples.length === RATE)).toBe(true);
  });

  it('saturates a mix that is too loud', () => {
    const loud = { caller: new Int16Array(800).fill(30000), callee: new Int16Array(800).fill(30000) };
    const run = runEngine(plainSpec({ channels: 1 }), loud, [{ at: 800, act: (e) => e.hangup(null) }]);
    expect(new Set(run.channels[0])).toEqual(new Set([32767]));
  });
});

describe('ends', () => {
  it('after the maximum length, to the sample', () => {
    const run = runEngine(plainSpec({ maxDurationMs: 1234 }), silentCall(3), [], [777]);
    expect(run.result).toMatchObject({ reason: 'maxDuration', capturedSamples: 9872, endSample: 9872 });
    expect(run.channels[0]?.length).toBe(9872);
  });

  it.each([
    ['wav', 'pcm16', null, 2, 44 + 4 * 1000 + 3, 1000],
    ['wav', 'mulaw', null, 1, 58 + 1000, 1000],
    ['raw', 'mulaw', null, 2, 2001, 1000],
    ['mp3', 'mp3', 32, 1, 4000, 8000],
  ] as const)('before a %s/%s file grows too large', (container, codec, bitrateKbps, channels, maxBytes, samples) => {
    const format = { container, codec, bitrateKbps, extension: 'x', contentType: 'audio/x' };
    const spec = plainSpec({ format, channels, maxBytes });
    expect(samplesWithin(maxBytes, spec)).toBe(samples);
    expect(runEngine(spec, silentCall(2)).result).toMatchObject({ reason: 'maxBytes', capturedSamples: samples });
  });

  it('by a command, by a transfer that is not followed, and by either hang-up, where they come', () => {
    const call = silentCall(1);
    const at = 4321;
    const ended = (act: Parameters<typeof runEngine>[2], spec = plainSpec()) => runEngine(spec, call, act).result;
    expect(ended([{ at, act: (e) => e.stop('stopCommand') }])).toMatchObject({
      reason: 'stopCommand',
      capturedSamples: at,
    });
    expect(ended([{ at, act: (e) => e.hangup('caller') }])).toMatchObject({
      reason: 'hangup',
      hangupBy: 'caller',
      capturedSamples: at,
    });
    const transfer = [{ at, act: (e: { transferred(p: 'callee'): void }) => e.transferred('callee') }];
    expect(ended(transfer, plainSpec({ followTransfer: false }))).toMatchObject({
      reason: 'transfer',
      capturedSamples: at,
    });
    expect(ended(transfer)).toBeNull();
  });

  it('tells its end once', () => {
    const run = runEngine(plainSpec({ maxDurationMs: 500 }), silentCall(1), [
      { at: 6000, act: (e) => e.hangup('caller') },
      { at: 6001, act: (e) => e.stop('error') },
    ]);
    expect(run.log.filter((line) => /^(ended|absent)/.test(line))).toHaveLength(1);
  });

  it('is absent when it never came to a sample', () => {
    expect(runEngine(plainSpec(), silentCall(1), [{ at: 0, act: (e) => e.hangup('caller') }]).log).toEqual([
      'armed 0',
      'absent hangup 0',
    ]);
  });
});

describe('silence', () => {
  const rule = (initialMs: number | null, finalMs: number | null) => ({ initialMs, finalMs, level: 'auto' as const });

  it('ends the recording so long after the last sound, to the sample', () => {
    const call = silentCall(6);
    speak(call.callee, 1, 2);
    const run = runEngine(plainSpec({ silence: rule(5000, 1500) }), call, [], [333]);
    expect(run.result).toMatchObject({ reason: 'silence', capturedSamples: seconds(3.5), containsSound: true });
  });

  it('ends the recording when nobody begins', () => {
    const run = runEngine(plainSpec({ silence: rule(2500, 1000) }), silentCall(4), [], [1600]);
    expect(run.result).toMatchObject({ reason: 'initialSilence', capturedSamples: seconds(2.5), containsSound: false });
    const listening = plainSpec({ start: 'onFirstSound', silence: rule(2500, 1000), parties: 'caller', channels: 1 });
    expect(runEngine(listening, silentCall(4)).log).toEqual(['armed 0', `absent initialSilence ${seconds(2.5)}`]);
  });

  it('counts from the end of the beep', () => {
    const run = runEngine(plainSpec({ silence: rule(1000, 1000), beep: true }), silentCall(4));
    expect(run.result).toMatchObject({ capturedSamples: RATE, endSample: RATE + seconds(BEEP.durationMs / 1000) });
  });

  it('does not take for sound what was heard before the recording began', () => {
    const call = silentCall(5);
    speak(call.caller, 0, 1);
    const spec = plainSpec({ start: 'onAnswer', silence: rule(3000, 500) });
    const run = runEngine(spec, call, [{ at: seconds(1.2), act: (e) => e.answered() }], [160], never);
    expect(run.result).toMatchObject({ reason: 'initialSilence', capturedSamples: seconds(3), containsSound: false });
  });

  it('hears only the recorded party', () => {
    const call = silentCall(5);
    speak(call.callee, 0, 5);
    const run = runEngine(plainSpec({ silence: rule(2000, 2000), parties: 'caller', channels: 1 }), call);
    expect(run.result).toMatchObject({ reason: 'initialSilence', capturedSamples: seconds(2) });
  });

  it('goes by a fixed level when the spec gives one', () => {
    const call = silentCall(4);
    writeTone(call.caller, 0, seconds(4), { frequencyHz: 500, sampleRate: RATE, amplitude: 250 });
    writeTone(call.caller, 0, seconds(1), { frequencyHz: 500, sampleRate: RATE, amplitude: 2000 });
    const run = runEngine(plainSpec({ silence: { initialMs: 1000, finalMs: 1000, level: 200 } }), call);
    expect(run.result).toMatchObject({ reason: 'silence', capturedSamples: seconds(2) });
  });
});

describe('stop keys', () => {
  it('stop on a signalled key of the recorded party and on no other', () => {
    const spec = plainSpec({ stopKeys: '#5', parties: 'caller', channels: 1 });
    const run = runEngine(spec, silentCall(3), [
      { at: 2000, act: (e) => e.key('1', 'caller') },
      { at: 3000, act: (e) => e.key('#', 'callee') },
      { at: 4001, act: (e) => e.key('5', 'caller') },
    ]);
    expect(run.result).toMatchObject({ reason: 'stopKey', key: '5', capturedSamples: 4001 });
  });

  it.each(['caller', 'callee'] as const)('are heard in the audio of the %s, and the tone is cut off', (party) => {
    const call = silentCall(4);
    speak(call.caller, 0.5, 1.5);
    writeDtmf(call[party], seconds(2), seconds(2.1), '7', RATE, 4000);
    writeDtmf(call[party], seconds(2.5), seconds(2.65), '#', RATE, 4000);
    const run = runEngine(plainSpec({ stopKeys: '#' }), call, [], [160]);
    expect(run.result).toMatchObject({ reason: 'stopKey', key: '#' });
    const captured = run.result?.capturedSamples ?? 0;
    expect(captured).toBeLessThanOrEqual(seconds(2.55));
    const kept = captured - (run.result?.trimTrailingSamples ?? 0);
    expect(Math.abs(kept - seconds(2.5))).toBeLessThanOrEqual(seconds(0.013));
  });

  it('count a press once, signalled and in the audio, also for the recording that follows', () => {
    const call = silentCall(2);
    writeDtmf(call.caller, 0, seconds(0.12), '#', RATE, 4000);
    const run = runEngine(plainSpec({ stopKeys: '#' }), call, [{ at: seconds(2), act: (e) => e.hangup(null) }]);
    expect(run.result?.reason).toBe('hangup');
  });

  it('do not hide the silence before the tone from the trimming', () => {
    const call = silentCall(6);
    speak(call.caller, 1, 2);
    writeDtmf(call.caller, seconds(4), seconds(4.2), '#', RATE, 4000);
    const { result } = runEngine(plainSpec({ stopKeys: '#', trim: 'both' }), call);
    const kept = (result?.capturedSamples ?? 0) - (result?.trimTrailingSamples ?? 0);
    expect(Math.abs(kept - seconds(2 + TRAILING_GUARD_MS / 1000))).toBeLessThanOrEqual(160);
  });

  it('leave nothing to keep when there was nothing but the key', () => {
    const call = silentCall(3);
    writeDtmf(call.caller, seconds(1), seconds(1.2), '#', RATE, 4000);
    expect(runEngine(plainSpec({ stopKeys: '#', trim: 'both' }), call).absent).toBe('stopKey');
  });
});

describe('trim', () => {
  const call = silentCall(6);
  speak(call.caller, 2, 3);
  speak(call.callee, 3.2, 4);
  const end = [{ at: seconds(6), act: (e: { hangup(by: null): void }) => e.hangup(null) }];
  const lead = seconds(2) - seconds(LEADING_GUARD_MS / 1000);
  const tail = seconds(2) - seconds(TRAILING_GUARD_MS / 1000);

  it.each([
    ['none', 0, 0],
    ['leading', lead, 0],
    ['both', lead, tail],
  ] as const)('%s', (trim, leading, trailing) => {
    const { result } = runEngine(plainSpec({ trim }), call, end);
    expect(Math.abs((result?.trimLeadingSamples ?? -999) - leading)).toBeLessThanOrEqual(160);
    expect(Math.abs((result?.trimTrailingSamples ?? -999) - trailing)).toBeLessThanOrEqual(160);
    expect(result?.capturedSamples).toBe(seconds(6));
  });

  it('finds nothing worth keeping in silence', () => {
    expect(
      runEngine(plainSpec({ trim: 'both' }), silentCall(2), [{ at: RATE, act: (e) => e.hangup('caller') }]).absent,
    ).toBe('hangup');
  });
});

describe('pause and mask', () => {
  it('leaves out what passes while paused, and counts it for no limit', () => {
    const call = silentCall(3);
    for (let i = 0; i < call.caller.length; i++) call.caller[i] = i % 30000;
    const run = runEngine(
      plainSpec({ maxDurationMs: 2000, silence: { initialMs: 2100, finalMs: 2100, level: 32767 } }),
      call,
      [
        { at: 4000, act: (e) => e.pause() },
        { at: 9000, act: (e) => e.resume() },
      ],
    );
    expect(run.log).toEqual(expect.arrayContaining(['paused 4000', 'resumed 9000']));
    expect(run.result).toMatchObject({ reason: 'maxDuration', capturedSamples: 16000, endSample: 21000 });
    expect(run.channels[0]).toEqual(
      Int16Array.from([...call.caller.subarray(0, 4000), ...call.caller.subarray(9000, 21000)]),
    );
  });

  it('takes masked speech for silence when it trims, and for sound when it waits for silence', () => {
    const call = silentCall(5);
    speak(call.caller, 1, 2);
    const masked = [
      { at: seconds(0.5), act: (e: RecordingEngine) => e.mask() },
      { at: seconds(2.5), act: (e: RecordingEngine) => e.unmask() },
    ];
    const silence = { initialMs: 1500, finalMs: 1500, level: 'auto' as const };
    expect(runEngine(plainSpec({ silence }), call, masked).result).toMatchObject({
      reason: 'silence',
      capturedSamples: seconds(3.5),
      containsSound: false,
    });
    expect(runEngine(plainSpec({ silence, trim: 'both' }), call, masked).absent).toBe('silence');
  });

  it('records silence while masked', () => {
    const call = silentCall(2);
    call.caller.fill(1000);
    call.callee.fill(-1000);
    const run = runEngine(plainSpec({ channels: 1, parties: 'caller' }), call, [
      { at: 3000, act: (e) => e.mask() },
      { at: 9000, act: (e) => e.unmask() },
      { at: 16000, act: (e) => e.hangup(null) },
    ]);
    expect(run.channels[0]).toEqual(call.caller.slice().fill(0, 3000, 9000));
  });
});

describe('real speech over line noise', () => {
  const bytes = readFileSync('test/fixtures/audio/speech-female-8k-mulaw.wav');
  const { dataOffset, samples } = parseWavHeader(bytes);
  const words = new Int16Array(samples ?? 0);
  decodeMulaw(bytes.subarray(dataOffset, dataOffset + words.length), words);
  const call = silentCall(25);
  call.caller.set(words, seconds(3));
  addNoise(call.caller, 120, 5);
  addNoise(call.callee, 120, 6);
  // The file has 0.51 s of silence before the first word and 1.09 s after the last.
  const firstWord = 3.51;
  const lastWord = 3 + words.length / RATE - 1.09;

  it('is recorded from its first word to its last, trimmed, and ends by silence', () => {
    const silence = { initialMs: 5000, finalMs: 4000, level: 'auto' as const };
    const { result } = runEngine(plainSpec({ parties: 'caller', channels: 1, silence, trim: 'both' }), call);
    expect(result?.reason).toBe('silence');
    expect(Math.abs((result?.capturedSamples ?? 0) - seconds(lastWord + 4))).toBeLessThan(seconds(0.1));
    expect(Math.abs((result?.trimLeadingSamples ?? 0) - seconds(firstWord - LEADING_GUARD_MS / 1000))).toBeLessThan(
      seconds(0.1),
    );
  });

  it('is the same at 16 kHz', () => {
    const wide = (leg: Int16Array): Int16Array => {
      const out = new Int16Array(leg.length * 2 + 64);
      return out.slice(0, new Resampler(8000, 16000).process(leg, leg.length, out));
    };
    const silence = { initialMs: 5000, finalMs: 4000, level: 'auto' as const };
    const spec = plainSpec({ silence, sampleRate: 16000, start: 'onFirstSound' });
    const { result } = runEngine(spec, { caller: wide(call.caller), callee: wide(call.callee) });
    expect(result?.reason).toBe('silence');
    expect(Math.abs((result?.startSample ?? 0) / 16000 - (firstWord - PRE_ROLL_MS / 1000))).toBeLessThan(0.1);
    expect(Math.abs((result?.endSample ?? 0) / 16000 - (lastWord + 4))).toBeLessThan(0.1);
  });
});

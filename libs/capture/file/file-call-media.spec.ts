import { describe, it, expect } from '@jest/globals';
import { join } from 'node:path';
import { goertzelPower, writeDtmf, writeTone } from '#libs/media';
import type { RecordingSpec } from '#libs/recording-model';
import { createSpool, type Spool } from '../spool/spool.js';
import { finished, OwnerLog, record } from '../testing/recorded-call.js';
import { markedAudio } from '../testing/rtp-sender.js';
import { testSpec } from '../testing/specs.js';
import { inTemporaryDirectory } from '../testing/temporary-directory.js';
import { writeWav } from '../testing/wav-writing.js';
import { createFileCallMedia, type FileCallMedia } from './file-call-media.js';
import type { CallAudio } from './file-leg.js';
import { WavFile } from './wav-file.js';

const START = new Date('2026-03-01T10:00:00.000Z');

interface Case {
  readonly call: FileCallMedia;
  readonly spool: Spool;
  readonly owner: OwnerLog;
}

type Voices = Partial<Record<'caller' | 'callee', { readonly channels: readonly Int16Array[]; readonly sampleRate: number }>>;

function withCall(voices: Voices, work: (it: Case) => Promise<void>): Promise<void> {
  return inTemporaryDirectory(async (directory) => {
    const spool = createSpool({ directory: join(directory, 'spool'), durable: false });
    const audio: { caller?: WavFile; callee?: WavFile } = {};
    for (const party of ['caller', 'callee'] as const) {
      const voice = voices[party];
      if (voice !== undefined) audio[party] = WavFile.open(await writeWav(join(directory, `${party}.wav`), voice.channels, voice.sampleRate));
    }
    const owner = new OwnerLog();
    const call = createFileCallMedia({ callRef: 'c', startTime: START, spool, listener: owner, ...(audio satisfies CallAudio) });
    await work({ call, spool, owner });
    await call.close();
    audio.caller?.close();
    audio.callee?.close();
  });
}

const mono = (samples: Int16Array, sampleRate = 8000) => ({ channels: [samples], sampleRate });
const same = (actual: Int16Array | undefined, expected: Int16Array): boolean => actual !== undefined && Buffer.compare(Buffer.from(actual.slice().buffer), Buffer.from(expected.slice().buffer)) === 0;

describe('a call from files', () => {
  it('gives the recordings every sample in its place, and silence when the audio ends before the call', async () => {
    const [left, right] = [markedAudio(10_000, 1), markedAudio(6_543, 2)];
    await withCall({ caller: mono(left), callee: mono(right) }, async ({ call, spool }) => {
      await call.advanceTo(250);
      const recording = record(call, spool, 'r', testSpec());
      await call.advance(1777);
      call.hangup('callee');
      const { audio, result } = await finished(recording);
      expect(result).toMatchObject({
        reason: 'hangup',
        hangupBy: 'callee',
        startedAt: '2026-03-01T10:00:00.250Z',
        endedAt: '2026-03-01T10:00:02.027Z',
        mediaStartMs: 250,
        mediaEndMs: 2027,
        capturedSamples: 1777 * 8,
      });
      const padded = (voice: Int16Array): Int16Array => {
        const all = new Int16Array(2027 * 8);
        all.set(voice.subarray(0, all.length));
        return all.subarray(250 * 8);
      };
      expect(same(audio[0], padded(left))).toBe(true);
      expect(same(audio[1], padded(right))).toBe(true);
    });
  });

  it('takes a stereo file for both parties, and mixes it when there is another file for the callee', async () => {
    const [left, right] = [markedAudio(4_000, 1), markedAudio(4_000, 2)];
    await withCall({ caller: { channels: [left, right], sampleRate: 8000 } }, async ({ call, spool }) => {
      const recording = record(call, spool, 'r', testSpec({ maxDurationMs: 500 }));
      await call.advanceTo(600);
      const { audio } = await finished(recording);
      expect([same(audio[0], left), same(audio[1], right)]).toEqual([true, true]);
    });
    await withCall({ caller: { channels: [left, right], sampleRate: 8000 }, callee: mono(left) }, async ({ call, spool }) => {
      const recording = record(call, spool, 'r', testSpec({ maxDurationMs: 500 }));
      await call.advanceTo(600);
      const { audio } = await finished(recording);
      expect([same(audio[0], left.map((sample, at) => sample + (right[at] ?? 0))), same(audio[1], left)]).toEqual([true, true]);
    });
  });

  it.each([
    [44_100, 8000],
    [48_000, 16_000],
    [8000, 16_000],
  ])('resamples from %i Hz to %i Hz without any delay, also from the middle', async (from, to) => {
    const tone = new Int16Array(from * 2);
    writeTone(tone, 0, tone.length, { frequencyHz: 440, sampleRate: from, amplitude: 10_000 });
    tone.fill(0, 0, from);
    await withCall({ caller: mono(tone, from) }, async ({ call, spool }) => {
      await call.advanceTo(507);
      const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1, sampleRate: to, maxDurationMs: 1400 }));
      await call.advanceTo(2000);
      const heard = (await finished(recording)).audio[0] ?? new Int16Array(0);
      const expected = new Int16Array(heard.length);
      writeTone(expected, 0, expected.length, { frequencyHz: 440, sampleRate: to, amplitude: 10_000, startSample: Math.round(0.507 * to) });
      const begin = Math.round(0.6 * to);
      for (let at = begin; at < heard.length; at++) expect(Math.abs((heard[at] ?? 0) - (expected[at] ?? 0))).toBeLessThan(200);
      expect(goertzelPower(heard, 0, Math.round(0.48 * to), 440, to)).toBeLessThan(100);
    });
  });

  it('hears keys in the audio, tells the owner when, and ends the recording before the tone', async () => {
    const voice = markedAudio(24_000, 4).map((sample) => sample >> 2);
    writeDtmf(voice, 16_000, 17_000, '#', 8000, 9000);
    await withCall({ caller: mono(voice) }, async ({ call, spool, owner }) => {
      const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1, stopKeys: '#' }));
      await call.advanceTo(2500);
      const { result } = await finished(recording);
      expect(result).toMatchObject({ reason: 'stopKey', key: '#' });
      expect(owner.keys).toHaveLength(1);
      expect(owner.keys[0]).toMatchObject({ key: '#', party: 'caller' });
      expect(owner.keys[0]?.atMs).toBeGreaterThanOrEqual(2020);
      expect(owner.keys[0]?.atMs).toBeLessThanOrEqual(2060);
      expect(Math.abs(result.capturedSamples - result.trimTrailingSamples - 16_000)).toBeLessThanOrEqual(80);
    });
  });

  it('takes signalled keys exactly at their place', async () => {
    await withCall({ caller: mono(markedAudio(16_000)) }, async ({ call, spool, owner }) => {
      const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1, stopKeys: '0123456789*#' }));
      await call.advanceTo(1003);
      call.key('7', 'caller');
      expect((await finished(recording)).result).toMatchObject({ reason: 'stopKey', key: '7', capturedSamples: 8024, mediaEndMs: 1003 });
      expect(owner.keys).toEqual([{ key: '7', party: 'caller', atMs: 1003 }]);
    });
  });

  it('tells the end of a recording before media time goes on', async () => {
    await withCall({ caller: mono(markedAudio(16_000)) }, async ({ call, spool }) => {
      const toldAt: number[] = [];
      const outcome = record(call, spool, 'first', testSpec({ maxDurationMs: 515 })).outcome.then(() => undefined);
      call.startRecording(
        { recordingId: 'second', spec: testSpec({ maxDurationMs: 515 }), callAnswered: true, callBridged: true },
        {
          capturing: () => undefined,
          paused: () => undefined,
          resumed: () => undefined,
          finished: () => toldAt.push(call.mediaTimeMs),
          absent: () => undefined,
          failed: () => undefined,
        },
      );
      await call.advanceTo(2000);
      await outcome;
      expect(toldAt).toEqual([520]);
    });
  });

  it('lets the beep pass in media time and nothing of it be lost or kept', async () => {
    const voice = markedAudio(16_000);
    await withCall({ caller: mono(voice) }, async ({ call, spool }) => {
      const recording = record(call, spool, 'r', testSpec({ parties: 'caller', channels: 1, beep: true, maxDurationMs: 1000 }));
      await call.advanceTo(1500);
      const { audio, result } = await finished(recording);
      expect(result.mediaStartMs).toBe(400);
      expect(same(audio[0], voice.subarray(3200, 11_200))).toBe(true);
    });
  });

  it('ends sounds when their length has passed in media time', async () => {
    await withCall({}, async ({ call }) => {
      const ends: string[] = [];
      const tone = { kind: 'tone', frequencyHz: 1000, durationMs: 300, toward: ['caller'] } as const;
      call.play(tone, () => ends.push(`tone ${call.mediaTimeMs}`));
      call.play({ kind: 'pcm', samples: new Int16Array(800), sampleRate: 8000, toward: ['caller'] }, () => ends.push(`pcm ${call.mediaTimeMs}`));
      call.play(tone, () => ends.push('never')).cancel();
      await call.advanceTo(1000);
      expect(ends).toEqual(['pcm 100', 'tone 300']);
    });
  });

  it('is the same every time', async () => {
    const spec: Partial<RecordingSpec> = { silence: { initialMs: 2000, finalMs: 500, level: 500 }, trim: 'both' };
    const voice = new Int16Array(40_000);
    voice.set(markedAudio(12_000, 9), 8_000);
    const results: unknown[] = [];
    for (let run = 0; run < 2; run++) {
      await withCall({ caller: mono(voice) }, async ({ call, spool }) => {
        const recording = record(call, spool, 'r', testSpec(spec));
        await call.advanceTo(5000);
        results.push(await recording.outcome);
      });
    }
    expect(results[0]).toEqual(results[1]);
    expect(results[0]).toMatchObject({ kind: 'finished', result: { reason: 'silence' } });
  });

  it('keeps what was recorded as interrupted when it is closed', async () => {
    await withCall({ caller: mono(markedAudio(8000)) }, async ({ call, spool }) => {
      const recording = record(call, spool, 'r', testSpec());
      await call.advanceTo(700);
      await call.close();
      expect((await finished(recording)).result).toMatchObject({ reason: 'interrupted', capturedSamples: 5600 });
    });
  });
});

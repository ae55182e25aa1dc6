import { expect } from '@jest/globals';
import { renditionSamples } from '#libs/recording-model';
import type { RecordingDto } from '../../../apps/gateway/api-v1/recordings/recording.dto.js';
import type { Audio } from './audio-file.js';
import { phoneLateness } from './phone.js';
import { tonesIn, type HeardTone } from './sounds.js';

/** A tone and where it belongs, ms; only the distances between the places count. */
export interface ExpectedTone {
  readonly hz: number;
  readonly at: number;
  readonly ms: number;
}

/** Every tone the journeys use; those that are not expected must not be heard. 1000 Hz is the beep. */
export const TONES_HZ = [400, 600, 800, 1000, 1200, 1400, 1800, 2200] as const;
export const BEEP_HZ = 1000;

/**
 * Two legs are put on one time line by the arrival of their packets; within a leg places are exact. Packets that were sent
 * late because the machine stood still are placed as late, up to the playout delay.
 */
const PLACE_TOLERANCE_MS = 80;
const PLAYOUT_DELAY_MS = 300;
const placeToleranceMs = () => Math.min(PLACE_TOLERANCE_MS + phoneLateness.worstMs, PLAYOUT_DELAY_MS);
/** What a command that is given in the middle of the audio may cut off, because its telephone was late with it, ms. */
export const cutByLatenessMs = () => Math.min(phoneLateness.worstMs, PLAYOUT_DELAY_MS);
/** Windows at the edges of a tone, and the smearing of MP3. */
const LENGTH_TOLERANCE_MS = 40;

/** Checks that exactly these tones are in the channel, in these places relative to each other. */
export function expectTones(
  samples: Int16Array | undefined,
  expected: readonly ExpectedTone[],
  rate = 8000,
): readonly HeardTone[] {
  const heard = tonesIn(samples ?? new Int16Array(0), TONES_HZ, rate);
  expect(heard.map(({ hz }) => hz)).toEqual(expected.map(({ hz }) => hz));
  const begin = (heard[0]?.fromMs ?? 0) - (expected[0]?.at ?? 0);
  for (const [index, { hz, at, ms }] of expected.entries()) {
    const { fromMs, toMs } = heard[index] ?? { fromMs: 0, toMs: 0 };
    const fits =
      Math.abs(fromMs - begin - at) <= placeToleranceMs() && Math.abs(toMs - fromMs - ms) <= LENGTH_TOLERANCE_MS;
    expect({ hz, at, ms, fits, heard }).toEqual({ hz, at, ms, fits: true, heard });
  }
  return heard;
}

/** Checks that the file is as long as what was captured less what was trimmed, to the sample. */
export function expectExactLength(recording: RecordingDto, audio: Audio): void {
  const { capture, rendition, spec } = recording;
  expect(capture).not.toBeNull();
  expect({ samples: audio.samples, rate: audio.sampleRate, channels: audio.channels.length }).toEqual({
    samples: capture === null ? -1 : renditionSamples(capture),
    rate: spec.sampleRate,
    channels: spec.channels,
  });
  expect(rendition?.samples).toBe(audio.samples);
}

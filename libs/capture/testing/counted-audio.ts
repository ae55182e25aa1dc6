import type { CaptureResult, PcmSource } from '#libs/recording-model';
import type { SpoolHeader } from '../spool/spool-header.js';

/** Audio in which every sample tells its own position and channel, so that any loss or swap shows. */
export function countedSample(index: number, channel: number): number {
  return ((index * 7919 + channel * 16_001) % 65_536) - 32_768;
}

/** One block per channel of counted audio. */
export function countedBlock(start: number, count: number, channels: 1 | 2): Int16Array[] {
  return Array.from({ length: channels }, (_, channel) => Int16Array.from({ length: count }, (_value, index) => countedSample(start + index, channel)));
}

/** The header of a spool under test. */
export function testHeader(recordingId: string, overrides: Partial<SpoolHeader> = {}): SpoolHeader {
  return {
    recordingId,
    callRef: 'call-1',
    sampleRate: 8000,
    channels: 2,
    startedAt: '2026-03-01T10:00:00.000Z',
    mediaStartMs: 1000,
    legs: ['caller', 'callee'],
    spec: { vendor: 'flexml', mode: 'blocking', parties: 'both', trim: 'none', minDurationMs: 0 },
    ...overrides,
  };
}

/** The result of a capture under test. */
export function testResult(header: SpoolHeader, capturedSamples: number, overrides: Partial<CaptureResult> = {}): CaptureResult {
  const durationMs = Math.round((capturedSamples * 1000) / header.sampleRate);
  return {
    reason: 'hangup',
    startedAt: header.startedAt,
    endedAt: new Date(Date.parse(header.startedAt) + durationMs).toISOString(),
    mediaStartMs: header.mediaStartMs,
    mediaEndMs: header.mediaStartMs + durationMs,
    sampleRate: header.sampleRate,
    channels: header.channels,
    capturedSamples,
    trimLeadingSamples: 0,
    trimTrailingSamples: 0,
    containsSound: true,
    media: [],
    ...overrides,
  };
}

/** All samples of a source, one array per channel. */
export async function readAll(source: PcmSource): Promise<Int16Array[]> {
  const channels = Array.from({ length: source.channels }, () => new Int16Array(source.samples));
  let position = 0;
  for await (const block of source.blocks()) {
    for (let at = 0; at < block.length; at++) {
      const channel = channels[at % source.channels];
      if (channel !== undefined) channel[position + Math.floor(at / source.channels)] = block[at] ?? 0;
    }
    position += block.length / source.channels;
  }
  if (position !== source.samples) throw new Error(`The source promised ${source.samples} samples and gave ${position}`);
  return channels;
}

/** Counts the samples that are not the counted audio from `start` on. */
export function wrongSamples(channels: readonly Int16Array[], start = 0): number {
  let wrong = 0;
  channels.forEach((samples, channel) => {
    samples.forEach((sample, index) => {
      if (sample !== countedSample(start + index, channel)) wrong++;
    });
  });
  return wrong;
}

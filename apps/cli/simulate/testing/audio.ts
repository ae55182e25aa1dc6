import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { goertzelPower, writeDtmf, writeTone, writeWavHeader } from '#libs/media';

export const RATE = 8000;
const AMPLITUDE = 8000;

/** What is heard: a frequency, a key, or silence, for so many seconds. */
export type Sound = { readonly hz?: number; readonly key?: string; readonly s: number };

export const CALLER_HZ = 440;
export const CALLEE_HZ = 1000;

/** One channel of sounds after each other, 8 kHz. */
export function channelOf(...sounds: readonly Sound[]): Int16Array {
  const samples = new Int16Array(sounds.reduce((sum, { s }) => sum + s * RATE, 0));
  let at = 0;
  for (const { hz, key, s } of sounds) {
    const to = at + s * RATE;
    if (hz !== undefined) writeTone(samples, at, to, { frequencyHz: hz, sampleRate: RATE, amplitude: AMPLITUDE });
    if (key !== undefined) writeDtmf(samples, at, to, key, RATE, AMPLITUDE);
    at = to;
  }
  return samples;
}

/** Writes channels of the same length as a WAV file, PCM 16. */
export function writeWav(file: string, ...channels: readonly Int16Array[]): string {
  const [first = new Int16Array(0)] = channels;
  const data = new Int16Array(first.length * channels.length);
  channels.forEach((channel, index) => channel.forEach((sample, at) => (data[at * channels.length + index] = sample)));
  const header = writeWavHeader({
    codec: 'pcm16',
    sampleRate: RATE,
    channels: channels.length === 2 ? 2 : 1,
    samples: first.length,
  });
  writeFileSync(file, Buffer.concat([header, new Uint8Array(data.buffer)]));
  return file;
}

/** Channels of a recording as any decoder hears it. */
export function decode(file: string, channels: number): Int16Array[] {
  const input = file.endsWith('.ul') ? ['-f', 'mulaw', '-ar', '8000', '-ac', String(channels)] : [];
  const { stdout, stderr, status } = spawnSync('ffmpeg', ['-v', 'error', ...input, '-i', file, '-f', 's16le', '-'], {
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`ffmpeg cannot read ${file}: ${String(stderr)}`);
  const pcm = new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
  return Array.from({ length: channels }, (_, channel) => pcm.filter((_sample, at) => at % channels === channel));
}

/** Share of the power between two places (seconds) that lies in a frequency, 0..1. */
export function shareOf(hz: number, samples: Int16Array, sampleRate: number, fromS: number, toS: number): number {
  const from = Math.round(fromS * sampleRate);
  const to = Math.round(toS * sampleRate);
  let power = 0;
  for (let at = from; at < to; at++) power += (samples[at] ?? 0) ** 2;
  return power === 0 ? 0 : goertzelPower(samples, from, to, hz, sampleRate) / (power / (to - from));
}

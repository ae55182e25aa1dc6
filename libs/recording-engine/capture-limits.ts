import type { FinishReason, RecordingFormat, RecordingSpec } from '#libs/recording-model';
import { toSamples } from './recorded-parties.js';

/** Bytes in front of the audio, by container and codec. */
const HEADER_BYTES: Readonly<Record<string, number>> = {
  'wav/pcm16': 44,
  'wav/mulaw': 58,
  'wav/alaw': 58,
};

/** Bytes a sample and channel of the codecs with a fixed sample size. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = { pcm16: 2, mulaw: 1, alaw: 1 };

/** MP3 without a bitrate of its own: the highest the rate's MPEG version takes in practice, kbit/s. */
const MP3_DEFAULT_KBPS: readonly { readonly upToHz: number; readonly kbps: number }[] = [
  { upToHz: 12000, kbps: 64 },
  { upToHz: 24000, kbps: 64 },
  { upToHz: 48000, kbps: 128 },
];

/** The longest recording, by time and by size of the rendition; counted in recorded samples, exact to the sample. */
export class CaptureLimits {
  private readonly byDuration: number;
  private readonly bySize: number;

  constructor(spec: RecordingSpec) {
    this.byDuration = spec.maxDurationMs === null ? Infinity : toSamples(spec.maxDurationMs, spec.sampleRate);
    this.bySize = spec.maxBytes === null ? Infinity : samplesWithin(spec.maxBytes, spec);
  }

  /** Samples that may still be recorded after `captured`. */
  remaining(captured: number): number {
    return Math.max(0, Math.min(this.byDuration, this.bySize) - captured);
  }

  /** Which limit `remaining` came from. */
  get reason(): FinishReason {
    return this.byDuration <= this.bySize ? 'maxDuration' : 'maxBytes';
  }
}

/** How many samples a channel fit into that many bytes of the rendition, header included. */
export function samplesWithin(bytes: number, spec: Pick<RecordingSpec, 'format' | 'channels' | 'sampleRate'>): number {
  const { format, channels, sampleRate } = spec;
  const room = Math.max(0, bytes - (HEADER_BYTES[`${format.container}/${format.codec}`] ?? 0));
  const sampleBytes = SAMPLE_BYTES[format.codec];
  if (sampleBytes !== undefined) return Math.floor(room / (sampleBytes * channels));
  return Math.floor((room * sampleRate * 8) / (mp3Kbps(format, sampleRate) * 1000));
}

function mp3Kbps(format: RecordingFormat, sampleRate: number): number {
  return format.bitrateKbps ?? MP3_DEFAULT_KBPS.find((row) => sampleRate <= row.upToHz)?.kbps ?? 128;
}

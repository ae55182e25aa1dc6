import { readFileSync } from 'node:fs';
import {
  encodeAlaw,
  encodeL16,
  encodeMulaw,
  goertzelPower,
  writeTone,
  writeWavHeader,
  type WavCodec,
} from '#libs/media';
import type { PromptAudio } from '#libs/recording-model';

export const TONE_HZ = 1000;
const AMPLITUDE = 8000;

/** A second and a quarter at 8 kHz: 10,000 samples. */
export const MONO_MP3 = fixture('tone-1000hz-mono-8k.mp3');
/** A second at 44.1 kHz. */
export const STEREO_MP3 = fixture('tone-1000hz-stereo-44k1.mp3');

function fixture(name: string): Buffer {
  return readFileSync(new URL(name, import.meta.url));
}

export function tone(sampleRate: number, samples = sampleRate): Int16Array {
  const audio = new Int16Array(samples);
  writeTone(audio, 0, samples, { frequencyHz: TONE_HZ, sampleRate, amplitude: AMPLITUDE });
  return audio;
}

export function wavFile(codec: WavCodec, sampleRate: number, samples: Int16Array, channels = 1): Buffer {
  const header = writeWavHeader({ codec, sampleRate, channels, samples: samples.length / channels });
  return Buffer.concat([header, encoded(codec, samples)]);
}

export function wav8(sampleRate: number, samples: Int16Array): Buffer {
  const file = wavFile('mulaw', sampleRate, samples);
  const header = Buffer.alloc(44);
  file.copy(header, 0, 0, 36);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, Uint8Array.from(samples, (sample) => (sample >> 8) + 128)]);
}

/** Sun audio of PCM 16, with an annotation before the data. */
export function auFile(sampleRate: number, samples: Int16Array): Buffer {
  const header = Buffer.alloc(32);
  header.write('.snd');
  [32, 0xffff_ffff, 3, sampleRate, 1].forEach((word, index) => header.writeUInt32BE(word, 4 * (index + 1)));
  const data = new Uint8Array(2 * samples.length);
  encodeL16(samples, data);
  return Buffer.concat([header, data]);
}

export function encoded(codec: WavCodec, samples: Int16Array): Uint8Array {
  if (codec === 'pcm16') return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  const bytes = new Uint8Array(samples.length);
  (codec === 'mulaw' ? encodeMulaw : encodeAlaw)(samples, bytes);
  return bytes;
}

/** The part of the audio's power that is the tone, 0..1; the ends, where filters swing in, are left out. */
export function tonePart({ samples, sampleRate }: PromptAudio): number {
  const from = Math.round(sampleRate * 0.1);
  const to = samples.length - from;
  const power = samples.subarray(from, to).reduce((sum, sample) => sum + sample * sample, 0) / (to - from);
  return power === 0 ? 0 : goertzelPower(samples, from, to, TONE_HZ, sampleRate) / power;
}

import { writeTone, writeWavHeader } from '#libs/media';

const RATE = 8000;

/** A mono WAV at 8 kHz with a tone of 1 kHz. */
export function toneWav(seconds: number): Buffer {
  const samples = new Int16Array(Math.round(seconds * RATE));
  writeTone(samples, 0, samples.length, { frequencyHz: 1000, sampleRate: RATE, amplitude: 8000, startSample: 0 });
  return Buffer.concat([
    writeWavHeader({ codec: 'pcm16', sampleRate: RATE, channels: 1, samples: samples.length }),
    new Uint8Array(samples.buffer),
  ]);
}

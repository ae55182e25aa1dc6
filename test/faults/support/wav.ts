import { writeTone, writeWavHeader } from '#libs/media';

const RATE = 8000;

/** A mono WAV with a tone. */
export function toneWav(seconds: number, frequencyHz = 1000): Buffer {
  const samples = new Int16Array(Math.round(seconds * RATE));
  writeTone(samples, 0, samples.length, { frequencyHz, sampleRate: RATE, amplitude: 8000, startSample: 0 });
  const header = writeWavHeader({ codec: 'pcm16', sampleRate: RATE, channels: 1, samples: samples.length });
  return Buffer.concat([header, new Uint8Array(samples.buffer)]);
}

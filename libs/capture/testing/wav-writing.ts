import { writeFile } from 'node:fs/promises';
import { encodeAlaw, encodeMulaw, writeWavHeader, type WavCodec } from '#libs/media';

/** Makes the bytes of a WAV file of one or two channels. */
export function wavBytes(channels: readonly Int16Array[], sampleRate: number, codec: WavCodec = 'pcm16'): Buffer {
  const samples = channels[0]?.length ?? 0;
  const interleaved = new Int16Array(samples * channels.length);
  channels.forEach((channel, index) => channel.forEach((sample, at) => (interleaved[at * channels.length + index] = sample)));
  const header = writeWavHeader({ codec, sampleRate, channels: channels.length, samples });
  const data = codec === 'pcm16' ? new Uint8Array(interleaved.buffer) : new Uint8Array(interleaved.length);
  if (codec === 'mulaw') encodeMulaw(interleaved, data);
  if (codec === 'alaw') encodeAlaw(interleaved, data);
  return Buffer.concat([header, data]);
}

export async function writeWav(path: string, channels: readonly Int16Array[], sampleRate: number, codec: WavCodec = 'pcm16'): Promise<string> {
  await writeFile(path, wavBytes(channels, sampleRate, codec));
  return path;
}

/** The same audio as unsigned 8-bit PCM, which no writer of ours makes. */
export function wavPcm8Bytes(samples: Int16Array, sampleRate: number): Buffer {
  const header = Buffer.from(writeWavHeader({ codec: 'pcm16', sampleRate, channels: 1, samples: Math.ceil(samples.length / 2) }));
  header.writeUInt32LE(sampleRate, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, Buffer.from(samples.map((sample) => (sample >> 8) + 128))]);
}

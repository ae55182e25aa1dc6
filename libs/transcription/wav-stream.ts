import { Readable } from 'node:stream';
import { wavDataBytes, writeWavHeader } from '#libs/media';
import type { PcmSource } from '#libs/recording-model';

/** A mono source as a WAV of 16-bit PCM. */
export interface WavStream {
  readonly contentLength: number;
  open(): Readable;
}

/** The file is never whole in memory, and its length is known beforehand. */
export function wavStream(audio: PcmSource): WavStream {
  const layout = { codec: 'pcm16', sampleRate: audio.sampleRate, channels: 1, samples: audio.samples } as const;
  const header = writeWavHeader(layout);
  return {
    contentLength: header.length + wavDataBytes(layout),
    open: () => Readable.from(bytesOf(header, audio), { objectMode: false }),
  };
}

async function* bytesOf(header: Uint8Array, audio: PcmSource): AsyncGenerator<Buffer> {
  yield Buffer.from(header);
  for await (const block of audio.blocks()) {
    // A copy: whoever gives the blocks may fill them again.
    yield Buffer.from(Buffer.from(block.buffer, block.byteOffset, block.byteLength));
  }
}

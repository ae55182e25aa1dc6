import type { Readable } from 'node:stream';
import { parseWavHeader, WAV_READ_CODECS } from '#libs/media';

/**
 * Length of a WAV file, ms, from its first bytes; null when it is none.
 * @param sizeBytes of the whole file
 */
export async function wavDurationMs(head: Readable, sizeBytes: number): Promise<number | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of head as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    const { codec, channels, sampleRate, dataOffset, samples } = parseWavHeader(Buffer.concat(chunks));
    const frameBytes = channels * WAV_READ_CODECS[codec].bytesPerSample;
    const present = Math.floor((sizeBytes - dataOffset) / frameBytes);
    return Math.round((Math.min(samples ?? present, present) * 1000) / sampleRate);
  } catch {
    return null;
  }
}

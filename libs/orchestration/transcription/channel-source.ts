import type { PcmSource } from '#libs/recording-model';

/** One channel of a source as a mono source of its own; each reads the whole source once. */
export function channelSource(source: PcmSource, channel: number): PcmSource {
  if (source.channels === 1) return source;
  const { sampleRate, samples, channels } = source;
  async function* blocks(): AsyncGenerator<Int16Array> {
    for await (const block of source.blocks()) {
      const own = new Int16Array(block.length / channels);
      for (let index = 0; index < own.length; index++) own[index] = block[index * channels + channel] as number;
      yield own;
    }
  }
  return { sampleRate, channels: 1, samples, blocks };
}

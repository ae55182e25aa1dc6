import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { AudioAppender } from '#libs/orchestration';
import { Resampler, RESAMPLER_RATES, veiledBytes, type FileVeil } from '#libs/media';
import { RecgateError, type PcmSource } from '#libs/recording-model';
import type { FileVeils } from '#libs/secrets';
import { openStoredAudio } from './stored-audio-decoder.js';
import { openVeiled } from './veiled-files.js';

const SAMPLE_BYTES = 2;
const PLAIN: LocalVeils = { next: () => undefined, of: () => null };

/** How files of the own disk are hidden. */
export interface LocalVeils extends Pick<FileVeils, 'of'> {
  /** For a new file; undefined: it lies plain. */
  next(): FileVeil | undefined;
}

/**
 * Puts new audio behind that of stored files. The old audio is decoded onto the local disk first, so that its length is
 * known to the sample and memory does not grow with it.
 * @param directory for what is on its way; what a dead process leaves there is removed as old pulled audio is
 */
export function createAudioAppender(directory: string, veils: LocalVeils = PLAIN): AudioAppender {
  return {
    async append(old, next) {
      await mkdir(directory, { recursive: true });
      const file = join(directory, `append-${randomUUID()}.pcm`);
      const release = () => rm(file, { force: true });
      try {
        const decoded = await openStoredAudio(old);
        let values = 0;
        const bytes = async function* (): AsyncGenerator<Buffer> {
          for await (const block of decoded.blocks()) {
            values += block.length;
            yield Buffer.from(block.buffer.slice(block.byteOffset, block.byteOffset + block.byteLength));
          }
        };
        const veil = veils.next();
        await pipeline(veil === undefined ? bytes : veiledBytes(veil, bytes()), createWriteStream(file, { mode: 0o600 }));
        const { sampleRate, channels } = decoded;
        const samples = values / channels;
        if (samples === 0) throw new RecgateError('media.none', 'The file holds no audio to append to');
        const converted = convert(next, sampleRate, channels);
        const source: PcmSource = {
          sampleRate,
          channels,
          samples: samples + converted.samples,
          async *blocks() {
            yield* pcmFile(veils, file);
            yield* converted.blocks();
          },
        };
        return { source, format: decoded.format(samples), release };
      } catch (thrown) {
        await release();
        throw thrown;
      }
    },
  };
}

async function* pcmFile(veils: LocalVeils, file: string): AsyncGenerator<Int16Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of openVeiled(veils, file) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % SAMPLE_BYTES);
    rest = bytes.subarray(whole);
    const copy = new Uint8Array(bytes.subarray(0, whole));
    yield new Int16Array(copy.buffer);
  }
}

/** The same audio at another rate and with other channels: one becomes two alike, two become their mean. */
function convert(source: PcmSource, sampleRate: number, channels: 1 | 2): PcmSource {
  if (source.sampleRate === sampleRate && source.channels === channels) return source;
  const rates: readonly number[] = RESAMPLER_RATES;
  for (const rate of [source.sampleRate, sampleRate]) {
    if (!rates.includes(rate)) throw new RecgateError('media.format', `Audio of ${rate} Hz cannot be appended to`);
  }
  const samples = Math.ceil((source.samples * sampleRate) / source.sampleRate);
  return { sampleRate, channels, samples, blocks: () => convertedBlocks(source, sampleRate, channels) };
}

async function* convertedBlocks(source: PcmSource, sampleRate: number, channels: 1 | 2): AsyncGenerator<Int16Array> {
  const resamplers = Array.from({ length: channels }, () => new Resampler(source.sampleRate, sampleRate));
  for await (const block of source.blocks()) {
    const lanes = lanesOf(block, source.channels, channels);
    yield interleaved(lanes.map((lane, index) => resampled(resamplers[index], lane)));
  }
  yield interleaved(resamplers.map((resampler) => resampled(resampler, null)));
}

function resampled(resampler: Resampler | undefined, lane: Int16Array | null): Int16Array {
  if (resampler === undefined) return new Int16Array(0);
  const out = new Int16Array(resampler.maxOutput(lane?.length ?? 0) + 4096);
  const written = lane === null ? resampler.flush(out) : resampler.process(lane, lane.length, out);
  return out.subarray(0, written);
}

function lanesOf(block: Int16Array, from: 1 | 2, to: 1 | 2): Int16Array[] {
  if (from === 1) return Array.from({ length: to }, () => block);
  const left = block.filter((_, index) => index % 2 === 0);
  const right = block.filter((_, index) => index % 2 === 1);
  if (to === 2) return [left, right];
  return [left.map((value, index) => Math.round((value + (right[index] ?? 0)) / 2))];
}

function interleaved(lanes: readonly Int16Array[]): Int16Array {
  const [first = new Int16Array(0), second] = lanes;
  if (second === undefined) return first;
  const both = new Int16Array(first.length * 2);
  for (let i = 0; i < first.length; i += 1) {
    both[2 * i] = first[i] ?? 0;
    both[2 * i + 1] = second[i] ?? 0;
  }
  return both;
}

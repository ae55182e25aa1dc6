import type { EncodeRequest, Encoder, PcmSource, Rendition } from '#libs/recording-model';
import { createFormatEncoder } from './format-encoder.js';
import { RenditionFile } from './rendition-file.js';
import { untilAborted } from './until-aborted.js';

/**
 * The `Encoder` port on the calling thread, which it blocks while it works: for commands that encode one file and end.
 * Same bytes, same errors as the threaded encoder.
 */
export function createInlineEncoder(): Encoder {
  return { encode: encodeInline };
}

async function encodeInline(request: EncodeRequest): Promise<Rendition> {
  const { source, format, outputFile, encryption, signal } = request;
  const { sampleRate, channels, samples } = source;
  signal?.throwIfAborted();
  const audio = { sampleRate, channels };
  const encoder = await createFormatEncoder(format, audio);
  const file = new RenditionFile(
    { format, audio, samples, outputFile, ...(encryption === undefined ? {} : { encryption }) },
    encoder,
  );
  try {
    for await (const frames of wholeFrames(source, signal)) file.push(frames);
    return file.finish();
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** The blocks of the source cut between sample frames. */
async function* wholeFrames(source: PcmSource, signal: AbortSignal | undefined): AsyncIterable<Int16Array> {
  let rest = new Int16Array(0);
  for await (const block of untilAborted(source.blocks(), signal)) {
    const all = rest.length === 0 ? block : joined(rest, block);
    const whole = all.length - (all.length % source.channels);
    yield all.subarray(0, whole);
    rest = all.slice(whole);
  }
}

function joined(a: Int16Array, b: Int16Array): Int16Array {
  const all = new Int16Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

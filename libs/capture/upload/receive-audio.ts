import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { veiledBytes, type FileVeil } from '#libs/media';
import { RecgateError } from '#libs/recording-model';
import { WavFile } from '../file/wav-file.js';

export interface ReceiveAudioOptions {
  /** Where the file lies until it is released. */
  readonly directory: string;
  /** Larger audio is refused. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
  /** Hides the file while it lies there; absent: it lies plain. */
  readonly veil?: FileVeil;
}

/** A finished audio file that came from outside. */
export interface ReceivedAudio {
  readonly audio: WavFile;
  /** Closes and removes the file. */
  release(): Promise<void>;
}

/**
 * Takes a finished WAV file from a stream (an upload or a download) to the local disk; memory does not grow with it.
 * @throws RecgateError `media.format` (not WAV, truncated), `media.none` (empty), `document.too_large`; nothing is left behind.
 */
export async function receiveAudio(body: AsyncIterable<Uint8Array>, options: ReceiveAudioOptions): Promise<ReceivedAudio> {
  await mkdir(options.directory, { recursive: true });
  const file = join(options.directory, `${randomUUID()}.wav`);
  const veil = options.veil ?? null;
  try {
    // Opened first: a stream that fails while it is still opening its file would make it after it was removed.
    const sink = (await open(file, 'wx', 0o600)).createWriteStream();
    const bytes = limited(body, options.maxBytes);
    await pipeline(veil === null ? bytes : veiledBytes(veil, bytes), sink, options.signal === undefined ? {} : { signal: options.signal });
    const audio = WavFile.open(file, () => veil);
    return {
      audio,
      release: async () => {
        audio.close();
        await rm(file, { force: true });
      },
    };
  } catch (thrown) {
    await rm(file, { force: true });
    throw thrown;
  }
}

async function* limited(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > maxBytes) throw new RecgateError('document.too_large', `The audio is larger than ${maxBytes} bytes`);
    yield chunk;
  }
}

import { RecgateError } from '#libs/recording-model';

/** Largest audio file that is taken, bytes. */
export const MAX_AUDIO_BYTES = 64 * 1024 * 1024;

/**
 * Reads audio as it comes, without joining the pieces: that would hold up live media for as long as 64 MiB take to copy.
 * @throws RecgateError `media.format` beyond the limit, `media.none` for no byte at all
 */
export async function readBounded(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    signal.throwIfAborted();
    length += piece.length;
    if (length > maxBytes) throw new RecgateError('media.format', `The audio is larger than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  signal.throwIfAborted();
  if (length === 0) throw new RecgateError('media.none', 'The audio file is empty');
  return pieces;
}

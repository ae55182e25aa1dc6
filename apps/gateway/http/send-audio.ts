import type { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { RecgateError } from '#libs/recording-model';
import type { StoredAudio } from '../runtime-token.js';

interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Sends audio, whole or the one byte range that was asked for (RFC 9110 §14).
 * @throws RecgateError `range.not_satisfiable` for a range outside the file
 */
export async function sendAudio(request: Request, response: Response, audio: StoredAudio): Promise<void> {
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Type', audio.contentType);
  response.setHeader('Content-Disposition', `attachment; filename="${audio.fileName.replace(/[^\w.-]/g, '_')}"`);
  const range = parseRange(request.headers.range, audio.sizeBytes);
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${audio.sizeBytes}`);
    throw new RecgateError('range.not_satisfiable', `The audio has ${audio.sizeBytes} bytes`);
  }
  if (range === null) {
    response.setHeader('Content-Length', audio.sizeBytes);
  } else {
    response.status(206);
    response.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${audio.sizeBytes}`);
    response.setHeader('Content-Length', range.end - range.start + 1);
  }
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  // A listener that goes away in the middle is no error of ours.
  await pipeline(audio.open(range ?? undefined), response).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

/** One range; several, or another unit, count as none. Ends are inclusive. */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null) return null;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return null;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from === '' && Number(to) === 0) return 'unsatisfiable';
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
}

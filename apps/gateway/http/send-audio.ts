import type { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { RecgateError } from '#libs/recording-model';
import type { StoredAudio } from '../runtime-token.js';

/** Inclusive ends. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Sends audio, whole or the one byte range that was asked for (RFC 9110 §14).
 * The checksum of its bytes becomes the entity tag.
 * @param disposition `Content-Disposition`, where a vendor words it in its own way
 * @throws RecgateError `range.not_satisfiable` for a range outside the file
 */
export async function sendAudio(
  request: Request,
  response: Response,
  audio: StoredAudio,
  disposition = `attachment; filename="${audio.fileName.replace(/[^\w.-]/g, '_')}"`,
): Promise<void> {
  const etag = audio.sha256 === undefined ? null : `"${audio.sha256}"`;
  const range = isRangeValid(request, etag) ? parseRange(request.headers.range, audio.sizeBytes) : null;
  response.setHeader('Accept-Ranges', 'bytes');
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${audio.sizeBytes}`);
    throw new RecgateError('range.not_satisfiable', `The audio has ${audio.sizeBytes} bytes`);
  }
  const { start, end } = range ?? { start: 0, end: audio.sizeBytes - 1 };
  response.status(range === null ? 200 : 206);
  response.setHeader('Content-Type', audio.contentType);
  response.setHeader('Content-Disposition', disposition);
  response.setHeader('Content-Length', end - start + 1);
  if (etag !== null) response.setHeader('ETag', etag);
  if (range !== null) response.setHeader('Content-Range', `bytes ${start}-${end}/${audio.sizeBytes}`);
  if (request.method === 'HEAD' || audio.sizeBytes === 0) {
    response.end();
    return;
  }
  // A listener that goes away in the middle is no error of ours.
  await pipeline(audio.open(range ?? undefined), response).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

/** A range that was asked for on condition holds only for the very same file; without a tag nothing is known to be the same. */
function isRangeValid(request: Request, etag: string | null): boolean {
  const condition = request.headers['if-range'];
  return condition === undefined || (etag !== null && condition === etag);
}

/** One range; several, another unit and an end before its start count as none, as RFC 9110 asks for. */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header?.trim() ?? '');
  if (match === null) return null;
  const [, from = '', to = ''] = match;
  if (from === '') return to === '' ? null : lastBytes(Number(to), size);
  const start = Number(from);
  const end = to === '' ? size - 1 : Number(to);
  if (to !== '' && end < start) return null;
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) };
}

function lastBytes(count: number, size: number): ByteRange | 'unsatisfiable' {
  return count === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - count), end: size - 1 };
}

import type { Request, RequestHandler } from 'express';
import { RecgateError } from '#libs/recording-model';
import { vendorOfPath } from './door.js';

/** Largest body that a door reads into memory; files are streamed. */
export const DOOR_BODY_LIMIT_BYTES = 1_048_576;

/** Bodies that hold a file; the route that takes it reads the stream. */
const FILE_BODY = /^(multipart\/form-data|application\/octet-stream|audio\/)/i;

interface BodyCarrier extends Request {
  doorBody?: string;
}

/** The body of a door's request as it was sent, UTF-8; empty for a request without one, or with a file. */
export function bodyText(request: Request): string {
  return (request as BodyCarrier).doorBody ?? '';
}

/** Whether the body is a file that is still to be read from the stream. */
export function hasFileBody(request: Request): boolean {
  return FILE_BODY.test(request.headers['content-type'] ?? '');
}

/** Parameters of the query, and of a form in the body behind them. */
export function parametersOf(request: Request): URLSearchParams {
  const [, query = ''] = /\?(.*)$/s.exec(request.url) ?? [];
  const form = /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')
    ? bodyText(request)
    : '';
  return new URLSearchParams([query, form].filter((part) => part !== '').join('&'));
}

/** The path as the client sent it, before slashes were collapsed and hosts were routed; without the query. */
export function pathAsSent(request: Request): string {
  return request.originalUrl.replace(/\?.*$/s, '');
}

/**
 * Reads the bodies of doors as text: signatures are made over the bytes as they were sent, and each vendor words the
 * faults of a body itself. Stands before the own API's body parser, which then leaves these requests alone.
 */
export const readDoorBody: RequestHandler = (request, _response, next) => {
  if (vendorOfPath(request.url) === null || hasFileBody(request)) {
    next();
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= DOOR_BODY_LIMIT_BYTES) chunks.push(chunk);
  });
  request.once('error', next);
  request.once('end', () => {
    if (size > DOOR_BODY_LIMIT_BYTES) {
      next(new RecgateError('document.too_large', `The request body is larger than ${DOOR_BODY_LIMIT_BYTES} bytes`));
      return;
    }
    (request as BodyCarrier).doorBody = Buffer.concat(chunks).toString('utf8');
    next();
  });
};

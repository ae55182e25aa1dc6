import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express';
import { RecgateError } from '#libs/recording-model';
import { vendorOfPath } from '../doors/shared/door.js';
import { sendProblem, toProblem } from './problem-details.js';

const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
} as const;

/** Deeper JSON is refused: nothing an honest client sends needs it, and recursive code must not meet it. */
const MOST_DEPTH = 64;

/** Every answer carries a correlation id, the caller's own where it is a harmless one. */
export function correlationId(request: Request, response: Response, next: NextFunction): void {
  const given = request.headers['x-request-id'];
  const own = typeof given === 'string' ? given.replace(/[^\w.:-]/g, '').slice(0, 128) : '';
  response.setHeader('X-Request-Id', own === '' ? randomUUID() : own);
  next();
}

export function securityHeaders(_request: Request, response: Response, next: NextFunction): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  next();
}

/** Applications built addresses by joining strings: double slashes in the path count as one. */
export function collapseSlashes(request: Request, _response: Response, next: NextFunction): void {
  const query = request.url.indexOf('?');
  const path = query === -1 ? request.url : request.url.slice(0, query);
  if (path.includes('//')) request.url = path.replace(/\/{2,}/g, '/') + (query === -1 ? '' : request.url.slice(query));
  next();
}

/** True for requests whose body is JSON; uploads are passed on as they come, whatever they call themselves. */
export function hasJsonBody(request: {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Request['headers'];
}): boolean {
  if (vendorOfPath(request.url ?? '') !== null) return false;
  return request.method !== 'PUT' && /^application\/([\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? '');
}

/** What the body parser refuses is answered here, while its own words for it are known. Stands right behind the parser. */
export const answerBodyErrors: ErrorRequestHandler = (thrown: unknown, _request, response, _next) => {
  sendProblem(response, toProblem(thrown));
};

/** Refuses bodies of other kinds than JSON, and JSON that is nested too deeply. Comes after the body parser. */
export const checkBody: RequestHandler = (request, response, next) => {
  if (isUnreadBody(request)) {
    sendProblem(response, toProblem(new RecgateError('request.invalid', 'Send the body as application/json')));
  } else if (isDeeperThan(request.body, MOST_DEPTH)) {
    sendProblem(
      response,
      toProblem(new RecgateError('document.too_deep', `The body is nested more than ${MOST_DEPTH} levels deep`)),
    );
  } else {
    next();
  }
};

function isUnreadBody(request: Request): boolean {
  if (vendorOfPath(request.url) !== null) return false;
  if (request.method !== 'POST' && request.method !== 'PATCH') return false;
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = (length !== undefined && length !== '0') || encoding !== undefined;
  return hasBody && !hasJsonBody(request);
}

/** Level by level, so that the depth of hostile input costs no stack. */
function isDeeperThan(value: unknown, levels: number): boolean {
  let level: object[] = [value].filter(isObject);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= levels) return true;
    level = level.flatMap((each) => Object.values(each) as unknown[]).filter(isObject);
  }
  return false;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

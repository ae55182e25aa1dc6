import { HttpException } from '@nestjs/common';
import type { Response } from 'express';
import { ERROR_CATALOGUE, RecgateError, type ErrorCode } from '#libs/recording-model';

/** A problem as RFC 9457 words it. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly field?: string;
  readonly position?: object;
}

/** Answers with a problem; an answer that was begun is broken off, so that it cannot pass for a whole one. */
export function sendProblem(response: Response, problem: ProblemDetails): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (problem.status === 503) response.setHeader('Retry-After', '1');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** The problem of anything thrown. */
export function toProblem(thrown: unknown): ProblemDetails {
  const error = toKnownError(thrown);
  if (error === null) return problemOf('gateway.internal', 'The gateway failed; its log has the cause.');
  // What went wrong inside may name local files, wherever it was worded.
  if (error.code === 'gateway.internal') return problemOf(error.code, 'The gateway failed; its log has the cause.');
  return {
    ...problemOf(error.code, error.message),
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(error.position === undefined ? {} : { position: error.position }),
  };
}

function problemOf(code: ErrorCode, detail: string): ProblemDetails {
  const { title, httpStatus } = ERROR_CATALOGUE[code];
  return { type: `urn:recgate:problem:${code}`, title, status: httpStatus, detail, code };
}

/** An error of the catalogue for what routers, parsers and Redis throw; null for everything else. */
export function toKnownError(thrown: unknown): RecgateError | null {
  if (thrown instanceof RecgateError) return thrown;
  if (thrown instanceof HttpException) return ofStatus(thrown.getStatus());
  if (isHttpError(thrown)) return BODY_ERRORS[thrown.type ?? '']?.(thrown) ?? ofStatus(thrown.statusCode);
  return isRedisAway(thrown)
    ? new RecgateError('gateway.unavailable', 'The ledger cannot be reached at the moment')
    : null;
}

function ofStatus(status: number): RecgateError | null {
  if (status === 404) return new RecgateError('request.not_found', 'There is nothing at this address');
  return status < 500 ? new RecgateError('request.invalid', 'The request cannot be understood') : null;
}

/** What router and body parser throw. */
interface HttpError extends Error {
  readonly type?: string;
  readonly statusCode: number;
}

function isHttpError(thrown: unknown): thrown is HttpError {
  return thrown instanceof Error && typeof (thrown as Partial<HttpError>).statusCode === 'number';
}

/** The parser's own words quote the body, which may hold credentials; only the place is taken from them. */
const BODY_ERRORS: Readonly<Record<string, (error: HttpError) => RecgateError>> = {
  'entity.too.large': () => new RecgateError('document.too_large', 'The request body is too large; 1 MiB is the limit'),
  'entity.parse.failed': (error) => {
    const place = /at position \d+( \(line \d+ column \d+\))?/.exec(error.message)?.[0];
    return new RecgateError(
      'document.malformed',
      `The request body is not JSON${place === undefined ? '' : `: the fault is ${place}`}`,
    );
  },
};

/** Connection trouble as the Redis client words it. */
function isRedisAway(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const text = `${thrown.name}: ${thrown.message}`;
  return REDIS_TROUBLE.test(text);
}

const REDIS_TROUBLE =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|MaxRetriesPerRequest|Connection is closed|isn't writeable|Command timed out|: (LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|OOM|MISCONF) /;

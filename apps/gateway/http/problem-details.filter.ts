import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { ERROR_CATALOGUE, RecgateError, toRecgateError, type ErrorCode } from '#libs/recording-model';
import type { OrchestrationLog } from '#libs/orchestration';

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

/** Every error of the own API leaves as problem details; what is not a known error says nothing of the inside. */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  constructor(private readonly log: OrchestrationLog) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const problem = toProblem(thrown);
    if (problem.status >= 500) {
      this.log.error('request failed', { code: problem.code, reason: thrown instanceof Error ? thrown.message : String(thrown) });
    }
    if (response.headersSent) {
      response.end();
      return;
    }
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}

/** The problem of anything thrown. */
export function toProblem(thrown: unknown): ProblemDetails {
  if (thrown instanceof HttpException) return fromHttp(thrown);
  const error = isBodyError(thrown) ? bodyError(thrown) : toRecgateError(thrown);
  const known = thrown instanceof RecgateError || isBodyError(thrown);
  return {
    type: `https://recgate.dev/problems/${error.code}`,
    title: ERROR_CATALOGUE[error.code].title,
    status: error.httpStatus,
    detail: known ? error.message : 'The gateway failed; its log has the cause.',
    code: error.code,
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(error.position === undefined ? {} : { position: error.position }),
  };
}

function fromHttp(exception: HttpException): ProblemDetails {
  const status = exception.getStatus();
  const code: ErrorCode = status === 404 ? 'request.not_found' : status === 401 ? 'auth.missing' : 'request.invalid';
  return { type: `https://recgate.dev/problems/${code}`, title: ERROR_CATALOGUE[code].title, status, detail: exception.message, code };
}

/** What the body parser throws: malformed JSON, a body over the limit. */
interface BodyError extends Error {
  readonly type: string;
  readonly statusCode: number;
}

function isBodyError(thrown: unknown): thrown is BodyError {
  return thrown instanceof Error && typeof (thrown as Partial<BodyError>).type === 'string' && 'statusCode' in thrown;
}

function bodyError(error: BodyError): RecgateError {
  if (error.type === 'entity.too.large') return new RecgateError('document.too_large', 'The request body is too large');
  return new RecgateError('document.malformed', `The request body cannot be read: ${error.message}`);
}

import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import { kazoo } from '#libs/vendor-adapters';
import { RecgateError, type JsonValue, type VendorErrorForm } from '#libs/recording-model';
import { factsOf } from './kazoo-exchange.js';

export interface KazooAnswerOptions extends Omit<kazoo.CrossbarResult, 'data'> {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a controller of the door returns: it leaves in Crossbar's envelope. */
export class KazooAnswer {
  constructor(
    readonly data: JsonValue,
    readonly options: KazooAnswerOptions = {},
  ) {}
}

/** Puts `KazooAnswer`s into their envelope; everything else (audio) passes as it is. */
@Injectable()
export class KazooEnvelopes implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    requireJsonWanted(http.getRequest());
    return next
      .handle()
      .pipe(
        map((answer: unknown) =>
          answer instanceof KazooAnswer ? render(answer, http.getRequest(), http.getResponse()) : answer,
        ),
      );
  }
}

/** Of all resources a recording alone is offered in other forms; it looks at `Accept` itself. */
const OFFERS_AUDIO = /\/recordings\/[^/]+\/?$/;

/** @throws CrossbarError 406 when `Accept` names no JSON (contract §4.2) */
function requireJsonWanted(request: Request): void {
  const { pathname } = new URL(request.url, 'http://door');
  if (OFFERS_AUDIO.test(pathname)) return;
  if (request.accepts(['application/json', 'application/x-json']) === false) throw kazoo.notAcceptable();
}

function render({ data, options }: KazooAnswer, request: Request, response: Response): object {
  const { status = 200, headers = {}, ...rest } = options;
  response.status(status);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  return kazoo.successEnvelope({ data, ...rest }, factsOf(request));
}

/** Every error below the mount, in Crossbar's envelope. */
export function renderKazooFault(error: RecgateError, request: Request): VendorErrorForm {
  return kazoo.errorEnvelope(error, factsOf(request));
}

import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { OrchestrationLog } from '#libs/orchestration';
import { RecgateError, type VendorErrorForm, type VendorName } from '#libs/recording-model';
import { sendProblem, toKnownError, toProblem } from '../../http/problem-details.js';
import { vendorOfPath, type Door } from './door.js';

/** Every error leaves in the form of the door it happened at; the own API's are problem details. */
@Catch()
export class DoorErrorFilter implements ExceptionFilter {
  private readonly doors: ReadonlyMap<VendorName, Door>;

  constructor(
    private readonly log: OrchestrationLog,
    doors: readonly Door[],
  ) {
    this.doors = new Map(doors.map((door) => [door.vendor, door]));
  }

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<Request>(), http.getResponse<Response>());
  }

  /** The same for what is thrown before a route was found. */
  readonly handler: ErrorRequestHandler = (thrown: unknown, request, response, _next) =>
    this.answer(thrown, request, response);

  private answer(thrown: unknown, request: Request, response: Response): void {
    const problem = toProblem(thrown);
    const vendor = vendorOfPath(request.url);
    const door = vendor === null ? undefined : this.doors.get(vendor);
    const form = door?.renderError(knownError(thrown), request);
    // What its vendor calls a mistake of the caller (a full container, say) is no failure of the gateway.
    if ((form ?? problem).status >= 500) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.log.error('request failed', { code: problem.code, reason });
    }
    if (form === undefined) sendProblem(response, problem);
    else sendForm(response, form);
  }
}

/** What went wrong inside is not told outside. */
function knownError(thrown: unknown): RecgateError {
  const error = toKnownError(thrown);
  if (error !== null && error.code !== 'gateway.internal') return error;
  return new RecgateError('gateway.internal', 'The gateway failed; its log has the cause.');
}

/** Answers with a vendor's form; an answer that was begun is broken off, so that it cannot pass for a whole one. */
export function sendForm(response: Response, form: VendorErrorForm): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.status(form.status);
  for (const [name, value] of Object.entries(form.headers)) response.setHeader(name, value);
  const isText = typeof form.body === 'string';
  if (!response.hasHeader('content-type')) response.type(isText ? 'text/plain' : 'application/json');
  if (form.body === null) response.end();
  else response.end(isText ? form.body : JSON.stringify(form.body));
}

import { OutboundFailureError, type OutboundFailure } from './outbound-failure.js';

/** Ends a request when its time is over or its caller has lost interest, and remembers which. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal | undefined;
  reason: OutboundFailureError | undefined;

  constructor(totalMs: number, outer: AbortSignal | undefined) {
    this.#timer = setTimeout(() => this.#end('timeout', `There was no complete answer within ${totalMs} ms`), totalMs);
    this.#outer = outer;
    if (outer?.aborted === true) this.#cancelled();
    outer?.addEventListener('abort', this.#cancelled);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#cancelled);
  }

  readonly #cancelled = (): void => this.#end('aborted', 'The request was cancelled');

  #end(kind: OutboundFailure['kind'], message: string): void {
    this.reason ??= new OutboundFailureError({ kind, message });
    this.#controller.abort(this.reason);
  }
}

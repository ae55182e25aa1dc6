import type { FlowRequest, SourcePosition } from '#libs/recording-model';
import type { FetchContext } from './flow-ports.js';
import type { Frame } from './wait.js';

/** A request of the flow and what its answer is for. */
export interface QueuedRequest {
  readonly frame: Frame;
  readonly request: FlowRequest;
  readonly at: SourcePosition;
  /** True: the answer runs beside the frame. False: it takes the place of the frame's list. */
  readonly beside: boolean;
  readonly context: FetchContext;
}

/** Requests go out one at a time, in order; answers to those that were given up are passed over. */
export class RequestLine {
  private readonly line: QueuedRequest[] = [];
  private givenUp = 0;

  constructor(private readonly send: (request: FlowRequest, context: FetchContext) => void) {}

  add(request: QueuedRequest): void {
    this.line.push(request);
    if (this.line.length === 1) this.sendFirst();
  }

  /** Whether the answer to the request that was sent with this context is still wanted. */
  awaits(context: FetchContext): boolean {
    return this.line[0]?.context === context;
  }

  /**
   * The request that was under way, now answered; null when its answer is not wanted any more.
   * @param context which request was answered; without it, those that were given up count as answered first
   */
  settle(context?: FetchContext): QueuedRequest | null {
    if (context === undefined ? this.givenUp > 0 : !this.awaits(context)) {
      this.givenUp = Math.max(0, this.givenUp - 1);
      return null;
    }
    const settled = this.line.shift() ?? null;
    this.sendFirst();
    return settled;
  }

  /** Gives up every request. */
  clear(): void {
    if (this.line.length > 0) this.givenUp++;
    this.line.length = 0;
  }

  private sendFirst(): void {
    const first = this.line[0];
    if (first !== undefined) this.send(first.request, first.context);
  }
}

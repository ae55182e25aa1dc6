import { RecgateError, type EncodeRequest, type Encoder, type Rendition } from '#libs/recording-model';
import type { FileVeil } from '#libs/media';
import { planEncoding } from '../format-table.js';
import { EncoderThread } from './encoder-thread.js';

/** An encoder that holds threads. */
export interface ThreadedEncoder extends Encoder {
  /** Ends the threads; what is being encoded is rejected and leaves at most a `.part` file. */
  close(): Promise<void>;
}

export interface ThreadedEncoderOptions {
  /** How many recordings are encoded at a time; further ones wait in order. */
  readonly threads: number;
  /** Hides each file as long as it lies on the own disk; absent: none is hidden. */
  readonly veil?: () => FileVeil;
}

/**
 * The `Encoder` port on worker threads, which are started when first needed and then kept. Only the reading of the source
 * happens on the calling thread.
 */
export function createThreadedEncoder({ threads, veil }: ThreadedEncoderOptions): ThreadedEncoder {
  if (!Number.isInteger(threads) || threads < 1) throw new RangeError(`${threads} threads are not possible`);
  return new EncoderPool(threads, veil);
}

class EncoderPool implements ThreadedEncoder {
  private readonly threads: number;
  private readonly all = new Set<EncoderThread>();
  private readonly idle: EncoderThread[] = [];
  private readonly waiting: (() => void)[] = [];
  private busy = 0;
  private closed = false;

  constructor(
    threads: number,
    private readonly veil: (() => FileVeil) | undefined,
  ) {
    this.threads = threads;
  }

  async encode(request: EncodeRequest): Promise<Rendition> {
    planEncoding(request.format, request.source);
    request.signal?.throwIfAborted();
    while (this.busy >= this.threads && !this.closed) await this.turn(request.signal);
    if (this.closed) throw new RecgateError('gateway.unavailable', 'The encoder is shut down');
    this.busy++;
    const thread = this.takeThread();
    try {
      return await thread.encode(request, this.veil?.());
    } finally {
      this.busy--;
      if (thread.dead) this.all.delete(thread);
      else this.idle.push(thread);
      this.waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const wake of this.waiting.splice(0)) wake();
    await Promise.all([...this.all].map((thread) => thread.close()));
    this.all.clear();
  }

  /** Resolves when a thread is free; rejects with the reason of the signal. */
  private async turn(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void => {
      const place = this.waiting.indexOf(resolve);
      if (place >= 0) this.waiting.splice(place, 1);
      // Woken already: the turn goes to the next.
      else this.waiting.shift()?.();
      reject(signal?.reason);
    };
    this.waiting.push(resolve);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  private takeThread(): EncoderThread {
    const idle = this.idle.pop();
    if (idle !== undefined && !idle.dead) return idle;
    const started = new EncoderThread();
    this.all.add(started);
    return started;
  }
}

import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { RecgateError, toRecgateError, type PromptAudio } from '#libs/recording-model';
import type { AudioHint } from './audio-format.js';
import type { AudioDecryption } from './decrypt-audio.js';
import type { FromDecoder, ToDecoder } from './messages.js';
import { startDecoderThread } from './worker-program.js';

export interface DecodeJob {
  /** The file in pieces, as they came. */
  readonly pieces: readonly Uint8Array[];
  readonly hint: AudioHint;
  readonly decryption: AudioDecryption | null;
}

/** How much is copied for the thread before others get their turn, bytes: well below a millisecond of copying. */
const COPY_AT_ONCE = 512 * 1024;

/** One thread that decodes one file at a time. */
export class DecoderThread {
  private readonly worker: Worker = startDecoderThread();
  private settle: { resolve: (audio: PromptAudio) => void; reject: (error: unknown) => void } | null = null;
  /** Set once the thread has ended: it takes no more work. */
  dead = false;

  constructor() {
    // A thread without work keeps no process alive.
    this.worker.unref();
    this.worker.on('message', (message: FromDecoder) => this.receive(message));
    this.worker.on('error', (error) => this.die(toRecgateError(error).message));
    this.worker.on('exit', (code) => this.die(`it ended with code ${code}`));
  }

  /** Decodes; when the signal aborts, the thread is ended (nothing else stops a decoder that runs) and it rejects with the reason. */
  async decode(job: DecodeJob, signal: AbortSignal): Promise<PromptAudio> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<PromptAudio>();
    promise.catch(() => undefined);
    this.settle = { resolve, reject };
    const stop = (): void => this.stop(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    this.worker.ref();
    try {
      await this.hand(job.pieces);
      if (!this.dead) this.send({ kind: 'decode', hint: job.hint, decryption: job.decryption });
      return await promise;
    } finally {
      signal.removeEventListener('abort', stop);
      this.worker.unref();
    }
  }

  async close(): Promise<void> {
    this.stop(new RecgateError('gateway.unavailable', 'The audio decoder is shut down'));
    await this.worker.terminate();
  }

  private async hand(pieces: readonly Uint8Array[]): Promise<void> {
    let copied = 0;
    for (const piece of pieces) {
      for (let at = 0; at < piece.length && !this.dead; at += COPY_AT_ONCE) {
        // A copy: pieces may be views of memory that others use, and would take all of it along.
        const bytes = new Uint8Array(piece.subarray(at, at + COPY_AT_ONCE));
        this.send({ kind: 'piece', bytes }, [bytes.buffer]);
        copied += bytes.length;
        if (copied < COPY_AT_ONCE) continue;
        copied = 0;
        await setImmediate();
      }
    }
  }

  private send(message: ToDecoder, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  private stop(reason: unknown): void {
    this.dead = true;
    this.settle?.reject(reason);
    this.settle = null;
    void this.worker.terminate();
  }

  private receive(message: FromDecoder): void {
    const settle = this.settle;
    this.settle = null;
    if (message.kind === 'decoded') settle?.resolve({ samples: message.samples, sampleRate: message.sampleRate });
    else settle?.reject(new RecgateError(message.code, message.message));
  }

  private die(why: string): void {
    this.dead = true;
    this.settle?.reject(new RecgateError('gateway.internal', `The thread that decodes audio died: ${why}`));
    this.settle = null;
  }
}

import type { Worker } from 'node:worker_threads';
import {
  RecgateError,
  toRecgateError,
  type EncodeRequest,
  type PcmSource,
  type Rendition,
} from '#libs/recording-model';
import type { FileVeil } from '#libs/media';
import { untilAborted } from '../until-aborted.js';
import { BLOCKS_IN_FLIGHT, BLOCK_SAMPLES, type FromThread, type ToThread } from './messages.js';
import { STALL_MS, StallWatch } from './stall-watch.js';
import { startThread } from './worker-program.js';

type Block = Int16Array<ArrayBuffer>;

/** One thread that encodes one recording at a time. */
export class EncoderThread {
  private readonly worker: Worker;
  private readonly blocks: Block[] = Array.from({ length: BLOCKS_IN_FLIGHT }, () => new Int16Array(BLOCK_SAMPLES));
  private blockIsBack: (() => void) | null = null;
  private settle: {
    readonly resolve: (rendition: Rendition | null) => void;
    readonly reject: (error: unknown) => void;
  } | null = null;
  private readonly watch: StallWatch;
  /** Blocks that the thread has, and whether it was asked for its last word. */
  private sent = 0;
  private asked = false;
  /** Set once the thread has died: it takes no more work. */
  dead = false;

  /** @param stallMs how long it may say nothing while it owes an answer; then it is ended, and what it did is rejected */
  constructor(worker = startThread('threaded/encoder.worker'), stallMs = STALL_MS) {
    this.worker = worker;
    this.watch = new StallWatch(stallMs, () => {
      this.die(new Error(`It has said nothing for ${stallMs} ms`));
      void this.worker.terminate();
    });
    // A thread without work keeps no process alive.
    this.worker.unref();
    this.worker.on('message', (message: FromThread) => this.receive(message));
    this.worker.on('error', (error: unknown) => this.die(error));
    this.worker.on('exit', (code) => this.die(new Error(`The encoder thread ended with code ${code}`)));
  }

  /** Encodes; leaves no file behind when it fails or `request.signal` aborts (rejects with its reason). */
  async encode(request: EncodeRequest, veil?: FileVeil): Promise<Rendition> {
    const { source, format, outputFile, encryption, signal } = request;
    const { sampleRate, channels, samples } = source;
    this.worker.ref();
    const answer = new Promise<Rendition | null>((resolve, reject) => (this.settle = { resolve, reject }));
    answer.catch(() => undefined);
    try {
      const job = { format, audio: { sampleRate, channels }, samples, outputFile };
      const hidden = veil === undefined ? job : { ...job, veil };
      this.send({ kind: 'begin', job: encryption === undefined ? hidden : { ...hidden, encryption } });
      await this.feed(source, signal);
      const rendition = await answer;
      if (rendition === null)
        throw signal?.reason ?? new RecgateError('gateway.internal', 'The encoding was cancelled');
      return rendition;
    } catch (error) {
      // The answer to a failed source or an abort is awaited, so that the file is gone when the caller hears of it.
      if (this.settle !== null) this.send({ kind: 'cancel' });
      await answer.catch(() => undefined);
      throw error;
    } finally {
      await this.untilFree(BLOCKS_IN_FLIGHT);
      this.worker.unref();
    }
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private async feed(source: PcmSource, signal: AbortSignal | undefined): Promise<void> {
    let block: Block | null = null;
    let filled = 0;
    try {
      for await (const samples of untilAborted(source.blocks(), signal)) {
        for (let at = 0; at < samples.length;) {
          if (this.settle === null) return;
          block ??= await this.freeBlock();
          const taken = Math.min(samples.length - at, BLOCK_SAMPLES - filled);
          block.set(samples.subarray(at, at + taken), filled);
          at += taken;
          filled += taken;
          if (filled < BLOCK_SAMPLES) continue;
          this.sendBlock(block, filled);
          block = null;
          filled = 0;
        }
      }
      signal?.throwIfAborted();
      if (block !== null) this.sendBlock(block, filled);
      block = null;
      this.send({ kind: 'end' });
    } finally {
      if (block !== null) this.blocks.push(block);
    }
  }

  private async freeBlock(): Promise<Block> {
    await this.untilFree(1);
    return this.blocks.pop() ?? new Int16Array(BLOCK_SAMPLES);
  }

  private async untilFree(count: number): Promise<void> {
    while (this.blocks.length < count && !this.dead) await new Promise<void>((resolve) => (this.blockIsBack = resolve));
  }

  private send(message: ToThread): void {
    this.worker.postMessage(message);
    if (message.kind === 'end' || message.kind === 'cancel') this.asked = true;
    this.touch();
  }

  private sendBlock(block: Block, length: number): void {
    this.worker.postMessage({ kind: 'block', block, length } satisfies ToThread, [block.buffer]);
    this.sent++;
    this.touch();
  }

  private touch(): void {
    this.watch.touch(this.sent > 0 || this.asked);
  }

  private receive(message: FromThread): void {
    if (message.kind === 'block') this.sent--;
    else this.asked = false;
    this.touch();
    this.hear(message);
  }

  private hear(message: FromThread): void {
    switch (message.kind) {
      case 'block':
        this.blocks.push(message.block);
        this.blockIsBack?.();
        return;
      case 'done':
        return this.finish((settle) => settle.resolve(message.rendition));
      case 'cancelled':
        return this.finish((settle) => settle.resolve(null));
      case 'failed': {
        const details = message.field === undefined ? {} : { field: message.field };
        return this.finish((settle) => settle.reject(new RecgateError(message.code, message.message, details)));
      }
    }
  }

  private die(cause: unknown): void {
    this.dead = true;
    this.watch.stop();
    this.blockIsBack?.();
    this.finish((settle) =>
      settle.reject(
        new RecgateError('gateway.internal', `The encoder thread died: ${toRecgateError(cause).message}`, { cause }),
      ),
    );
  }

  private finish(how: (settle: NonNullable<EncoderThread['settle']>) => void): void {
    const settle = this.settle;
    this.settle = null;
    if (settle !== null) how(settle);
  }
}

import type { Worker } from 'node:worker_threads';
import { RecgateError, toRecgateError, type Rendition } from '#libs/recording-model';
import type { RenditionJob } from '../rendition-file.js';
import { BLOCKS_IN_FLIGHT, BLOCK_SAMPLES } from '../threaded/messages.js';
import { STALL_MS, StallWatch } from '../threaded/stall-watch.js';
import { startThread } from '../threaded/worker-program.js';
import type { FromFollower, ToFollower } from './messages.js';

type Block = Int16Array<ArrayBuffer>;

interface Settle {
  readonly resolve: (rendition: Rendition | null) => void;
  readonly reject: (error: RecgateError) => void;
}

/** One thread on which many renditions grow side by side, each in its own time. Blocks for samples are shared by all. */
export class FollowerThread {
  private readonly worker: Worker;
  private readonly blocks: Block[] = Array.from({ length: BLOCKS_IN_FLIGHT }, () => new Int16Array(BLOCK_SAMPLES));
  private readonly wanting: (() => void)[] = [];
  private readonly open = new Map<number, Settle>();
  private keys = 0;
  private readonly watch: StallWatch;
  /** Blocks that the thread has, and renditions it was asked for the last word about. */
  private sent = 0;
  private readonly asked = new Set<number>();
  /** Set once the thread has died: it takes no more work. */
  dead = false;

  /** @param stallMs how long it may say nothing while it owes an answer; then it is ended, and what it did is rejected */
  constructor(worker = startThread('following/follower.worker'), stallMs = STALL_MS) {
    this.worker = worker;
    this.watch = new StallWatch(stallMs, () => {
      this.die(new Error(`It has said nothing for ${stallMs} ms`));
      void this.worker.terminate();
    });
    // Neither a thread nor a half-made rendition keeps a process alive.
    this.worker.unref();
    this.worker.on('message', (message: FromFollower) => this.receive(message));
    this.worker.on('error', (error: unknown) => this.die(error));
    this.worker.on('exit', (code) => this.die(new Error(`The follower thread ended with code ${code}`)));
  }

  /** Begins a rendition. `ended` gives it once it is whole, null when it was dropped, or rejects. */
  begin(job: RenditionJob): { readonly key: number; readonly ended: Promise<Rendition | null> } {
    const key = ++this.keys;
    const { promise: ended, resolve, reject } = Promise.withResolvers<Rendition | null>();
    ended.catch(() => undefined);
    this.open.set(key, { resolve, reject });
    this.send({ kind: 'open', key, job });
    return { key, ended };
  }

  /** Hands whole sample frames over; resolves when they were copied. Waits while the thread has enough to do. */
  async push(key: number, interleaved: Int16Array): Promise<void> {
    for (let at = 0; at < interleaved.length; at += BLOCK_SAMPLES) {
      const block = await this.freeBlock();
      if (!this.open.has(key)) {
        this.giveBack(block);
        return;
      }
      const part = interleaved.subarray(at, at + BLOCK_SAMPLES);
      block.set(part);
      this.worker.postMessage({ kind: 'block', key, block, length: part.length } satisfies ToFollower, [block.buffer]);
      this.sent++;
      this.touch();
    }
  }

  finish(key: number, samples: number): void {
    this.send({ kind: 'finish', key, samples });
  }

  drop(key: number): void {
    if (this.open.has(key)) this.send({ kind: 'drop', key });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private async freeBlock(): Promise<Block> {
    while (this.blocks.length === 0 && !this.dead) await new Promise<void>((resolve) => this.wanting.push(resolve));
    return this.blocks.pop() ?? new Int16Array(BLOCK_SAMPLES);
  }

  private giveBack(block: Block): void {
    this.blocks.push(block);
    this.wanting.shift()?.();
  }

  private send(message: ToFollower): void {
    if (this.dead) return;
    this.worker.postMessage(message);
    if (message.kind !== 'open' && this.open.has(message.key)) this.asked.add(message.key);
    this.touch();
  }

  private touch(): void {
    this.watch.touch(this.sent > 0 || this.asked.size > 0);
  }

  private receive(message: FromFollower): void {
    if (message.kind === 'block') this.sent--;
    else this.asked.delete(message.key);
    this.touch();
    this.hear(message);
  }

  private hear(message: FromFollower): void {
    switch (message.kind) {
      case 'block':
        return this.giveBack(message.block);
      case 'done':
        return this.settle(message.key, ({ resolve }) => resolve(message.rendition));
      case 'dropped':
        return this.settle(message.key, ({ resolve }) => resolve(null));
      case 'failed': {
        const { code, message: text, field } = message;
        const error = new RecgateError(code, text, field === undefined ? {} : { field });
        return this.settle(message.key, ({ reject }) => reject(error));
      }
    }
  }

  private settle(key: number, how: (settle: Settle) => void): void {
    const settle = this.open.get(key);
    this.open.delete(key);
    if (settle !== undefined) how(settle);
  }

  private die(cause: unknown): void {
    this.dead = true;
    this.watch.stop();
    const text = `The follower thread died: ${toRecgateError(cause).message}`;
    for (const key of [...this.open.keys()]) {
      this.settle(key, ({ reject }) => reject(new RecgateError('gateway.internal', text, { cause })));
    }
    for (const wake of this.wanting.splice(0)) wake();
  }
}

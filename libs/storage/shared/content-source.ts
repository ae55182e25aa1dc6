import { Readable } from 'node:stream';
import { RecgateError, type RenditionContent } from '#libs/recording-model';
import { messageOf } from './store-error.js';

/**
 * Opens the bytes of a rendition and remembers when reading them failed, so that a broken disk of ours is never
 * reported as a fault of the destination.
 */
export class ContentSource {
  readonly #content: RenditionContent;
  readonly #opened = new Set<Readable>();
  #failure: unknown = null;

  constructor(content: RenditionContent) {
    this.#content = content;
  }

  /** All bytes, or those of a range (`end` inclusive). */
  open(range?: { readonly start: number; readonly end: number }): Readable {
    const bytes = this.#content.sizeBytes === 0 ? Readable.from([]) : this.#content.open(range);
    const stream = Readable.from(this.#watch(bytes), { objectMode: false, highWaterMark: 64 * 1024 });
    this.#opened.add(stream);
    stream.once('close', () => this.#opened.delete(stream));
    return stream;
  }

  /** Closes what is still open. */
  close(): void {
    for (const stream of this.#opened) stream.destroy();
  }

  /** @throws RecgateError `gateway.internal` when reading the rendition itself failed. */
  throwIfBroken(): void {
    if (this.#failure === null) return;
    throw new RecgateError('gateway.internal', `The rendition cannot be read: ${messageOf(this.#failure)}`);
  }

  async *#watch(bytes: Readable): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of bytes) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }
}

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { RecgateError, type RenditionContent } from '#libs/recording-model';
import { messageOf } from './store-error.js';

/**
 * Opens the bytes of a rendition and remembers when reading them failed, so that a broken disk of ours is never
 * reported as a fault of the destination. Bytes that are not those that were encoded end the stream with an error
 * before its last chunk is out, so no store can complete such an object.
 */
export class ContentSource {
  readonly #content: RenditionContent;
  readonly #opened = new Set<Readable>();
  #failure: unknown = null;

  constructor(content: RenditionContent) {
    this.#content = content;
  }

  /** All bytes, from the start; may be called again. */
  open(): Readable {
    const bytes = this.#content.sizeBytes === 0 ? Readable.from([]) : this.#content.open();
    const stream = Readable.from(this.#verified(bytes), { objectMode: false, highWaterMark: 64 * 1024 });
    this.#opened.add(stream);
    stream.once('close', () => this.#opened.delete(stream));
    return stream;
  }

  /** All bytes at once; for renditions that are known to be small. */
  async bytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.open() as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** All bytes in blocks of `size`, the last one shorter. */
  async *blocks(size: number): AsyncGenerator<Buffer> {
    let waiting: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.open() as AsyncIterable<Buffer>) {
      waiting.push(chunk);
      length += chunk.length;
      if (length < size) continue;
      const joined = Buffer.concat(waiting);
      let at = 0;
      for (; joined.length - at >= size; at += size) yield joined.subarray(at, at + size);
      waiting = [joined.subarray(at)];
      length = joined.length - at;
    }
    if (length > 0) yield Buffer.concat(waiting);
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

  /** Holds each chunk back until the next one is there: the last one leaves only after the comparison. */
  async *#verified(bytes: Readable): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    const chunks = bytes[Symbol.asyncIterator]();
    let held: Buffer | null = null;
    let count = 0;
    try {
      for (;;) {
        const chunk = await this.#next(chunks);
        if (chunk === null) break;
        hash.update(chunk);
        count += chunk.length;
        if (held !== null) yield held;
        held = chunk;
      }
      this.#compare(count, hash.digest('hex'));
      if (held !== null) yield held;
    } finally {
      bytes.destroy();
    }
  }

  /** Only what goes wrong here is ours: whoever reads the stream may end it with an error of their own. */
  async #next(chunks: AsyncIterator<unknown>): Promise<Buffer | null> {
    try {
      const next = await chunks.next();
      return next.done === true ? null : toBuffer(next.value);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  #compare(count: number, digest: string): void {
    const { sizeBytes, sha256 } = this.#content;
    if (count === sizeBytes && digest === sha256) return;
    this.#failure ??= new Error('its bytes are not those that were encoded');
    throw this.#failure;
  }
}

function toBuffer(chunk: unknown): Buffer {
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return Buffer.from(String(chunk));
}

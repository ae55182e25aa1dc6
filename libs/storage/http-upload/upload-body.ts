import { Readable } from 'node:stream';
import type { PutRequest } from '#libs/recording-model';
import type { ContentSource } from '../shared/content-source.js';

/** The body of one request: the file itself, or the file inside the envelope that its target asks for. */
export interface UploadBody {
  readonly contentType: string;
  readonly contentLength: number;
  open(): Readable;
}

export function uploadBody({ target, content }: Pick<PutRequest, 'target' | 'content'>, source: ContentSource): UploadBody {
  const { envelope } = target;
  if (envelope === undefined) {
    return { contentType: target.contentType, contentLength: content.sizeBytes, open: () => source.open() };
  }
  const before = Buffer.from(envelope.before);
  const after = Buffer.from(envelope.after);
  const inside = envelope.base64 ? Math.ceil(content.sizeBytes / 3) * 4 : content.sizeBytes;
  return {
    contentType: envelope.contentType,
    contentLength: before.length + inside + after.length,
    open: () => {
      const bytes = source.open();
      const file: AsyncIterable<Buffer> = envelope.base64 ? inBase64(bytes) : bytes;
      return Readable.from(enclosed(before, file, after, bytes), { objectMode: false });
    },
  };
}

async function* enclosed(
  before: Buffer,
  file: AsyncIterable<Buffer>,
  after: Buffer,
  bytes: Readable,
): AsyncGenerator<Buffer> {
  try {
    yield before;
    yield* file;
    yield after;
  } finally {
    bytes.destroy();
  }
}

/** Three bytes make four characters; what is left over waits for the next chunk. */
async function* inBase64(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const joined = Buffer.concat([rest, chunk]);
    const whole = joined.length - (joined.length % 3);
    rest = joined.subarray(whole);
    if (whole > 0) yield Buffer.from(joined.toString('base64', 0, whole));
  }
  if (rest.length > 0) yield Buffer.from(rest.toString('base64'));
}

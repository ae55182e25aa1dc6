import type { Readable } from 'node:stream';

export interface BoundedBody {
  readonly body: string;
  readonly truncated: boolean;
}

/** Reads at most `maxBytes` and breaks the connection off when there is more. A character cut in two is left out. */
export async function readBody(stream: Readable, maxBytes: number): Promise<BoundedBody> {
  const chunks: Buffer[] = [];
  let room = maxBytes;
  let truncated = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, room));
    truncated = chunk.length > room;
    room -= Math.min(room, chunk.length);
    if (truncated) break;
  }
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return { body: decoder.decode(Buffer.concat(chunks), { stream: truncated }), truncated };
}

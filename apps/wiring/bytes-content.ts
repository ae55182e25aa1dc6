import { Readable } from 'node:stream';
import { ContentDigest } from '#libs/encoding';
import type { RenditionContent } from '#libs/recording-model';

/** Bytes in memory as stores take them. */
export function bytesContent(bytes: Buffer, contentType: string): RenditionContent {
  const digest = new ContentDigest();
  digest.update(bytes);
  const open: RenditionContent['open'] = (range) =>
    Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)], { objectMode: false });
  return { ...digest.finish(), contentType, open };
}

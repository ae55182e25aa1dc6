import type { ErrorCode, Rendition } from '#libs/recording-model';
import type { RenditionJob } from '../rendition-file.js';

/** From the main thread to an encoder thread. Blocks are transferred, not copied. */
export type ToThread =
  | { readonly kind: 'begin'; readonly job: RenditionJob }
  | { readonly kind: 'block'; readonly block: Int16Array<ArrayBuffer>; readonly length: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'cancel' };

/** From an encoder thread. Each block comes back when it has been encoded, so that it can be filled again. */
export type FromThread =
  | { readonly kind: 'block'; readonly block: Int16Array<ArrayBuffer> }
  | { readonly kind: 'done'; readonly rendition: Rendition }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly field: string | undefined };

/** Samples in a block: whole frames of one or two channels, 128 KiB. */
export const BLOCK_SAMPLES = 65536;
/** Blocks on their way at a time: the reading of one overlaps the encoding of another. */
export const BLOCKS_IN_FLIGHT = 3;

import type { ErrorCode, Rendition } from '#libs/recording-model';
import type { RenditionJob } from '../rendition-file.js';

/** From the main thread to the follower thread. `key` tells the renditions apart; blocks are transferred, not copied. */
export type ToFollower =
  | { readonly kind: 'open'; readonly key: number; readonly job: RenditionJob }
  | { readonly kind: 'block'; readonly key: number; readonly block: Int16Array<ArrayBuffer>; readonly length: number }
  | { readonly kind: 'finish'; readonly key: number; readonly samples: number }
  | { readonly kind: 'drop'; readonly key: number };

/** From the follower thread. `done`, `dropped` and `failed` are the last words about a rendition. */
export type FromFollower =
  | { readonly kind: 'block'; readonly block: Int16Array<ArrayBuffer> }
  | { readonly kind: 'done'; readonly key: number; readonly rendition: Rendition }
  | { readonly kind: 'dropped'; readonly key: number }
  | {
      readonly kind: 'failed';
      readonly key: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly field: string | undefined;
    };

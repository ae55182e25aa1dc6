import type { ErrorCode } from '#libs/recording-model';
import type { AudioHint } from './audio-format.js';
import type { AudioDecryption } from './decrypt-audio.js';

/** To the thread: a file piece by piece, then what to do with it. */
export type ToDecoder =
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  | { readonly kind: 'decode'; readonly hint: AudioHint; readonly decryption: AudioDecryption | null };

/** From the thread: one answer to each `decode`. */
export type FromDecoder =
  | { readonly kind: 'decoded'; readonly samples: Int16Array<ArrayBuffer>; readonly sampleRate: number }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

import type { Readable } from 'node:stream';
import type { Rendition, StorageReceipt } from '../recording-facts.js';
import type { DestinationKind } from '../recording-spec.js';
import type { SecretBag } from '../secret.js';
import type { ObjectTarget } from './vendor-adapter.port.js';

/**
 * Writes renditions to one kind of destination. Called by the store stage; may be called again for the same target
 * (the same name is overwritten with the same bytes). Not part of this contract: choosing the name, retrying,
 * deleting the spool. Write-only credentials are enough: a driver trusts the answer to its write and nothing else.
 */
export interface ObjectStore {
  readonly kind: DestinationKind;
  /**
   * Streams the rendition to the target and returns what the store confirmed.
   * @throws RecgateError `destination.*` with the store's own words in the message, never a credential.
   */
  put(request: PutRequest): Promise<StorageReceipt>;
  /** Removes what a dead process left of an unfinished upload. Safe to repeat; a leftover that is gone is a success. */
  abort(leftover: UploadLeftover, secrets: SecretBag): Promise<void>;
  /**
   * Removes an object; one that is gone is a success. Needs more than the permission to write.
   * @returns false when destinations of this kind know no way to remove anything
   * @throws RecgateError `destination.*`
   */
  remove(request: RemoveRequest): Promise<boolean>;
}

export interface PutRequest {
  readonly target: ObjectTarget;
  readonly secrets: SecretBag;
  readonly content: RenditionContent;
  /** Short ASCII pairs kept beside the object where the store can. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Called before the first byte of a multipart upload, so that a leftover can be found after a crash. */
  readonly onUploadStarted: (leftover: UploadLeftover) => Promise<void>;
}

/** Names what was put; the metadata are those it was put with. */
export type RemoveRequest = Pick<PutRequest, 'target' | 'secrets' | 'metadata'>;

/** The bytes of a rendition; may be opened several times. */
export interface RenditionContent extends Pick<Rendition, 'sizeBytes' | 'sha256' | 'md5' | 'crc32c' | 'contentType'> {
  open(range?: { readonly start: number; readonly end: number }): Readable;
}

/** An upload that was begun and must be finished or aborted. */
export interface UploadLeftover {
  readonly target: ObjectTarget;
  readonly uploadId: string;
}

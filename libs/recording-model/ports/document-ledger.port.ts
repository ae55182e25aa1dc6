import type { JsonObject } from '../json.js';

/**
 * A document that a vendor's API keeps for an application: a callflow, a container, a webhook. What it means is the
 * vendor's affair. Never holds a credential in clear: those lie in `sealed`.
 */
export interface StoredDocument {
  /** `<vendor>.<plural>`, for example `kazoo.callflows`. */
  readonly collection: string;
  readonly applicationId: string;
  /** Unique within collection and application. */
  readonly id: string;
  /** Counts the writes, from 1. */
  readonly version: number;
  readonly body: JsonObject;
  /** What must not be readable, sealed to the tenant and to this document's id; null for nothing. */
  readonly sealed: string | null;
  /** ISO 8601 with ms. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a writer decides: the new content, to remove the document, or to leave all as it is. */
export type DocumentDecision = Pick<StoredDocument, 'body' | 'sealed'> | 'remove' | null;

export interface DocumentUpdate {
  readonly applied: boolean;
  /** As it is now; null when there is none (any more). */
  readonly document: StoredDocument | null;
}

/** Small documents by application. Every write compares with what was read, so no concurrent one is lost. */
export interface DocumentLedger {
  get(collection: string, applicationId: string, id: string): Promise<StoredDocument | null>;
  /** All of a collection, oldest first. */
  list(collection: string, applicationId: string): Promise<readonly StoredDocument[]>;
  /**
   * `decide` sees the current document (null: there is none); it is called again when another writer was faster, so it
   * must be pure.
   */
  update(
    collection: string,
    applicationId: string,
    id: string,
    decide: (current: StoredDocument | null) => DocumentDecision,
  ): Promise<DocumentUpdate>;
  /** Forgets everything kept for an application. */
  removeAll(applicationId: string): Promise<void>;
}

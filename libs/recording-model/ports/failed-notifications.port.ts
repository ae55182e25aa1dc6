import type { JsonObject } from '../json.js';
import type { DeliveryAttempt } from './ledger.port.js';
import type { ApplicationView } from './vendor-adapter.port.js';

/** An attempt at a notification that did not succeed. */
export interface FailedAttempt {
  readonly attempt: DeliveryAttempt;
  /** Attempts of this notification so far, this one included. */
  readonly attemptsSoFar: number;
  /** Id of the document that keeps it. */
  readonly documentId: string;
}

/** What a vendor makes of notifications that failed: they are kept in documents, and may change settings. Pure. */
export interface FailedNotifications {
  /** Collection of the documents (`StoredDocument`). */
  readonly collection: string;
  /** Id of the document that keeps the failures of a subscription; null: none does. */
  documentOf(application: ApplicationView, subscription: string): string | null;
  /** The document with one more failed attempt. */
  note(application: ApplicationView, failed: FailedAttempt, body: JsonObject | null): JsonObject;
  /** Settings of the application that change now; null: none. */
  consequences(application: ApplicationView, documentId: string, body: JsonObject): Readonly<Record<string, string>> | null;
}

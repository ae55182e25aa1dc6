import type { DocumentDecision, DocumentLedger, DocumentUpdate, StoredDocument } from '#libs/recording-model';
import { applyDecision, inOrderOfCreation } from '../apply-decision.js';

/** Documents in a map; a write is one synchronous step. */
export class MemoryDocumentLedger implements DocumentLedger {
  private readonly documents = new Map<string, StoredDocument>();

  get(collection: string, applicationId: string, id: string): Promise<StoredDocument | null> {
    return Promise.resolve(this.documents.get(keyOf(collection, applicationId, id)) ?? null);
  }

  list(collection: string, applicationId: string): Promise<readonly StoredDocument[]> {
    const own = [...this.documents.values()].filter(
      (document) => document.collection === collection && document.applicationId === applicationId,
    );
    return Promise.resolve(inOrderOfCreation(own));
  }

  update(
    collection: string,
    applicationId: string,
    id: string,
    decide: (current: StoredDocument | null) => DocumentDecision,
  ): Promise<DocumentUpdate> {
    const key = keyOf(collection, applicationId, id);
    const current = this.documents.get(key) ?? null;
    const decision = decide(current);
    if (decision === null) return Promise.resolve({ applied: false, document: current });
    const document = applyDecision({ collection, applicationId, id }, current, decision);
    if (document === null) this.documents.delete(key);
    else this.documents.set(key, document);
    return Promise.resolve({ applied: true, document });
  }

  removeAll(applicationId: string): Promise<void> {
    for (const [key, document] of this.documents) if (document.applicationId === applicationId) this.documents.delete(key);
    return Promise.resolve();
  }
}

function keyOf(collection: string, applicationId: string, id: string): string {
  return JSON.stringify([collection, applicationId, id]);
}

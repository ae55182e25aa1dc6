import type { DocumentRole, StoredDocument, StoredDocumentName } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import type { CallContext } from './call-context.js';

export type StoredDocumentPorts = Pick<OrchestrationPorts, 'adapters' | 'ledger' | 'vault'>;

/** A document that the vendor's API has stored, its seal opened. */
export interface OpenedDocument {
  readonly body: string;
  readonly role: DocumentRole;
}

/** The stored document that is meant; null when the application has none such. */
export async function openStored(
  ports: StoredDocumentPorts,
  context: CallContext,
  name: StoredDocumentName,
): Promise<OpenedDocument | null> {
  const { vendor, application, identity, tenantId } = context;
  const { applicationId } = application;
  if (name.by === 'id') {
    const document = await ports.ledger.documents.get(name.collection, applicationId, name.id);
    return document === null ? null : { body: textOf(ports, tenantId, document), role: name.role };
  }
  const { callStarts } = ports.adapters[vendor];
  if (callStarts === undefined) return null;
  const documents = await ports.ledger.documents.list(callStarts.collection, applicationId);
  const start = callStarts.choose(application, { ...identity, to: name.number }, documents);
  return start?.kind === 'document' ? { body: textOf(ports, tenantId, start.document), role: start.role } : null;
}

/** The text that lies under `document` in the sealed part. */
export function textOf({ vault }: Pick<OrchestrationPorts, 'vault'>, tenantId: string, { id, sealed }: StoredDocument): string {
  return sealed === null ? '' : (vault.open(sealed, { tenantId, ownerId: id })['document'] ?? '');
}

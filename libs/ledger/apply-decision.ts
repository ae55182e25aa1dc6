import type { DocumentDecision, StoredDocument } from '#libs/recording-model';

/** The document that a decision leads to; null when it is removed. */
export function applyDecision(
  address: Pick<StoredDocument, 'collection' | 'applicationId' | 'id'>,
  current: StoredDocument | null,
  decision: Exclude<DocumentDecision, null>,
): StoredDocument | null {
  if (decision === 'remove') return null;
  const now = new Date().toISOString();
  const { body, sealed } = decision;
  return { ...address, version: (current?.version ?? 0) + 1, body, sealed, createdAt: current?.createdAt ?? now, updatedAt: now };
}

/** Oldest first; those of one moment by their ids. */
export function inOrderOfCreation(documents: readonly StoredDocument[]): readonly StoredDocument[] {
  const orderOf = ({ createdAt, id }: StoredDocument) => `${createdAt} ${id}`;
  return [...documents].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

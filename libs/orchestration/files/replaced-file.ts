import type { RecordingRecord } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';

/**
 * Whether another recording has been stored under the same name since: the file is that one's, and neither to be handed
 * out nor to be deleted for this one. Nothing is read from an external store: there the ledger decides.
 */
export async function isReplaced(ports: Pick<OrchestrationPorts, 'files' | 'ledger'>, record: RecordingRecord): Promise<boolean> {
  const { receipt } = record;
  if (receipt === null) return false;
  const own = ports.files?.addressOf(receipt.location) ?? null;
  if (own === null) return isStoredOver(ports, record, receipt.location, receipt.storedAt);
  return isOfAnother(record, (await ports.files?.stat(own))?.metadata ?? {});
}

/** Whether a file of the own store says that it is another recording's; files that several share say nothing. */
export function isOfAnother({ id }: RecordingRecord, metadata: Readonly<Record<string, string>>): boolean {
  const owner = metadata['recording'];
  return owner !== undefined && owner !== id;
}

async function isStoredOver({ ledger }: Pick<OrchestrationPorts, 'ledger'>, record: RecordingRecord, location: string, storedAt: string): Promise<boolean> {
  if (record.spec.ifExists !== 'overwrite') return false;
  for (const name of new Set(Object.values(record.names))) {
    const other = await ledger.recordings.findByName(record.applicationId, name);
    if (other === null || other.id === record.id || other.receipt === null) continue;
    if (other.receipt.location === location && other.receipt.storedAt > storedAt) return true;
  }
  return false;
}

import { toRecgateError, type JsonValue } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { changeRetention } from '../retention.js';
import type { Catalogued, CataloguedFile } from './catalogue-documents.js';
import { deleteFile } from './delete-file.js';
import { FileCatalogue } from './file-catalogue.js';

/**
 * Makes a file go when its own rule says so, counted from when its bytes were stored. Called when that rule has changed.
 * Recordings have their own time; what no recording made is noted apart.
 */
export async function planExpiry(
  ports: OrchestrationPorts,
  catalogue: FileCatalogue,
  file: Catalogued<CataloguedFile>,
): Promise<void> {
  const { sid, body } = file;
  const seconds = catalogue.rules.keepSeconds(body.fields);
  const recordings = Object.keys(body.recordings);
  for (const recordingId of recordings) await changeRetention(ports, recordingId, seconds);
  const due = seconds === null || recordings.length > 0 ? null : new Date(Date.parse(body.modifiedAt) + seconds * 1000);
  const { documents } = ports.ledger;
  await documents.update(collectionOf(catalogue), catalogue.owner.applicationId, sid, (current) => {
    if (due === null) return current === null ? null : 'remove';
    return { body: { deleteAt: due.toISOString() }, sealed: null };
  });
}

/** Deletes files that no recording made and whose time is over; answers how many. */
export async function expireFiles(ports: OrchestrationPorts, tenants: readonly string[], now: Date): Promise<number> {
  let deleted = 0;
  for (const tenantId of tenants) {
    for (const { id: applicationId, vendor } of await ports.ledger.applications.list(tenantId)) {
      const catalogue = FileCatalogue.of(ports, vendor, { tenantId, applicationId });
      if (catalogue !== null) deleted += await expireOf(ports, catalogue, now);
    }
  }
  return deleted;
}

async function expireOf(ports: OrchestrationPorts, catalogue: FileCatalogue, now: Date): Promise<number> {
  const { applicationId } = catalogue.owner;
  let deleted = 0;
  for (const { id: sid, body } of await ports.ledger.documents.list(collectionOf(catalogue), applicationId)) {
    if (isLater(body['deleteAt'], now)) continue;
    try {
      await deleteFile(ports, catalogue, sid);
      await ports.ledger.documents.update(collectionOf(catalogue), applicationId, sid, (current) =>
        current === null ? null : 'remove',
      );
      ports.log.info('file deleted: its time is over', { sid });
      deleted += 1;
    } catch (thrown) {
      ports.log.warn('a file whose time is over is still there', { sid, reason: toRecgateError(thrown).message });
    }
  }
  return deleted;
}

function collectionOf({ rules }: FileCatalogue): string {
  return `${rules.collections.files}.expiring`;
}

function isLater(at: JsonValue | undefined, now: Date): boolean {
  return typeof at === 'string' && Date.parse(at) > now.getTime();
}

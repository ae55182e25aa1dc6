import type { RecordingRecord } from '#libs/recording-model';
import { FileCatalogue, type CataloguePorts } from './file-catalogue.js';

/**
 * Takes the file of a deleted recording out of the book and gives its room back. A file that has got other bytes since
 * stays. Safe to repeat.
 */
export async function forgetRecordedFile(ports: CataloguePorts, record: RecordingRecord): Promise<void> {
  if (record.spec.destination.kind !== 'media-store' || record.receipt === null) return;
  const catalogue = FileCatalogue.of(ports, record.vendor, record);
  const name = catalogue?.store.addressOf(record.receipt.location)?.name;
  const sid = record.names['fileSid'];
  if (catalogue === null || name === undefined || sid === undefined) return;
  const file = await catalogue.get(sid);
  if (file === null || file.body.storeName !== name) return;
  await catalogue.beginDeletion(sid);
  await catalogue.finishDeletion(sid);
}

import type { RecordingRecord } from '#libs/recording-model';
import { catalogueOf, type CataloguePorts } from './recorded-files.js';

/**
 * Name in the own store of the file that a recording's audio lies in by now: others may have been appended behind it.
 * Null when no book says, or when other audio has taken its place.
 */
export async function storeNameOf(ports: CataloguePorts, record: RecordingRecord): Promise<string | null> {
  const file = await catalogueOf(ports, record)?.get(record.names['fileSid'] ?? '');
  const ids = Object.keys(file?.body.recordings ?? {});
  const own = ids.indexOf(record.id);
  if (file === null || file === undefined || own === -1) return null;
  for (const id of ids.slice(own + 1)) {
    if ((await ports.ledger.recordings.get(id))?.spec.ifExists !== 'append') return null;
  }
  return file.body.storeName;
}

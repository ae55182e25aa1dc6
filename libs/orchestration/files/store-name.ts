import type { RecordingRecord } from '#libs/recording-model';
import { catalogueOf, type CataloguePorts } from './recorded-files.js';
import { audioIn } from './shared-audio.js';

/**
 * Name in the own store of the file that a recording's audio lies in by now: others may have been appended behind it.
 * Null when no book says, or when other audio has taken its place.
 */
export async function storeNameOf(ports: CataloguePorts, record: RecordingRecord): Promise<string | null> {
  const file = await catalogueOf(ports, record)?.get(record.names['fileSid'] ?? '');
  if (file === null || file === undefined) return null;
  const inside = await audioIn(ports, file.body);
  return inside.some(({ id }) => id === record.id) ? file.body.storeName : null;
}

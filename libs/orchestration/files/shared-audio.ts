import type { RecordingRecord } from '#libs/recording-model';
import type { CataloguedFile } from './catalogue-documents.js';
import { catalogueOf, type CataloguePorts } from './recorded-files.js';

/**
 * The other recordings whose audio lies in the file of this one, because it was appended to theirs or theirs to it; empty
 * when its own audio is in no file any more, or the file is being deleted as a whole.
 */
export async function recordingsBeside(ports: CataloguePorts, record: RecordingRecord): Promise<readonly RecordingRecord[]> {
  const file = await catalogueOf(ports, record)?.get(record.names['fileSid'] ?? '');
  const inside = file === null || file === undefined ? [] : await audioIn(ports, file.body);
  return inside.some(({ id }) => id === record.id) ? inside.filter(({ id }) => id !== record.id) : [];
}

/** The recordings whose audio a file holds by now, in their order: one that does not append takes the place of all before it. */
export async function audioIn(ports: CataloguePorts, { recordings }: Pick<CataloguedFile, 'recordings'>): Promise<readonly RecordingRecord[]> {
  let inside: RecordingRecord[] = [];
  for (const id of Object.keys(recordings)) {
    const record = await ports.ledger.recordings.get(id);
    if (record === null) continue;
    inside = record.spec.ifExists === 'append' ? [...inside, record] : [record];
  }
  return inside;
}

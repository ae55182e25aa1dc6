import { isTerminal, toRecgateError } from '#libs/recording-model';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { OrchestrationPorts } from '../ports.js';
import { APPENDED_PREFIX } from './append-audio.js';
import type { Catalogued, Container, Hold } from './catalogue-documents.js';
import { deleteFile } from './delete-file.js';
import { FileCatalogue } from './file-catalogue.js';
import { fileSidOf } from './recorded-files.js';

/** A promise whose owner cannot be found is kept so long: it may be about to appear. */
const PATIENCE_MS = 6 * 3_600_000;

/** Replaced bytes are kept so long for those who were about to read them, ms. */
const RETIRED_MS = 60_000;

/** What becomes of a promise. */
type Verdict = 'keep' | 'count' | 'drop';

/**
 * Finishes what dead processes left in the books: promises of ended recordings and broken uploads, deletions and
 * replaced bytes. Safe to run at any time.
 * @returns how many things it put right
 */
export async function sweepCatalogues(ports: OrchestrationPorts, tenants: readonly string[]): Promise<number> {
  let done = await sweepAppended(ports);
  for (const tenantId of tenants) {
    for (const { id: applicationId, vendor } of await ports.ledger.applications.list(tenantId)) {
      const catalogue = FileCatalogue.of(ports, vendor, { tenantId, applicationId });
      if (catalogue !== null) done += await sweepCatalogue(ports, catalogue);
    }
  }
  return done;
}

/** The same for one application. */
export async function sweepCatalogue(ports: OrchestrationPorts, catalogue: FileCatalogue): Promise<number> {
  let done = 0;
  for (const container of await catalogue.containers.list()) done += await sweepHolds(catalogue, container);
  const before = new Date(catalogue.now().getTime() - PATIENCE_MS);
  for (const file of await catalogue.listAll()) {
    const { sid, body } = file;
    if (body.deleting) await finishDeletion(ports, catalogue, sid);
    else if (body.retired.length > 0 && isPast(catalogue, body.modifiedAt, RETIRED_MS))
      await catalogue.removeRetired(sid);
    else if (!(await catalogue.removeAttempts(file, before))) continue;
    done += 1;
  }
  return done;
}

/** One that has to wait keeps no other waiting. */
async function finishDeletion(ports: OrchestrationPorts, catalogue: FileCatalogue, sid: string): Promise<void> {
  try {
    await deleteFile(ports, catalogue, sid);
  } catch (thrown) {
    ports.log.warn('the deletion of a file is not finished yet', { sid, reason: toRecgateError(thrown).message });
  }
}

async function sweepHolds(catalogue: FileCatalogue, { sid, body }: Catalogued<Container>): Promise<number> {
  let done = 0;
  for (const [name, hold] of Object.entries(body.holds)) {
    const verdict = await verdictOn(catalogue, sid, name, hold);
    if (verdict === 'keep') continue;
    if (verdict === 'count') await catalogue.containers.count(sid, name);
    else await catalogue.containers.drop(sid, name);
    done += 1;
  }
  return done;
}

async function verdictOn(catalogue: FileCatalogue, container: string, name: string, hold: Hold): Promise<Verdict> {
  const [kind = '', owner = ''] = name.split(':');
  const isOld = isPast(catalogue, hold.at, PATIENCE_MS);
  if (kind === 'recording') return verdictOnRecording(catalogue, container, owner, isOld);
  const file = await catalogue.get(owner);
  if (kind === 'upload' && file === null && isOld) await removeUpload(catalogue, owner);
  if (file?.body.container === container && isOld) return 'count';
  return isOld ? 'drop' : 'keep';
}

async function verdictOnRecording(
  catalogue: FileCatalogue,
  container: string,
  recordingId: string,
  isOld: boolean,
): Promise<Verdict> {
  const record = await catalogue.ports.ledger.recordings.get(recordingId);
  if (record === null) return isOld ? 'drop' : 'keep';
  if (!isTerminal(record.state)) return 'keep';
  const file = await catalogue.get(fileSidOf(record));
  const isInBook = file?.body.container === container && file.body.recordings[recordingId] !== undefined;
  return isInBook ? 'count' : 'drop';
}

function isPast(catalogue: FileCatalogue, at: string, ms: number): boolean {
  return catalogue.now().getTime() - Date.parse(at) > ms;
}

async function removeUpload({ store, owner }: FileCatalogue, sid: string): Promise<void> {
  for (const { name } of await store.list(owner, `f/${sid}`)) await store.delete({ ...owner, name });
}

/** Joined audio that a dead process left on its way to the store. */
async function sweepAppended({ settings: { renditionDirectory } }: OrchestrationPorts): Promise<number> {
  let removed = 0;
  for (const name of await readdir(renditionDirectory).catch(() => [])) {
    if (!name.startsWith(APPENDED_PREFIX)) continue;
    const file = join(renditionDirectory, name);
    const info = await stat(file).catch(() => null);
    if (info === null || Date.now() - info.mtimeMs < PATIENCE_MS) continue;
    await rm(file, { force: true });
    removed += 1;
  }
  return removed;
}

import {
  RecgateError,
  toRecgateError,
  type ApplicationView,
  type ObjectTarget,
  type RecordingRecord,
  type RecordingSpec,
  type Rendition,
  type StorageReceipt,
} from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { appendedRendition } from './append-audio.js';
import type { Catalogued, CataloguedFile, Room } from './catalogue-documents.js';
import { FileCatalogue, recordingHold, type CataloguePorts } from './file-catalogue.js';

export type { CataloguePorts } from './file-catalogue.js';

/** How often a change of a file is tried anew when others change it at the same time. */
const MOST_RACES = 20;

/** Writes a rendition to its target and answers what the store confirmed. */
export type PutRendition = (target: ObjectTarget, rendition: Rendition) => Promise<StorageReceipt>;

/** The book that a recording's file is kept in; null for recordings that go elsewhere, and for vendors that keep none. */
export function catalogueOf(
  ports: CataloguePorts,
  record: Pick<RecordingRecord, 'vendor' | 'tenantId' | 'applicationId' | 'spec'>,
): FileCatalogue | null {
  return record.spec.destination.kind === 'media-store' ? FileCatalogue.of(ports, record.vendor, record) : null;
}

/**
 * Promises room for a recording before it starts (FlexML contract §2.1).
 * @throws RecgateError `destination.missing` without the container or file it names, `destination.full` without room
 */
export async function reserveRoom(
  ports: CataloguePorts,
  record: RecordingRecord,
  application: ApplicationView,
): Promise<void> {
  const catalogue = catalogueOf(ports, record);
  if (catalogue === null) return;
  const name = recordingHold(record.id);
  const bytes = Math.max(1, record.spec.maxBytes ?? 1);
  const sid = existingFileOf(record.spec);
  if (sid === null) {
    const container = await containerFor(catalogue, record.spec, application);
    await catalogue.containers.hold(container, name, { bytes, files: 1 }, catalogue.now());
    return;
  }
  const { body } = await requireFile(catalogue, sid);
  const given = record.spec.ifExists === 'overwrite' ? body.sizeBytes : 0;
  await catalogue.containers.hold(body.container, name, { bytes: bytes - given, files: 0 }, catalogue.now());
}

/**
 * Takes the promise of a recording back that left no file; what one left that is in the book all the same is counted.
 * Safe to repeat.
 */
export async function releaseRoom(
  ports: CataloguePorts,
  record: RecordingRecord,
  application: ApplicationView,
): Promise<void> {
  const catalogue = catalogueOf(ports, record);
  if (catalogue === null) return;
  const file = await catalogue.get(fileSidOf(record));
  const container = file?.body.container ?? (await containerFor(catalogue, record.spec, application));
  const name = recordingHold(record.id);
  if (file?.body.recordings[record.id] !== undefined) await catalogue.containers.count(container, name);
  else await catalogue.containers.drop(container, name);
}

/**
 * Stores the rendition of a recording and enters it into the book: a new file, or new bytes of one that is there
 * (FlexML contract §4.6). Whoever reads the file finds it whole at any time. Safe to repeat: a recording that is in the
 * book already is not written again.
 * @throws RecgateError `destination.missing`, `destination.full`, `media.format`, or what `put` threw
 */
export function storeInCatalogue(work: CatalogueWork): Promise<StorageReceipt> {
  const sid = existingFileOf(work.record.spec);
  return sid === null ? storeNewFile(work) : changeFile(work, sid);
}

/** What storing into the book needs. */
export interface CatalogueWork {
  readonly ports: OrchestrationPorts;
  readonly catalogue: FileCatalogue;
  readonly record: RecordingRecord;
  readonly application: ApplicationView;
  /** The place of a new file. */
  readonly target: ObjectTarget;
  readonly rendition: Rendition;
  readonly put: PutRendition;
}

async function storeNewFile(work: CatalogueWork): Promise<StorageReceipt> {
  const { catalogue, record, application, target, rendition, put } = work;
  const sid = fileSidOf(record);
  const before = await catalogue.get(sid);
  const known = before?.body.recordings[record.id];
  if (before !== null && known !== undefined) return settled(work, before.body.container, known);
  const sidContainer = await containerFor(catalogue, record.spec, application);
  await holdTrueSize(work, sidContainer, { bytes: rendition.sizeBytes, files: 1 });
  const receipt = await put(target, rendition);
  const container = await catalogue.containers.get(sidContainer);
  const { body } = await catalogue.insert(sid, {
    ...contentOf(target, rendition, receipt),
    container: sidContainer,
    lastAccessedAt: null,
    recordings: { [record.id]: receipt },
    retired: [],
    deleting: false,
    fields: catalogue.rules.fileFields(record, container?.body.fields ?? {}),
  });
  return settled(work, body.container, receipt);
}

async function changeFile(work: CatalogueWork, sid: string): Promise<StorageReceipt> {
  const { catalogue, record } = work;
  for (let race = 0; race < MOST_RACES; race += 1) {
    const base = await requireFile(catalogue, sid);
    const known = base.body.recordings[record.id];
    if (known !== undefined) return settled(work, base.body.container, known);
    const receipt = await tryChange(work, base);
    if (receipt !== null) return settled(work, base.body.container, receipt);
  }
  throw new RecgateError('gateway.unavailable', `File ${sid} is being changed by too many at once`);
}

/** Null when somebody else has changed the file meanwhile. */
async function tryChange(work: CatalogueWork, base: Catalogued<CataloguedFile>): Promise<StorageReceipt | null> {
  const { ports, catalogue, record, put } = work;
  const { body, sid } = base;
  const whole = record.spec.ifExists === 'append' ? await appendedRendition(ports, catalogue, record, base) : null;
  const rendition = whole?.rendition ?? work.rendition;
  try {
    const extension = whole === null ? record.spec.format.extension : body.extension;
    const name = `f/${sid}.${record.id}.${rendition.sha256.slice(0, 16)}.${extension}`;
    const target = { ...work.target, name, contentType: rendition.contentType };
    await holdTrueSize(work, body.container, { bytes: rendition.sizeBytes - body.sizeBytes, files: 0 });
    await noteAttempt(work, sid, name);
    const receipt = await put(target, rendition);
    const fields = catalogue.rules.fileFields(record, null);
    const changed = await catalogue.change(sid, (current) => {
      const next = replaced(current, body, record.id, contentOf(target, rendition, receipt), receipt);
      return next === null ? null : { ...next, fields: { ...next.fields, ...fields } };
    });
    if (changed === null) await catalogue.store.delete(catalogue.address(name)); // The file was deleted meanwhile.
    return changed?.body.recordings[record.id] ?? null;
  } finally {
    await whole?.release();
  }
}

/** Notes where bytes are about to be written: whoever dies there must not leave audio that nobody knows of. */
async function noteAttempt({ catalogue }: CatalogueWork, sid: string, name: string): Promise<void> {
  const at = catalogue.now().toISOString();
  await catalogue.change(sid, (current) => ({ ...current, attempts: { ...current.attempts, [name]: at } }));
}

/** The same file with new bytes; null when it is no longer the one that they were made from, or holds them already. */
function replaced(
  current: CataloguedFile,
  base: CataloguedFile,
  recordingId: string,
  content: ReturnType<typeof contentOf>,
  receipt: StorageReceipt,
): CataloguedFile | null {
  const same = current.storeName === base.storeName && current.container === base.container;
  if (!same || current.recordings[recordingId] !== undefined) return null;
  const replacedName = content.storeName === current.storeName ? [] : [current.storeName];
  const { given, others } = partedAttempts(current, recordingId);
  const retired = [...current.retired, ...replacedName, ...given.filter((name) => name !== content.storeName)];
  return {
    ...current,
    ...content,
    retired,
    attempts: others,
    recordings: { ...current.recordings, [recordingId]: receipt },
  };
}

/** What earlier tries of a recording wrote is of no use once one of them is the file. */
function partedAttempts({ attempts = {} }: CataloguedFile, recordingId: string) {
  const isGiven = (name: string) => name.includes(`.${recordingId}.`);
  return {
    given: Object.keys(attempts).filter(isGiven),
    others: Object.fromEntries(Object.entries(attempts).filter(([name]) => !isGiven(name))),
  };
}

async function settled(
  { catalogue, record }: CatalogueWork,
  container: string,
  receipt: StorageReceipt,
): Promise<StorageReceipt> {
  await catalogue.containers.count(container, recordingHold(record.id));
  return receipt;
}

/** A recording that turns out too large fails and gives its promise back (FlexML contract §4.6). */
async function holdTrueSize({ catalogue, record }: CatalogueWork, container: string, room: Room): Promise<void> {
  const name = recordingHold(record.id);
  try {
    await catalogue.containers.hold(container, name, room, catalogue.now());
  } catch (thrown) {
    if (toRecgateError(thrown).code === 'destination.full') await catalogue.containers.drop(container, name);
    throw thrown;
  }
}

function contentOf(target: ObjectTarget, rendition: Rendition, receipt: StorageReceipt) {
  return {
    storeName: target.name,
    sizeBytes: receipt.sizeBytes,
    sha256: receipt.sha256,
    durationMs: rendition.durationMs,
    extension: /\.([A-Za-z0-9]{1,8})$/.exec(target.name)?.[1] ?? '',
    contentType: target.contentType,
    modifiedAt: receipt.storedAt,
  };
}

/** How long the file of a stored recording is kept, by its own rule; null: its file says nothing of it. */
export async function retentionOfFile(
  catalogue: FileCatalogue,
  record: RecordingRecord,
): Promise<RecordingSpec['retention']> {
  const file = await catalogue.get(fileSidOf(record));
  const ttlSeconds = file === null ? null : catalogue.rules.keepSeconds(file.body.fields);
  return ttlSeconds === null ? null : { ttlSeconds, action: 'delete' };
}

async function requireFile(catalogue: FileCatalogue, sid: string): Promise<Catalogued<CataloguedFile>> {
  const file = await catalogue.get(sid);
  if (file === null) throw new RecgateError('destination.missing', `There is no file ${sid}`);
  return file;
}

async function containerFor(
  { containers }: FileCatalogue,
  { destination }: RecordingSpec,
  application: ApplicationView,
): Promise<string> {
  const named = destination.kind === 'media-store' ? destination.container : null;
  return named ?? containers.defaultFor(application);
}

function existingFileOf({ destination }: RecordingSpec): string | null {
  return destination.kind === 'media-store' ? destination.file : null;
}

/** The sid of the file that a recording is, or goes into. */
export function fileSidOf({ spec, names, id }: Pick<RecordingRecord, 'spec' | 'names' | 'id'>): string {
  return existingFileOf(spec) ?? names['fileSid'] ?? id;
}

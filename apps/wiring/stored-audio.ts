import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileCatalogue, isOfAnother, ownerOfSid, storeNameOf, type CataloguePorts } from '#libs/orchestration';
import { veiledBytes } from '#libs/media';
import { RecgateError, type RecordingRecord } from '#libs/recording-model';
import { parseMediaLocation, type MediaFileAddress, type MediaFileInfo, type MediaStore } from '#libs/storage';
import { flexml } from '#libs/vendor-adapters';
import type { StoredAudio } from '../gateway/runtime-token.js';
import { bytesOf } from './file-store.js';
import type { Runtime } from './runtime.js';
import { openVeiled } from './veiled-files.js';

/** Largest audio file that is taken. */
export const MAX_UPLOAD_BYTES = 4 * 1024 ** 3;

/** The audio of an available recording: from the own store, or the copy that was kept; null when there is neither. */
export async function openRecordingAudio(runtime: Runtime, recordingId: string): Promise<StoredAudio | null> {
  const record = await runtime.ports.ledger.recordings.get(recordingId);
  if (record?.state !== 'available' || record.receipt === null || record.deletedAt !== undefined) return null;
  const address = parseMediaLocation(record.receipt.location);
  if (address === null) return openKeptRendition(runtime, record);
  const shared = await storeNameOf(runtime.ports, record);
  const current = { ...address, name: shared ?? address.name };
  const info = await runtime.mediaStore.stat(current);
  return info === null || (shared === null && isOfAnother(record, info.metadata)) ? null : fromMediaStore(runtime.mediaStore, current, info);
}

/** A published file by its sid (FlexML contract §4.2); null when there is none, or it is not published so. */
export async function openPublicFile(ports: CataloguePorts, sid: string): Promise<StoredAudio | null> {
  const owner = await ownerOfSid(ports.ledger.documents, flexml.flexmlCatalogue, sid);
  const catalogue = owner === null ? null : FileCatalogue.of(ports, 'flexml', owner);
  const file = (await catalogue?.get(sid)) ?? null;
  if (catalogue === null || file === null) return null;
  const { body } = file;
  const container = await catalogue.containers.get(body.container);
  if (!flexml.isPublished(body.fields, container?.body.fields ?? {}, 'file_sid')) return null;
  const { sizeBytes, contentType, sha256, storeName } = body;
  return { sizeBytes, contentType, sha256, fileName: basename(storeName), open: (range) => catalogue.open(file, range) };
}

/** Where an uploaded file waits for its capture. */
export function uploadFile(dataDirectory: string, recordingId: string): string {
  return join(dataDirectory, 'uploads', recordingId);
}

/** Keeps an upload, whole or not at all. */
export async function saveUpload({ config, veil }: Pick<Runtime, 'config' | 'veil'>, recordingId: string, body: Readable): Promise<void> {
  const { dataDirectory } = config;
  const file = uploadFile(dataDirectory, recordingId);
  // Two uploads of one recording at once each write a file of their own; the last to end is the one.
  const part = `${file}.${randomUUID()}.part`;
  await mkdir(join(dataDirectory, 'uploads'), { recursive: true });
  try {
    const hidden = veil();
    const bytes = limitedTo(MAX_UPLOAD_BYTES)(body as AsyncIterable<Buffer>);
    await pipeline(hidden === undefined ? bytes : veiledBytes(hidden, bytes), createWriteStream(part, { flush: true, mode: 0o600 }));
    await rename(part, file);
    await syncDirectory(join(dataDirectory, 'uploads'));
  } catch (cause) {
    await rm(part, { force: true });
    if (cause instanceof RecgateError) throw cause;
    const full = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
    if (full) throw new RecgateError('gateway.unavailable', 'There is no room for the upload at the moment', { cause });
    throw new RecgateError('request.invalid', 'The upload broke off', { cause });
  }
}

/** The new name is there after a power cut: from here on the bytes count as accepted. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function limitedTo(maxBytes: number) {
  return async function* limit(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let received = 0;
    for await (const chunk of body) {
      received += chunk.length;
      if (received > maxBytes) throw new RecgateError('document.too_large', `The audio is larger than ${maxBytes} bytes`);
      yield chunk;
    }
  };
}

async function openKeptRendition({ veils }: Runtime, record: RecordingRecord): Promise<StoredAudio | null> {
  const { rendition } = record;
  if (rendition === null || (await stat(rendition.file).catch(() => null)) === null) return null;
  const { file, sizeBytes, contentType, sha256 } = rendition;
  return { sizeBytes, contentType, sha256, fileName: basename(file), open: (range) => openVeiled(veils, file, range) };
}

function fromMediaStore(store: MediaStore, address: MediaFileAddress, info: MediaFileInfo): StoredAudio {
  const open = (range?: { readonly start: number; readonly end: number }) =>
    Readable.from(bytesOf(store, address, range), { objectMode: false });
  return { sizeBytes: info.sizeBytes, contentType: info.contentType, fileName: basename(info.name), sha256: info.sha256, open };
}

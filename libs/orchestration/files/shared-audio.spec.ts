import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingRecord, RecordingSpec, StorageReceipt } from '#libs/recording-model';
import { MediaStore, mediaNamespace } from '#libs/storage';
import { renditionContent, SAMPLE_SPEC, sampleRecordingRecord, seededBytes } from '#libs/testing';
import { createApplication } from '../applications.js';
import { deleteRecording } from '../delete-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import { holdRecording, Retention } from '../retention.js';
import { keepingPorts } from '../spec-support/keeping-ports.js';
import { deleteFile } from './delete-file.js';
import { FileCatalogue } from './file-catalogue.js';

const START = Date.parse('2026-03-01T10:00:00.000Z');
const SID = '0f5ac5d2-7a1b-4c3e-9a51-5c3f6a1b2c3d';
const OWNER = { tenantId: 'tenant', applicationId: 'app' };

let directory: string;
let store: MediaStore;
let ports: OrchestrationPorts;
let catalogue: FileCatalogue;
let now = START;

beforeEach(async () => {
  now = START;
  directory = await mkdtemp(join(tmpdir(), 'recgate-shared-'));
  store = new MediaStore({ root: directory });
  ports = keepingPorts({ directory, store, now: () => now, warn: () => undefined });
  await createApplication(ports, { tenantId: 'tenant', name: 'x', vendor: 'flexml', settings: {} }, 'app');
  const found = FileCatalogue.of(ports, 'flexml', OWNER);
  if (found === null) throw new Error('FlexML keeps a catalogue');
  catalogue = found;
  await catalogue.containers.create('box', { bytes: 10_000, files: 5 }, {});
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const nameOf = (id: string) => `f/${SID}.${id}.wav`;

async function put(id: string): Promise<StorageReceipt> {
  const receipt = await store.put({
    target: { destination: SAMPLE_SPEC.destination, name: nameOf(id), contentType: 'audio/x-wav' },
    secrets: {},
    content: renditionContent(seededBytes(1000), 'audio/x-wav'),
    metadata: { tenant: 'tenant', application: 'app' },
    signal: new AbortController().signal,
    onUploadStarted: () => Promise.resolve(),
  });
  return { ...receipt, location: `media://${nameOf(id)}`, storedAt: new Date(now).toISOString() };
}

/** One file in which each recording has its place; the bytes are those of the last. */
async function fileOf(...recordings: readonly { readonly id: string; readonly ifExists: RecordingSpec['ifExists']; readonly ttl: number }[]) {
  const receipts: Record<string, StorageReceipt> = {};
  for (const { id, ifExists, ttl } of recordings) {
    const receipt = await put(id);
    receipts[id] = receipt;
    const record = sampleRecordingRecord({ id, spec: { ...SAMPLE_SPEC, ifExists }, names: { fileSid: SID } });
    const deleteAt = new Date(START + ttl * 1000).toISOString();
    await ports.ledger.recordings.accept({ ...record, state: 'storing', rendition: null });
    await ports.ledger.recordings.transition(id, () => ({ to: 'available', at: new Date(now), patch: { receipt, deleteAt } }));
  }
  const ids = recordings.map(({ id }) => id);
  const last = ids.at(-1) ?? '';
  await catalogue.containers.hold('box', 'recording:' + last, { bytes: 1000, files: 1 }, new Date(now));
  await catalogue.containers.count('box', 'recording:' + last);
  await catalogue.insert(SID, {
    container: 'box',
    storeName: nameOf(last),
    sizeBytes: 1000,
    sha256: '',
    durationMs: 1000,
    extension: 'wav',
    contentType: 'audio/x-wav',
    modifiedAt: new Date(now).toISOString(),
    lastAccessedAt: null,
    recordings: receipts,
    retired: ids.slice(0, -1).map(nameOf),
    deleting: false,
    fields: {},
  });
}

const stored = async () => (await store.list(mediaNamespace('tenant', 'app'))).map(({ name }) => name).sort();
const get = async (id: string) => (await ports.ledger.recordings.get(id)) as RecordingRecord;
const isDeleted = async (id: string) => (await get(id)).deletedAt !== undefined;

describe('audio of several recordings in one file', () => {
  it('is there until the time of the last is over, and then goes with all of them', async () => {
    await fileOf({ id: 'first', ifExists: 'unique', ttl: 60 }, { id: 'second', ifExists: 'append', ttl: 600 });
    now += 60_000;
    expect((await new Retention(ports).run()).deleted).toBe(0);
    expect([await isDeleted('first'), (await stored()).includes(nameOf('second'))]).toEqual([false, true]);
    now += 3_600_000;
    expect((await new Retention(ports).run()).deleted).toBe(2);
    expect([await isDeleted('first'), await isDeleted('second'), await stored()]).toEqual([true, true, []]);
    expect((await catalogue.containers.get('box'))?.body.total).toEqual({ bytes: 0, files: 0 });
  });

  it('stays while one of them is held, whoever asks', async () => {
    await fileOf({ id: 'first', ifExists: 'unique', ttl: 60 }, { id: 'second', ifExists: 'append', ttl: 60 });
    await holdRecording(ports, 'first', true);
    now += 60_000;
    expect((await new Retention(ports).run()).deleted).toBe(0);
    await expect(deleteRecording(ports, 'second')).rejects.toMatchObject({ code: 'request.conflict' });
    await expect(deleteFile(ports, catalogue, SID)).rejects.toMatchObject({ code: 'request.conflict' });
    expect(await catalogue.get(SID)).not.toBeNull();
    expect(await stored()).toContain(nameOf('second'));
    await holdRecording(ports, 'first', false);
    expect(await deleteFile(ports, catalogue, SID)).toBe(true);
    expect([await isDeleted('first'), await isDeleted('second'), await stored()]).toEqual([true, true, []]);
  });

  it('that was overwritten while it was held is kept apart until the hold ends', async () => {
    await fileOf({ id: 'held', ifExists: 'unique', ttl: 60 }, { id: 'newer', ifExists: 'overwrite', ttl: 60 });
    await holdRecording(ports, 'held', true);
    await catalogue.removeRetired(SID);
    now += 60_000;
    expect((await new Retention(ports).run()).deleted).toBe(1);
    expect([await isDeleted('newer'), await stored()]).toEqual([true, [nameOf('held')]]);
    await holdRecording(ports, 'held', false);
    expect((await new Retention(ports).run()).deleted).toBe(1);
    expect(await stored()).toEqual([]);
  });
});

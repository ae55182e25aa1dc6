import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingRecord } from '#libs/recording-model';
import { MediaStore, mediaNamespace } from '#libs/storage';
import { renditionContent, SAMPLE_SPEC, sampleRecordingRecord, sampleRendition, seededBytes } from '#libs/testing';
import { createApplication } from '../applications.js';
import { deleteRecording } from '../delete-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import { keepingPorts } from '../spec-support/keeping-ports.js';
import { isReplaced } from './replaced-file.js';

let directory: string;
let store: MediaStore;
let ports: OrchestrationPorts;
let now = Date.parse('2026-03-01T10:00:00.000Z');

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recgate-replaced-'));
  store = new MediaStore({ root: directory });
});

afterAll(() => rm(directory, { recursive: true, force: true }));

beforeEach(async () => {
  ports = keepingPorts({ directory, store, now: () => now, warn: () => undefined });
  await createApplication(ports, { tenantId: 'tenant', name: 'x', vendor: 'sinch', settings: {} }, 'app');
});

/** An available recording under a name that the application chose. */
async function stored(id: string, location: string, name: string): Promise<RecordingRecord> {
  now += 1000;
  const at = new Date(now);
  const spec = { ...SAMPLE_SPEC, vendor: 'sinch', ifExists: 'overwrite' } as const;
  const record = sampleRecordingRecord({ id, vendor: 'sinch', spec, names: { key: name }, createdAt: at.toISOString() });
  const receipt = { location, url: location, etag: null, sizeBytes: 1, sha256: '00', verifiedBy: 'status', storedAt: at.toISOString() } as const;
  const rendition = { ...sampleRendition(spec), file: join(directory, `${id}.rendition`) };
  await ports.ledger.recordings.accept({ ...record, state: 'storing', rendition });
  const { record: placed } = await ports.ledger.recordings.transition(id, () => ({ to: 'available', at, patch: { receipt } }));
  return placed ?? record;
}

const inOwnStore = async (id: string): Promise<RecordingRecord> => {
  await store.put({
    target: { destination: SAMPLE_SPEC.destination, name: 'f/x.mp3', contentType: 'audio/mpeg' },
    secrets: {},
    content: renditionContent(seededBytes(100), 'audio/mpeg'),
    metadata: { tenant: 'tenant', application: 'app', recording: id },
    signal: new AbortController().signal,
    onUploadStarted: () => Promise.resolve(),
  });
  return stored(id, 'media://f/x.mp3', 'f/x.mp3');
};
const ownFiles = async () => (await store.list(mediaNamespace('tenant', 'app'))).map(({ name }) => name);

describe('a file that another recording was stored over', () => {
  it('stays when the one before it is deleted, and goes with its own', async () => {
    const [first, second] = [await inOwnStore('first'), await inOwnStore('second')];
    expect([await isReplaced(ports, first), await isReplaced(ports, second)]).toEqual([true, false]);
    expect((await deleteRecording(ports, 'first')).deletedAt).toBeDefined();
    expect(await ownFiles()).toEqual(['f/x.mp3']);
    await deleteRecording(ports, 'second');
    expect(await ownFiles()).toEqual([]);
  });

  it('is known in a bucket by what the ledger has of the name', async () => {
    const [first, second] = [await stored('a', 's3://b/x.mp3', 's3:b/x.mp3'), await stored('b', 's3://b/x.mp3', 's3:b/x.mp3')];
    const elsewhere = await stored('c', 's3://other/x.mp3', 's3:other/x.mp3');
    expect(await Promise.all([first, second, elsewhere].map((record) => isReplaced(ports, record)))).toEqual([true, false, false]);
  });
});

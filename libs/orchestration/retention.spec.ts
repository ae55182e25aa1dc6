import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingRecord, RecordingSpec, StorageReceipt } from '#libs/recording-model';
import { MediaStore, mediaNamespace } from '#libs/storage';
import { renditionContent, SAMPLE_SPEC, sampleRecordingRecord, sampleRendition, seededBytes } from '#libs/testing';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { startStrictS3, type StrictS3 } from '../storage/testing/index.js';
import { createApplication, deleteApplication } from './applications.js';
import { deleteRecording } from './delete-recording.js';
import { deletionDate } from './deletion-date.js';
import { OutboxRelay } from './outbox-relay.js';
import type { OrchestrationPorts } from './ports.js';
import { changeRetention, holdRecording, Retention } from './retention.js';
import { keepingPorts } from './spec-support/keeping-ports.js';

const START = Date.parse('2026-03-01T10:00:00.000Z');
const CREDENTIALS = { accessKeyId: 'AKIDRETENTION', secretAccessKey: 'retention-secret' };

let directory: string;
let s3: StrictS3;
let store: MediaStore;
let ports: OrchestrationPorts;
let now = START;
let warnings: string[] = [];

/** The virtual clock goes on by so many seconds. */
const pass = (seconds: number) => (now += seconds * 1000);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recgate-retention-'));
  s3 = await startStrictS3({ ...CREDENTIALS, buckets: ['calls'] });
  store = new MediaStore({ root: directory });
});

afterAll(async () => {
  await s3.close();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  now = START;
  warnings = [];
  ports = keepingPorts({ directory, store, now: () => now, warn: (message) => warnings.push(message) });
  await createApplication(ports, { tenantId: 'tenant', name: 'x', vendor: 'flexml', settings: {} }, 'app');
});

const sealedFor = (ownerId: string): string =>
  ports.vault.seal({ key: CREDENTIALS.accessKeyId, secret: CREDENTIALS.secretAccessKey }, { tenantId: 'tenant', ownerId });

/** An available recording whose file lies at its destination. */
async function stored(id: string, spec: Partial<RecordingSpec>, seconds: number | null): Promise<RecordingRecord> {
  const record = sampleRecordingRecord({
    id,
    spec: { ...SAMPLE_SPEC, ...spec },
    names: { fileSid: `sid-${id}` },
    sealedSecrets: sealedFor(id),
  });
  const target = VENDOR_ADAPTERS.flexml.nameObject(record, { applicationId: 'app', tenantId: 'tenant', settings: {}, secrets: {} });
  const receipt: StorageReceipt = await ports.stores[record.spec.destination.kind as 's3' | 'media-store'].put({
    target,
    secrets: { key: CREDENTIALS.accessKeyId, secret: CREDENTIALS.secretAccessKey },
    content: renditionContent(seededBytes(1000), 'audio/x-wav'),
    metadata: { tenant: 'tenant', application: 'app' },
    signal: new AbortController().signal,
    onUploadStarted: () => Promise.resolve(),
  });
  const own = record.spec.destination.kind === 'media-store';
  const placed = { ...receipt, storedAt: new Date(now).toISOString(), ...(own ? { location: `media://${target.name}` } : {}) };
  const rendition = { ...sampleRendition(record.spec), file: join(directory, `${id}.wav`) };
  await ports.ledger.recordings.accept({ ...record, state: 'storing', rendition });
  await ports.ledger.recordings.transition(id, () => ({ to: 'available', at: new Date(now), patch: { receipt: placed } }));
  return (await changeRetention(ports, id, seconds)) as RecordingRecord;
}

const S3: RecordingSpec['destination'] = {
  kind: 's3',
  bucket: 'calls',
  key: null,
  region: 'us-east-1',
  endpoint: null,
  addressing: 'path',
  accessKeyId: { secret: 'key' },
  secretAccessKey: { secret: 'secret' },
};

const inS3 = () => ({ ...S3, endpoint: s3.url });
const deletions = async (id: string) =>
  (await ports.ledger.recordings.events(id)).filter(({ name }) => name === 'recording.deleted').length;
const ownFiles = async () => (await store.list(mediaNamespace('tenant', 'app'))).map(({ name }) => name);

describe('retention', () => {
  it('deletes a file once its time is over, not before, once, and tells it', async () => {
    await stored('due', {}, 60);
    const retention = new Retention(ports);
    pass(59);
    expect(await retention.run()).toEqual({ deleted: 0, given_up: 0, others: 0 });
    expect((await ownFiles()).length).toBe(1);
    pass(1);
    expect(await retention.run()).toEqual({ deleted: 1, given_up: 0, others: 0 });
    expect(await ownFiles()).toEqual([]);
    pass(3600);
    expect(await retention.run()).toEqual({ deleted: 0, given_up: 0, others: 0 });
    expect(await deletions('due')).toBe(1);
    expect((await ports.ledger.recordings.get('due'))?.deletedAt).toBe(new Date(START + 60_000).toISOString());
  });

  it('keeps what a document or a request wants kept for ever', async () => {
    await stored('kept', {}, 60);
    await changeRetention(ports, 'kept', null);
    pass(10 ** 9);
    expect((await new Retention(ports).run()).deleted).toBe(0);
    expect((await ownFiles()).length).toBe(1);
    await deleteRecording(ports, 'kept');
  });

  it('leaves a held file alone, whoever wants it gone, and deletes it when the hold ends', async () => {
    await stored('held', {}, 60);
    await holdRecording(ports, 'held', true);
    pass(120);
    expect((await new Retention(ports).run()).deleted).toBe(0);
    await expect(deleteRecording(ports, 'held')).rejects.toThrow(/legal hold/);
    expect((await ownFiles()).length).toBe(1);
    await holdRecording(ports, 'held', false);
    expect((await new Retention(ports).run()).deleted).toBe(1);
    expect(await ownFiles()).toEqual([]);
  });

  it('deletes in an external store with the credentials of the document', async () => {
    await stored('external', { destination: inS3() }, 60);
    expect(s3.objects().length).toBe(1);
    pass(60);
    expect((await new Retention(ports).run()).deleted).toBe(1);
    expect(s3.objects().length).toBe(0);
  });

  it('gives up, and says so, where the credentials may not delete', async () => {
    await stored('denied', { destination: inS3() }, 60);
    pass(60);
    s3.faults.writeOnly = true;
    try {
      expect(await new Retention(ports).run()).toEqual({ deleted: 0, given_up: 1, others: 0 });
      expect((await new Retention(ports).run()).given_up).toBe(0);
    } finally {
      s3.faults.writeOnly = false;
    }
    expect(warnings).toContain('a recording whose time is over cannot be deleted');
    const denied = await ports.ledger.recordings.get('denied');
    expect([await deletions('denied'), denied?.deletedAt, denied?.deletion?.failure?.code]).toEqual([0, undefined, 'destination.denied']);
    await deleteRecording(ports, 'denied', 'everywhere');
  });

  it('tries again while a store is away', async () => {
    await stored('away', { destination: inS3() }, 60);
    pass(60);
    s3.faults.failNext = 100;
    try {
      expect(await new Retention(ports).run()).toEqual({ deleted: 0, given_up: 0, others: 0 });
    } finally {
      s3.faults.failNext = 0;
    }
    expect((await new Retention(ports).run()).deleted).toBe(0);
    pass(30);
    expect((await new Retention(ports).run()).deleted).toBe(1);
    expect(await deletions('away')).toBe(1);
  });

  it('deletes what was stored, whatever has become of settings and application since', async () => {
    const before = await stored('renamed', { destination: inS3() }, 60);
    await changeRetention(ports, 'renamed', null);
    await ports.ledger.recordings.accept({ ...before, id: 'by-receipt', names: { fileSid: 'another' }, sealedSecrets: sealedFor('by-receipt') });
    await deleteApplication(ports, 'app');
    pass(60);
    expect(await new Retention(ports).run()).toEqual({ deleted: 1, given_up: 0, others: 0 });
    expect(s3.objects().length).toBe(0);
  });

  it('of files whose store is away holds up no other', async () => {
    const away = { ...inS3(), endpoint: 'http://127.0.0.1:9' };
    const first = await stored('own', {}, 60);
    const receipt = first.receipt === null ? null : { ...first.receipt, location: 's3://calls/away.wav' };
    const deleteAt = new Date(START).toISOString();
    for (let index = 0; index < 1200; index++) {
      const id = `away-${index}`;
      const spec = { ...first.spec, destination: away };
      await ports.ledger.recordings.accept({ ...first, id, spec, receipt, deleteAt, sealedSecrets: sealedFor(id) });
    }
    pass(60);
    expect((await new Retention(ports).run()).deleted).toBe(1);
    expect(await ownFiles()).toEqual([]);
  });

  it('does not delete what somebody wants to keep at the last moment', async () => {
    await stored('patched', {}, 60);
    pass(60);
    const { recordings } = ports.ledger;
    const listed = await recordings.dueForDeletion(new Date(now), 10);
    recordings.dueForDeletion = () => Promise.resolve(listed);
    await changeRetention(ports, 'patched', null);
    expect((await new Retention(ports).run()).deleted).toBe(0);
    expect((await ownFiles()).length).toBe(1);
    await deleteRecording(ports, 'patched');
  });

  it('deletes once when many ask at the same time', async () => {
    await stored('race', {}, 60);
    await Promise.all(Array.from({ length: 10 }, () => deleteRecording(ports, 'race')));
    expect(await deletions('race')).toBe(1);
  });

  it('leaves what lies in a bucket of the customer alone when only the gateway\'s own copy is meant', async () => {
    await stored('own-scope', { destination: inS3() }, null);
    await deleteRecording(ports, 'own-scope');
    expect(s3.objects().length).toBe(1);
    expect(await deletions('own-scope')).toBe(1);
  });
});

describe('a recording that failed', () => {
  it('is kept no longer than others: what is left of it goes when the time is over', async () => {
    ports = { ...ports, settings: { ...ports.settings, retentionSeconds: 60 } };
    const at = new Date(now).toISOString();
    await ports.ledger.recordings.accept({ ...sampleRecordingRecord({ id: 'failed', updatedAt: at }), state: 'failed', receipt: null });
    const entry = { recordingId: 'failed', state: 'failed', entered: true, epoch: 0, eventSequences: [] } as const;
    await new OutboxRelay(ports).handle(entry);
    await new OutboxRelay(ports).handle(entry);
    expect((await ports.ledger.recordings.get('failed'))?.deleteAt).toBe(new Date(START + 60_000).toISOString());
    pass(60);
    expect((await new Retention(ports).run()).deleted).toBe(1);
    expect(await deletions('failed')).toBe(1);
  });
});

describe('a deletion that has begun', () => {
  /** Something that happens at the moment at which the file is removed. */
  const atRemoval = (happens: () => Promise<unknown>) => {
    const { files } = ports;
    if (files === undefined) throw new Error('there is an own store');
    ports = { ...ports, files: { ...files, delete: async (address) => (await happens(), files.delete(address)) } };
  };

  it('cannot be stopped any more by a hold, which is told so', async () => {
    await stored('race', {}, 60);
    let refusal: unknown;
    atRemoval(async () => {
      refusal = await Promise.all([holdRecording(ports, 'race', true), changeRetention(ports, 'race', null)]).catch((error: unknown) => error);
    });
    await deleteRecording(ports, 'race');
    expect(refusal).toMatchObject({ code: 'request.conflict' });
    await expect(holdRecording(ports, 'race', true)).rejects.toMatchObject({ code: 'request.conflict' });
    expect((await ports.ledger.recordings.get('race'))?.legalHold).toBeUndefined();
  });

  it('does not begin once the hold is there, and leaves the file', async () => {
    await stored('held-first', {}, 60);
    await holdRecording(ports, 'held-first', true);
    await expect(deleteRecording(ports, 'held-first', 'everywhere')).rejects.toMatchObject({ code: 'request.conflict' });
    expect((await ownFiles()).length).toBe(1);
    await holdRecording(ports, 'held-first', false);
    await deleteRecording(ports, 'held-first');
  });

  it('by a process that died before it could write that down is finished, and told once', async () => {
    await stored('crashed', {}, null);
    const { recordings } = ports.ledger;
    const transition = recordings.transition.bind(recordings);
    let moves = 0;
    recordings.transition = (id, decide) => (++moves === 2 ? Promise.reject(new Error('killed')) : transition(id, decide));
    await expect(deleteRecording(ports, 'crashed')).rejects.toThrow('killed');
    expect([await ownFiles(), await deletions('crashed')]).toEqual([[], 0]);
    expect((await new Retention(ports).run()).deleted).toBe(0);
    pass(30);
    expect((await new Retention(ports).run()).deleted).toBe(1);
    expect(await deletions('crashed')).toBe(1);
  });

  it('in vain leaves the recording as it was: it can be held and deleted again', async () => {
    await stored('vain', { destination: inS3() }, null);
    s3.faults.writeOnly = true;
    await expect(deleteRecording(ports, 'vain', 'everywhere')).rejects.toMatchObject({ code: 'destination.denied' });
    s3.faults.writeOnly = false;
    expect((await holdRecording(ports, 'vain', true))?.legalHold).toBe(true);
    await holdRecording(ports, 'vain', false);
    expect((await deleteRecording(ports, 'vain', 'everywhere')).deletedAt).toBeDefined();
  });
});

describe('deletionDate', () => {
  const application = (settings: Record<string, string>) => ({ applicationId: 'app', tenantId: 'tenant', settings, secrets: {} });
  const dateOf = (ttlSeconds: number | null, settings: Record<string, string>, own: number | null) =>
    deletionDate(
      { settings: { ...ports.settings, retentionSeconds: own } },
      { spec: { ...SAMPLE_SPEC, retention: ttlSeconds === null ? null : { ttlSeconds, action: 'delete' } } },
      application(settings),
      new Date(START),
    ).deleteAt;
  const after = (seconds: number) => new Date(START + seconds * 1000).toISOString();

  it('follows the document, then the application, then the gateway', () => {
    expect(dateOf(10, { retentionSeconds: '20' }, 30)).toBe(after(10));
    expect(dateOf(null, { retentionSeconds: '20' }, 30)).toBe(after(20));
    expect(dateOf(null, {}, 30)).toBe(after(30));
    expect(dateOf(null, {}, null)).toBeUndefined();
  });

  it('lets document and application keep files for ever', () => {
    expect(dateOf(-1, { retentionSeconds: '20' }, 30)).toBeUndefined();
    expect(dateOf(null, { retentionSeconds: '-1' }, 30)).toBeUndefined();
  });
});

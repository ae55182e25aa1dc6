import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileCallMedia, createSpool, WavFile, type Spool } from '#libs/capture';
import { createInlineEncoder } from '#libs/encoding';
import { createMemoryLedger } from '#libs/ledger';
import { goertzelPower, writeTone, writeWavHeader } from '#libs/media';
import {
  RecgateError,
  type CaptureResult,
  type FileMediaFactory,
  type RecordingRecord,
  type RecordingSpec,
} from '#libs/recording-model';
import { createDocumentSigner, createSecretVault, newMasterKey } from '#libs/secrets';
import { createObjectStores, MediaStore } from '#libs/storage';
import { createMetrics } from '#libs/telemetry';
import { SAMPLE_SPEC, sampleRecordingRecord, seededIdSource } from '#libs/testing';
import { VENDOR_ADAPTERS } from '#libs/vendor-adapters';
import { captureFile } from './capture-file.js';
import type { OrchestrationPorts } from './ports.js';

const NOW = new Date('2026-03-01T10:00:00.000Z');
const RATE = 8000;
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

let directory: string;
let spool: Spool;
let ports: OrchestrationPorts;
let counter = 0;

/** Uploads of the test: `<directory>/uploads/<recording id>`. */
const files: FileMediaFactory = {
  open({ recordingId, callRef, endedAt }) {
    const audio = WavFile.open(join(directory, 'uploads', recordingId));
    const durationMs = Math.ceil((audio.samples * 1000) / audio.sampleRate);
    const listener = { keyPressed: () => undefined, advanced: () => undefined, mediaTimedOut: () => undefined };
    const startTime = new Date(endedAt.getTime() - durationMs);
    const media = createFileCallMedia({ callRef, caller: audio, startTime, spool, listener });
    return Promise.resolve({
      media,
      durationMs,
      advanceTo: (mediaTimeMs) => media.advanceTo(mediaTimeMs),
      close: () => media.close().finally(() => audio.close()),
    });
  },
  discard: (recordingId) => rm(join(directory, 'uploads', recordingId), { force: true }),
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recgate-capture-file-'));
  await mkdir(join(directory, 'uploads'));
  spool = createSpool({ directory: join(directory, 'spool'), durable: false });
  const unused = () => Promise.reject(new Error('not part of this stage'));
  ports = {
    ledger: createMemoryLedger(),
    work: { enqueueStage: unused, enqueueDelivery: unused },
    vault: createSecretVault({ ...newMasterKey(), previousKeys: [] }),
    clock: { now: () => NOW },
    ids: seededIdSource(1),
    adapters: VENDOR_ADAPTERS,
    spools: spool,
    encoder: createInlineEncoder(),
    stores: createObjectStores({ mediaStore: new MediaStore({ root: join(directory, 'media') }) }),
    sender: { send: unused, next: () => ({ kind: 'exhausted' }) },
    signer: createDocumentSigner(newMasterKey()),
    contentOf: () => {
      throw new Error('not part of this test');
    },
    settings: {
      storeManifests: false,
      renditionDirectory: join(directory, 'renditions'),
      peaksDirectory: join(directory, 'peaks'),
      keepRenditions: false,
      stuckAfterMs: 1000,
      retentionSeconds: null,
      transcriptionTimeoutMs: 60_000,
      attemptTimeoutMs: 1000,
    },
    log: QUIET,
    metrics: createMetrics(),
  };
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** A WAV of the tone (0: silence), mono, 8 kHz. */
function wav(seconds: number, frequencyHz: number): Buffer {
  const samples = new Int16Array(Math.round(seconds * RATE));
  if (frequencyHz > 0)
    writeTone(samples, 0, samples.length, { frequencyHz, sampleRate: RATE, amplitude: 8000, startSample: 0 });
  return Buffer.concat([
    writeWavHeader({ codec: 'pcm16', sampleRate: RATE, channels: 1, samples: samples.length }),
    new Uint8Array(samples.buffer),
  ]);
}

async function uploaded(
  bytes: Uint8Array,
  spec: Partial<RecordingSpec> = {},
  change: Partial<RecordingRecord> = {},
): Promise<string> {
  const id = `file${(counter += 1)}`;
  await writeFile(join(directory, 'uploads', id), bytes);
  const record = sampleRecordingRecord({
    id,
    source: { kind: 'upload' },
    spec: { ...SAMPLE_SPEC, ...spec },
    createdAt: NOW.toISOString(),
    ...change,
  });
  await ports.ledger.recordings.accept(record);
  return id;
}

async function recordOf(id: string): Promise<RecordingRecord> {
  const record = await ports.ledger.recordings.get(id);
  if (record === null) throw new Error(`no recording ${id}`);
  return record;
}

const eventNames = async (id: string) => (await ports.ledger.recordings.events(id)).map(({ name }) => name);
const uploads = () => readdir(join(directory, 'uploads'));

async function audioOf(id: string, capture: CaptureResult): Promise<Int16Array> {
  const blocks: number[] = [];
  for await (const block of (await spool.open(id, capture)).blocks()) blocks.push(...block);
  return Int16Array.from(blocks);
}

describe('capture of a finished file', () => {
  it('plays it through to its end, as a call that is over', async () => {
    const id = await uploaded(wav(3, 1000));
    expect(await captureFile(ports, id, files)).toBe('done');
    const record = await recordOf(id);
    expect(record).toMatchObject({ state: 'captured', callState: 'ended', callDurationMs: 3000 });
    expect(record.capture).toMatchObject({
      reason: 'hangup',
      capturedSamples: 24_000,
      containsSound: true,
      startedAt: '2026-03-01T09:59:57.000Z',
      endedAt: '2026-03-01T10:00:00.000Z',
    });
    expect(await eventNames(id)).toEqual(['recording.started', 'recording.finished']);
    expect(await uploads()).not.toContain(id);
    const audio = await audioOf(id, record.capture as CaptureResult);
    expect(goertzelPower(audio, 0, audio.length, 1000, RATE)).toBeGreaterThan(
      100 * goertzelPower(audio, 0, audio.length, 1700, RATE),
    );
  });

  it('ends where the spec says, before the end of the file', async () => {
    const id = await uploaded(wav(3, 440), { maxDurationMs: 1250 });
    expect(await captureFile(ports, id, files)).toBe('done');
    expect((await recordOf(id)).capture).toMatchObject({ reason: 'maxDuration', capturedSamples: 10_000 });
  });

  it('discards what is shorter than the minimum', async () => {
    const id = await uploaded(wav(1, 440), { minDurationMs: 2000 });
    expect(await captureFile(ports, id, files)).toBe('done');
    expect((await recordOf(id)).state).toBe('discarded');
  });

  it('is absent when there was never a sound to begin with', async () => {
    const id = await uploaded(wav(2, 0), { start: 'onFirstSound' });
    expect(await captureFile(ports, id, files)).toBe('done');
    expect((await recordOf(id)).state).toBe('absent');
    expect(await eventNames(id)).toEqual(['recording.absent']);
  });

  it.each([
    ['text in place of audio', Buffer.from('not a RIFF file at all, only text'), 'media.format'],
    ['an empty file', Buffer.alloc(0), 'media.none'],
    ['a WAV without samples', wav(0, 0), 'media.none'],
    ['a WAV that was cut off', wav(1, 440).subarray(0, 4000), 'media.format'],
  ])('fails with %s, and says so in an event', async (_what, bytes, code) => {
    const id = await uploaded(bytes);
    expect(await captureFile(ports, id, files)).toBe('failed');
    const { state, failure } = await recordOf(id);
    expect({ state, failure }).toMatchObject({ state: 'failed', failure: { code, stage: 'capture', blame: 'media' } });
    expect(await eventNames(id)).toEqual(['recording.failed']);
    expect(await uploads()).not.toContain(id);
  });

  it('fails when the file shrinks while it is read', async () => {
    const id = await uploaded(wav(60, 440));
    const shrinking: FileMediaFactory = {
      ...files,
      async open(request) {
        const call = await files.open(request);
        await writeFile(join(directory, 'uploads', id), wav(60, 440).subarray(0, 50_000));
        return call;
      },
    };
    expect(await captureFile(ports, id, shrinking)).toBe('failed');
    expect((await recordOf(id)).failure).toMatchObject({ code: 'media.lost', stage: 'capture' });
    expect((await spool.list()).map(({ recordingId }) => recordingId)).not.toContain(id);
  });

  it('refuses a destination that the document describes wrongly', async () => {
    const id = await uploaded(wav(1, 440), { destination: { kind: 'none', reason: 'invalid: no bucket' } });
    expect(await captureFile(ports, id, files)).toBe('failed');
    expect((await recordOf(id)).failure).toMatchObject({ code: 'destination.incomplete', message: 'no bucket' });
  });

  it('waits for another try while the file cannot be fetched, and fails with the last one', async () => {
    const away: FileMediaFactory = {
      ...files,
      open: () => Promise.reject(new RecgateError('outbound.failed', 'no answer')),
    };
    const id = await uploaded(wav(1, 440), {}, { source: { kind: 'url', url: 'https://files.example.com/a.wav' } });
    await expect(captureFile(ports, id, away, false)).rejects.toThrow('no answer');
    expect((await recordOf(id)).state).toBe('armed');
    expect(await captureFile(ports, id, away, true)).toBe('failed');
    expect((await recordOf(id)).failure).toMatchObject({ code: 'outbound.failed', blame: 'destination' });
  });

  it('waits for another try while its own disk takes nothing, and keeps the file', async () => {
    const bytes = wav(3, 440);
    const id = await uploaded(bytes);
    await writeFile(join(directory, 'full'), 'no directory');
    const broken = createSpool({ directory: join(directory, 'full') });
    const listener = { keyPressed: () => undefined, advanced: () => undefined, mediaTimedOut: () => undefined };
    const onFullDisk: FileMediaFactory = {
      ...files,
      async open(request) {
        const call = await files.open(request);
        const caller = WavFile.open(join(directory, 'uploads', id));
        const media = createFileCallMedia({ callRef: 'full', caller, startTime: NOW, spool: broken, listener });
        return { ...call, media, advanceTo: (at) => media.advanceTo(at), close: () => media.close().finally(() => call.close()) };
      },
    };
    await expect(captureFile(ports, id, onFullDisk, false)).rejects.toThrow('spool');
    expect((await recordOf(id)).failure).toBeNull();
    expect(await captureFile(ports, id, files)).toBe('done');
    expect((await recordOf(id)).capture).toMatchObject({ capturedSamples: 24_000 });
    expect(await eventNames(id)).toEqual(['recording.started', 'recording.finished']);
  });

  it('starts again after a worker died, with the same result', async () => {
    const bytes = wav(3, 440);
    const id = await uploaded(bytes);
    const dying: FileMediaFactory = {
      ...files,
      open: (request) => files.open(request).then(() => new Promise(() => undefined)),
    };
    void captureFile(ports, id, dying);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await captureFile(ports, id, files)).toBe('done');
    expect((await recordOf(id)).capture).toMatchObject({ capturedSamples: 24_000 });
    expect(await eventNames(id)).toEqual(['recording.started', 'recording.finished']);
  });

  it('writes nothing more once another worker has taken over', async () => {
    const id = await uploaded(wav(2, 440));
    const other: FileMediaFactory = {
      ...files,
      async open(request) {
        const call = await files.open(request);
        await ports.ledger.recordings.transition(id, (current) => ({ to: current.state, at: NOW, beginsStage: true }));
        return call;
      },
    };
    expect(await captureFile(ports, id, other)).toBe('superseded');
    expect(await recordOf(id)).toMatchObject({ state: 'armed', capture: null, epoch: 2 });
    expect(await uploads()).toContain(id);
  });

  it('leaves alone what is captured already, what is a call, and what is not there', async () => {
    const id = await uploaded(wav(1, 440));
    await captureFile(ports, id, files);
    expect(await captureFile(ports, id, files)).toBe('superseded');
    await ports.ledger.recordings.accept(sampleRecordingRecord({ id: 'live' }));
    expect(await captureFile(ports, 'live', files)).toBe('superseded');
    expect(await captureFile(ports, 'nowhere', files)).toBe('superseded');
  });
});

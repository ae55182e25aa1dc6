import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { CaptureResult, RecordingFormat, Rendition } from '#libs/recording-model';
import { countedBlock, testHeader, testResult } from '../../testing/counted-audio.js';
import { inTemporaryDirectory } from '../../testing/temporary-directory.js';
import { createSpool, type Spool, type SpoolOptions } from '../spool.js';
import type { SpoolWriter } from '../spool-writer.js';
import type { GrowingRendition, GrowingRenditionJob, SettledRange } from './growing-rendition.js';

const RATE = 8000;
const FORMAT: RecordingFormat = { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' };
const HEADER = testHeader('rec1');
const PLAIN_FILES = ['audio.segments', 'header.json'];

/** A rendition that is simply the samples, so that a test sees which ones it was given. */
function rawRendition({ outputFile, audio }: GrowingRenditionJob): GrowingRendition {
  const parts: Buffer[] = [];
  writeFileSync(`${outputFile}.part`, '');
  const clear = () => rm(`${outputFile}.part`, { force: true });
  return {
    push: async (samples) => void parts.push(Buffer.from(Int16Array.from(samples).buffer)),
    finish: async (samples): Promise<Rendition> => {
      await writeFile(outputFile, Buffer.concat(parts));
      await clear();
      const checksums = { sizeBytes: 0, sha256: '', md5: '', crc32c: '' };
      return { file: outputFile, ...checksums, contentType: 'raw', samples, ...audio, durationMs: 0 };
    },
    drop: clear,
  };
}

interface Case {
  readonly directory: string;
  readonly spool: Spool;
  readonly writer: SpoolWriter;
  /** What the engine would say is settled; null at first. */
  settled: SettledRange | null;
}

function whileRecording(work: (it: Case) => Promise<void>, options: Partial<SpoolOptions> = {}): Promise<void> {
  return inTemporaryDirectory(async (directory) => {
    const spool = createSpool({ directory, follow: rawRendition, segmentMs: 500, maxBacklogMs: 60_000, ...options });
    const it: { settled: SettledRange | null } = { settled: null };
    const follow = { format: FORMAT, settled: () => it.settled };
    const writer = spool.begin({ header: HEADER, mediaTimeMs: () => 0, onFailure: () => undefined, follow });
    await work(Object.assign(it, { directory, spool, writer }));
  });
}

/** Appends the seconds from `from` to `to` of the counted audio and waits until the disk has them. */
async function speak(writer: SpoolWriter, from: number, to: number): Promise<void> {
  for (let second = from; second < to; second++) writer.append(countedBlock(second * RATE, RATE, 2), 0, RATE);
  await writer.drained();
}

function take({ spool, directory }: Case, capture: CaptureResult, format = FORMAT): Promise<Rendition | null> {
  return spool.takeFollowed({ recordingId: 'rec1', capture, format, outputFile: join(directory, 'taken') });
}

function samplesTaken(directory: string): Buffer {
  return readFileSync(join(directory, 'taken'));
}

function counted(from: number, to: number): Buffer {
  const [left, right] = countedBlock(from, to - from, 2);
  const both = Int16Array.from({ length: (to - from) * 2 }, (_, i) => (i % 2 === 0 ? left : right)?.[i >> 1] ?? 0);
  return Buffer.from(both.buffer);
}

const spoolFiles = (directory: string): string[] => readdirSync(join(directory, 'rec1')).sort();

describe('a spool that is followed', () => {
  it('gives the rendition every sample between the trim marks, once', () =>
    whileRecording(async (it) => {
      const [from, end] = [12_345, 33 * RATE + 77];
      it.settled = { from, to: 17 * RATE + 5 };
      await speak(it.writer, 0, 20);
      it.settled = { from, to: 31 * RATE };
      await speak(it.writer, 20, 35);
      const capture = testResult(HEADER, 35 * RATE, { trimLeadingSamples: from, trimTrailingSamples: 35 * RATE - end });
      await it.writer.finish(capture);
      expect(await take(it, capture)).toMatchObject({ samples: end - from, contentType: FORMAT.contentType, file: join(it.directory, 'taken') });
      expect(samplesTaken(it.directory).equals(counted(from, end))).toBe(true);
      expect(await take(it, capture)).toBeNull();
    }));

  it.each([
    ['the beginning was guessed wrong', { trimLeadingSamples: 100 }],
    ['more was cut off than was thought', { trimTrailingSamples: 25 * RATE }],
  ])('throws the rendition away when %s', (_why, change) =>
    whileRecording(async (it) => {
      it.settled = { from: 0, to: 20 * RATE };
      await speak(it.writer, 0, 30);
      const capture = testResult(HEADER, 30 * RATE, change);
      await it.writer.finish(capture);
      expect(await take(it, capture)).toBeNull();
      expect(spoolFiles(it.directory)).toEqual(PLAIN_FILES);
    }),
  );

  it.each([
    ['another bitrate', { bitrateKbps: 32 }, {}],
    ['another stretch of it', {}, { trimTrailingSamples: 1 }],
  ])('gives it to nobody who wants %s', (_what, format, change) =>
    whileRecording(async (it) => {
      it.settled = { from: 0, to: 20 * RATE };
      await speak(it.writer, 0, 30);
      const capture = testResult(HEADER, 30 * RATE);
      await it.writer.finish(capture);
      expect(await take(it, { ...capture, ...change }, { ...FORMAT, ...format })).toBeNull();
      expect(spoolFiles(it.directory)).toEqual(PLAIN_FILES);
    }),
  );

  it('is in doubt when the audio cannot be read, and leaves the recording alone', () =>
    whileRecording(
      async (it) => {
        it.settled = { from: 0, to: 20 * RATE };
        await speak(it.writer, 0, 30);
        const capture = testResult(HEADER, 30 * RATE);
        await it.writer.finish(capture);
        expect(await take(it, capture)).toBeNull();
        expect(spoolFiles(it.directory)).toEqual(PLAIN_FILES);
      },
      { transform: { seal: (payload) => payload, open: () => { throw new Error('no key'); } } },
    ));

  it('ends with a recording that is given up, and with its spool', () =>
    whileRecording(async (it) => {
      it.settled = { from: 0, to: 20 * RATE };
      await speak(it.writer, 0, 30);
      await it.writer.abandon();
      await it.spool.delete('rec1');
      expect(readdirSync(it.directory)).toEqual([]);
    }));

  it('is not begun for a recording that stays short', () =>
    whileRecording(async (it) => {
      it.settled = { from: 0, to: 9 * RATE };
      await speak(it.writer, 0, 12);
      expect(spoolFiles(it.directory)).toEqual(PLAIN_FILES);
      await it.writer.finish(testResult(HEADER, 12 * RATE));
    }));
});

describe('what another process left of following', () => {
  it('is removed when the spool is recovered', () =>
    whileRecording(async (it) => {
      await speak(it.writer, 0, 2);
      await it.writer.abandon();
      writeFileSync(join(it.directory, 'rec1', 'followed.rendition.0badcafe.part'), 'half');
      expect(await createSpool({ directory: it.directory }).recover('rec1')).toMatchObject({ capturedSamples: 2 * RATE });
      expect(spoolFiles(it.directory)).toEqual(PLAIN_FILES);
    }));

  it('is waited for while it is being finished', () =>
    whileRecording(async (it) => {
      it.settled = { from: 0, to: 20 * RATE };
      await speak(it.writer, 0, 30);
      const capture = testResult(HEADER, 30 * RATE);
      const elsewhere = createSpool({ directory: it.directory });
      const taken = elsewhere.takeFollowed({ recordingId: 'rec1', capture, format: FORMAT, outputFile: join(it.directory, 'taken') });
      await it.writer.finish(capture);
      expect(await taken).toMatchObject({ samples: 30 * RATE });
      expect(samplesTaken(it.directory).equals(counted(0, 30 * RATE))).toBe(true);
    }));

  it('that cannot be read is as good as nothing', () =>
    whileRecording(async (it) => {
      mkdirSync(join(it.directory, 'rec1'), { recursive: true });
      writeFileSync(join(it.directory, 'rec1', 'followed.json'), '{"half');
      expect(await take(it, testResult(HEADER, RATE))).toBeNull();
      await it.writer.abandon();
    }));
});

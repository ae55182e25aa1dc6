import { describe, it, expect } from '@jest/globals';
import fc from 'fast-check';
import { once } from 'node:events';
import { mkdir, readFile, writeFile, copyFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { countedBlock, readAll, testHeader, testResult, wrongSamples } from '../testing/counted-audio.js';
import { inTemporaryDirectory } from '../testing/temporary-directory.js';
import { startTypescript } from '../testing/typescript-child.js';
import { createSpool, type Spool } from './spool.js';

const CHILD = 'libs/capture/testing/spool-writing.child.ts';
const FRAME_BYTES = 32 + 400 * 4;

async function writeUnfinished(spool: Spool, recordingId: string, samples: number): Promise<void> {
  const writer = spool.begin({ header: testHeader(recordingId), mediaTimeMs: () => 1000 + writer.samples / 8, onFailure: () => undefined });
  writer.append(countedBlock(0, samples, 2), 0, samples);
  writer.flush();
  await writer.drained();
  await writer.abandon();
}

/** Puts the bytes in the place of a recording's audio, as a crash might have left them. */
async function plant(directory: string, from: string, recordingId: string, audio: Uint8Array): Promise<void> {
  await mkdir(join(directory, recordingId), { recursive: true });
  await copyFile(join(directory, from, 'header.json'), join(directory, recordingId, 'header.json'));
  await writeFile(join(directory, recordingId, 'audio.segments'), audio);
}

async function recoveredSamples(spool: Spool, recordingId: string): Promise<number> {
  const result = await spool.recover(recordingId);
  if (result === null) return 0;
  expect(result.reason).toBe('interrupted');
  const audio = await readAll(await spool.open(recordingId, result));
  expect(wrongSamples(audio)).toBe(0);
  return result.capturedSamples;
}

describe('recovery', () => {
  it('keeps every whole segment wherever the file is cut off', async () => {
    await inTemporaryDirectory(async (directory) => {
      const spool = createSpool({ directory, segmentMs: 50, durable: false });
      await writeUnfinished(spool, 'source', 4_000);
      const audio = await readFile(join(directory, 'source', 'audio.segments'));
      expect(audio.length).toBe(10 * FRAME_BYTES);
      const cuts = fc.oneof(fc.integer({ min: 0, max: audio.length }), fc.integer({ min: 8 * FRAME_BYTES, max: audio.length }));
      await fc.assert(
        fc.asyncProperty(cuts, async (cut) => {
          await plant(directory, 'source', 'cut', audio.subarray(0, cut));
          expect(await recoveredSamples(spool, 'cut')).toBe(Math.floor(cut / FRAME_BYTES) * 400);
          expect(await spool.list()).toContainEqual(expect.objectContaining({ recordingId: 'cut', complete: cut >= FRAME_BYTES }));
        }),
        { numRuns: 200 },
      );
    });
  });

  it('finds the end of the audio at every single byte of the last segment', async () => {
    await inTemporaryDirectory(async (directory) => {
      const spool = createSpool({ directory, segmentMs: 5, durable: false });
      await writeUnfinished(spool, 'source', 160);
      const audio = await readFile(join(directory, 'source', 'audio.segments'));
      const frame = 32 + 40 * 4;
      expect(audio.length).toBe(4 * frame);
      for (let cut = 2 * frame; cut <= audio.length; cut++) {
        await plant(directory, 'source', 'cut', audio.subarray(0, cut));
        expect(await recoveredSamples(spool, 'cut')).toBe(Math.floor(cut / frame) * 40);
      }
    });
  });

  it('finds any flipped bit and keeps everything outside the flipped segment', async () => {
    await inTemporaryDirectory(async (directory) => {
      const spool = createSpool({ directory, segmentMs: 50, durable: false });
      await writeUnfinished(spool, 'source', 4_000);
      const audio = await readFile(join(directory, 'source', 'audio.segments'));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: audio.length - 1 }), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
          const flipped = Buffer.from(audio);
          flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
          await plant(directory, 'source', 'flip', flipped);
          const damaged = Math.floor(at / FRAME_BYTES);
          const result = await spool.recover('flip');
          expect(result?.capturedSamples).toBe(damaged === 9 ? 3_600 : 4_000);
          if (result === null) return;
          const channels = await readAll(await spool.open('flip', result));
          expect(wrongSamples(channels.map((channel) => channel.subarray(0, damaged * 400)))).toBe(0);
          expect(channels[0]?.subarray(damaged * 400, (damaged + 1) * 400).every((sample) => sample === 0)).toBe(true);
          expect(wrongSamples(channels.map((channel) => channel.subarray((damaged + 1) * 400)), (damaged + 1) * 400)).toBe(0);
        }),
        { numRuns: 150 },
      );
    });
  });

  it('gives the same result when it is repeated, and leaves a finished spool alone', async () => {
    await inTemporaryDirectory(async (directory) => {
      const spool = createSpool({ directory, segmentMs: 50 });
      await writeUnfinished(spool, 'crashed', 1_000);
      const first = await spool.recover('crashed');
      expect(await spool.recover('crashed')).toEqual(first);
      expect(first).toMatchObject({ capturedSamples: 1_000, mediaStartMs: 1000, mediaEndMs: 1125, startedAt: '2026-03-01T10:00:00.000Z', endedAt: '2026-03-01T10:00:00.125Z' });
      const header = testHeader('finished');
      const writer = spool.begin({ header, mediaTimeMs: () => 0, onFailure: () => undefined });
      writer.append(countedBlock(0, 100, 2), 0, 100);
      await writer.finish(testResult(header, 100));
      expect(await spool.recover('finished')).toEqual(testResult(header, 100));
    });
  });

  it('has nothing to keep without header, without audio, and for a recording it never saw', async () => {
    await inTemporaryDirectory(async (directory) => {
      const spool = createSpool({ directory });
      await writeUnfinished(spool, 'whole', 800);
      await plant(directory, 'whole', 'empty', new Uint8Array(0));
      await plant(directory, 'whole', 'headless', await readFile(join(directory, 'whole', 'audio.segments')));
      await writeFile(join(directory, 'headless', 'header.json'), '{"version":1,"sampleRa');
      for (const id of ['empty', 'headless', 'unknown']) expect(await spool.recover(id)).toBeNull();
    });
  });
});

describe('a process that dies by SIGKILL while writing', () => {
  it('loses at most the last second', async () => {
    await inTemporaryDirectory(async (directory) => {
      const child = startTypescript(CHILD, [directory, 'killed']);
      const written = await samplesUntil(child, (samples) => samples >= 20_000);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const spool = createSpool({ directory });
      const kept = await recoveredSamples(spool, 'killed');
      expect(written() - kept).toBeLessThanOrEqual(8_000);
      expect(kept).toBeGreaterThan(0);
    });
  });
});

describe('a full disk', () => {
  it('fails the recording and keeps what was written before', async () => {
    await inTemporaryDirectory(async (directory) => {
      const full = mountSmallDisk(directory);
      try {
        const child = startTypescript(CHILD, [full.directory, 'full', '8'], full.shell === null ? {} : { shell: full.shell });
        let output = '';
        child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
        await once(child, 'exit');
        expect(output).toMatch(/failed gateway\.internal The disk of the spool is full/);
        const kept = createSpool({ directory: full.directory });
        expect(await recoveredSamples(kept, 'full')).toBeGreaterThan(4_000);
      } finally {
        full.unmount();
      }
    });
  });
});

/** A disk of 256 KiB where mounting is allowed; otherwise a limit of the same size on the files of the child. */
function mountSmallDisk(directory: string): { directory: string; shell: string | null; unmount: () => void } {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory], { stdio: 'ignore' });
    return { directory, shell: null, unmount: () => execFileSync('umount', [directory]) };
  } catch {
    return { directory, shell: 'ulimit -f 256;', unmount: () => undefined };
  }
}

async function samplesUntil(child: ChildProcess, enough: (samples: number) => boolean): Promise<() => number> {
  let latest = 0;
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The writing process ended by itself')));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      latest = Number(lines.at(-1) ?? latest);
      if (enough(latest)) resolve();
    });
  });
  return () => latest;
}

import { describe, it, expect } from '@jest/globals';
import { readFile, writeFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecgateError } from '#libs/recording-model';
import { countedBlock, readAll, testHeader, testResult, wrongSamples } from '../testing/counted-audio.js';
import { inTemporaryDirectory } from '../testing/temporary-directory.js';
import { createSpool, type Spool, type SpoolOptions } from './spool.js';
import type { SpoolDamage } from './spool-source.js';

const RECORDING = 'rec_01';

async function record(spool: Spool, samples: number, channels: 1 | 2 = 2, finish = true): Promise<void> {
  const header = testHeader(RECORDING, { channels });
  const failures: RecgateError[] = [];
  const writer = spool.begin({ header, mediaTimeMs: () => 1000 + writer.samples / 8, onFailure: (error) => failures.push(error) });
  for (let at = 0; at < samples; at += 333) {
    const count = Math.min(333, samples - at);
    writer.append(countedBlock(at, count, channels), 0, count);
    if (at % 7 === 0) await writer.drained();
  }
  if (finish) await writer.finish(testResult(header, samples));
  else await writer.abandon();
  expect(failures).toEqual([]);
}

function withSpool(work: (spool: Spool, directory: string) => Promise<void>, options: Partial<SpoolOptions> = {}): Promise<void> {
  return inTemporaryDirectory((directory) => work(createSpool({ directory, ...options }), directory));
}

describe('the spool', () => {
  it.each([1, 2] as const)('gives back every sample of %i channel(s), to the last', async (channels) => {
    await withSpool(async (spool) => {
      await record(spool, 21_234, channels);
      const source = await spool.open(RECORDING, testResult(testHeader(RECORDING, { channels }), 21_234));
      expect(source.samples).toBe(21_234);
      expect(wrongSamples(await readAll(source))).toBe(0);
      expect(await spool.list()).toEqual([{ recordingId: RECORDING, complete: true, samples: 21_234 }]);
    });
  });

  it('leaves out what was trimmed', async () => {
    await withSpool(async (spool) => {
      await record(spool, 20_000);
      const trimmed = testResult(testHeader(RECORDING), 20_000, { trimLeadingSamples: 4_321, trimTrailingSamples: 5_678 });
      const audio = await readAll(await spool.open(RECORDING, trimmed));
      expect(audio[0]?.length).toBe(20_000 - 4_321 - 5_678);
      expect(wrongSamples(audio, 4_321)).toBe(0);
    });
  });

  it('deletes a recording, and again', async () => {
    await withSpool(async (spool, directory) => {
      await record(spool, 8_000);
      await spool.delete(RECORDING);
      await spool.delete(RECORDING);
      expect(await readdir(directory)).toEqual([]);
      await expect(spool.open(RECORDING, testResult(testHeader(RECORDING), 8_000))).rejects.toMatchObject({ code: 'media.lost' });
    });
  });

  it('refuses ids that lead out of its directory', async () => {
    await withSpool(async (spool) => {
      for (const id of ['../other', 'a/b', '', '.', '..', 'a\0b']) {
        await expect(spool.delete(id)).rejects.toMatchObject({ code: 'request.invalid' });
      }
    });
  });

  it('says that audio is lost when the file is shorter than the capture', async () => {
    await withSpool(async (spool) => {
      await record(spool, 8_000);
      await expect(spool.open(RECORDING, testResult(testHeader(RECORDING), 8_001))).rejects.toMatchObject({ code: 'media.lost' });
    });
  });

  it('refuses a second writer and the recovery of a recording that is being written', async () => {
    await withSpool(async (spool) => {
      const beginning = { header: testHeader(RECORDING), mediaTimeMs: () => 0, onFailure: () => undefined };
      const writer = spool.begin(beginning);
      expect(() => spool.begin(beginning)).toThrow(expect.objectContaining({ code: 'request.conflict' }));
      await expect(spool.recover(RECORDING)).rejects.toMatchObject({ code: 'request.conflict' });
      await writer.abandon();
    });
  });

  it('keeps nothing readable on disk when a transform seals the segments', async () => {
    const flip = (bytes: Uint8Array, sequence: number): Uint8Array => Uint8Array.from([...bytes, 0], (byte) => byte ^ (0x5a + sequence));
    const transform = {
      seal: (payload: Uint8Array, { sequence }: { sequence: number }) => flip(payload, sequence),
      open: (payload: Uint8Array, { sequence }: { sequence: number }) => flip(payload, sequence).subarray(0, payload.length - 1),
    };
    await withSpool(
      async (spool, directory) => {
        await record(spool, 9_000);
        const source = await spool.open(RECORDING, testResult(testHeader(RECORDING), 9_000));
        expect(wrongSamples(await readAll(source))).toBe(0);
        const stored = await readFile(join(directory, RECORDING, 'audio.segments'));
        expect(stored.includes(Buffer.from('capturedSamples'))).toBe(false);
        expect(await spool.recover(RECORDING)).toMatchObject({ reason: 'hangup', capturedSamples: 9_000 });
      },
      { transform },
    );
  });

  it('fails honestly when the disk cannot keep pace', async () => {
    await withSpool(
      async (spool) => {
        const failures: RecgateError[] = [];
        const header = testHeader(RECORDING);
        const writer = spool.begin({ header, mediaTimeMs: () => 0, onFailure: (error) => failures.push(error) });
        // Six seconds at once, before the event loop gives the disk a chance.
        writer.append(countedBlock(0, 48_000, 2), 0, 48_000);
        writer.append(countedBlock(48_000, 8_000, 2), 0, 8_000);
        expect(failures).toHaveLength(1);
        expect(failures[0]).toMatchObject({ code: 'gateway.internal', message: expect.stringContaining('too slow') });
        await expect(writer.finish(testResult(header, 56_000))).rejects.toMatchObject({ code: 'gateway.internal' });
      },
      { maxBacklogMs: 5_000 },
    );
  });
});

describe('a spool with damage in the middle', () => {
  it('is read with silence in place of the damaged segment, and says so', async () => {
    const damage: SpoolDamage[] = [];
    await withSpool(
      async (spool, directory) => {
        await record(spool, 20_000);
        const file = join(directory, RECORDING, 'audio.segments');
        const bytes = await readFile(file);
        bytes[20_000] = (bytes[20_000] ?? 0) ^ 0x10;
        await writeFile(file, bytes);
        const audio = await readAll(await spool.open(RECORDING, testResult(testHeader(RECORDING), 20_000)));
        expect(damage).toEqual([{ recordingId: RECORDING, fromSample: 4_000, samples: 4_000 }]);
        const outside = audio.map((channel) => channel.filter((_sample, at) => at < 4_000));
        expect(wrongSamples(outside)).toBe(0);
        expect(audio[0]?.subarray(4_000, 8_000).every((sample) => sample === 0)).toBe(true);
        expect(wrongSamples(audio.map((channel) => channel.subarray(8_000)), 8_000)).toBe(0);
      },
      { onDamage: (entry) => damage.push(entry) },
    );
  });
});

describe('the files of a spool', () => {
  it('are readable by their owner only', async () => {
    await withSpool(async (spool, directory) => {
      await record(spool, 4_000);
      for (const name of ['header.json', 'audio.segments']) {
        expect((await stat(join(directory, RECORDING, name))).mode & 0o077).toBe(0);
      }
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSegmentCipher, newMasterKey } from '#libs/secrets';
import { countedBlock, readAll, testHeader, testResult, wrongSamples } from '../testing/counted-audio.js';
import { inTemporaryDirectory } from '../testing/temporary-directory.js';
import { readSegmentHead, SEGMENT_HEAD_BYTES, writeSegmentHead } from './segment.js';
import { createSpool, type Spool } from './spool.js';

const KEYS = { ...newMasterKey(), previousKeys: [] };
const SAMPLES = 4000;
const SEGMENT = 400;

const openSpool = (directory: string, keys = KEYS, seal = true): Spool =>
  createSpool({ directory, segmentMs: 50, durable: false, transform: createSegmentCipher(keys), seal });

async function record(spool: Spool, recordingId: string): Promise<void> {
  const header = testHeader(recordingId);
  const writer = spool.begin({ header, mediaTimeMs: () => 0, onFailure: () => undefined });
  writer.append(countedBlock(0, SAMPLES, 2), 0, SAMPLES);
  await writer.finish(testResult(header, SAMPLES));
}

const read = async (spool: Spool, recordingId: string) => readAll(await spool.open(recordingId, testResult(testHeader(recordingId), SAMPLES)));

/** The frames of a spool's file, the result last. */
function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = readSegmentHead(bytes, at);
    if (head === null) throw new Error('no frame');
    const end = at + SEGMENT_HEAD_BYTES + head.payloadBytes;
    frames.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return frames;
}

/** The same payload under another head, with a checksum that fits. */
function reheaded(frame: Buffer, change: { readonly firstSample?: number; readonly sequence?: number }, payload?: Buffer): Buffer {
  const head = readSegmentHead(frame, 0);
  if (head === null) throw new Error('no frame');
  const body = payload ?? frame.subarray(SEGMENT_HEAD_BYTES);
  const copy = Buffer.concat([Buffer.alloc(SEGMENT_HEAD_BYTES), body]);
  writeSegmentHead(copy, { ...head, ...change, payloadBytes: body.length });
  return copy;
}

/** Records, lets somebody change the frames, and reads. */
async function tampered(change: (frames: Buffer[], others: Buffer[]) => readonly Buffer[]): Promise<{ lost: number; error: unknown }> {
  let outcome = { lost: 0, error: null as unknown };
  await inTemporaryDirectory(async (directory) => {
    const spool = openSpool(directory);
    await record(spool, 'one');
    await record(spool, 'other');
    const file = join(directory, 'one', 'audio.segments');
    const others = framesOf(await readFile(join(directory, 'other', 'audio.segments')));
    await writeFile(file, Buffer.concat(change(framesOf(await readFile(file)), others)));
    try {
      const source = await spool.open('one', testResult(testHeader('one'), SAMPLES));
      await readAll(source);
      outcome = { lost: source.lostSamples?.() ?? 0, error: null };
    } catch (error) {
      outcome = { lost: 0, error };
    }
  });
  return outcome;
}

const swapped = (frames: Buffer[], a: number, b: number): Buffer[] =>
  frames.map((frame, index) => (index === a ? (frames[b] ?? frame) : index === b ? (frames[a] ?? frame) : frame));

describe('a sealed spool', () => {
  it('is read back, and shows nothing on the disk', async () => {
    await inTemporaryDirectory(async (directory) => {
      const spool = openSpool(directory);
      await record(spool, 'one');
      expect(wrongSamples(await read(spool, 'one'))).toBe(0);
      const stored = await readFile(join(directory, 'one', 'audio.segments'));
      const plain = Buffer.from(new Int16Array(countedBlock(0, SEGMENT, 2)[0] ?? []).buffer).subarray(100, 116);
      expect([stored.includes(plain), stored.includes('capturedSamples')]).toEqual([false, false]);
    });
  });

  const lost = expect.objectContaining({ code: 'media.lost' });

  it.each<[string, (frames: Buffer[], others: Buffer[]) => readonly Buffer[]]>([
    ['a payload is changed under a checksum that fits', (frames) => frames.map((frame, at) => (at === 2 ? reheaded(frame, {}, Buffer.from(frame.subarray(SEGMENT_HEAD_BYTES)).fill(1, 40, 60)) : frame))],
    ['two segments change places with their heads put right', (frames) => swapped(frames, 1, 2).map((frame, at) => (at === 1 || at === 2 ? reheaded(frame, { firstSample: at * SEGMENT }) : frame))],
    ['two segments change places under the heads of each other', (frames) => swapped(frames, 1, 2).map((frame, at) => (at === 1 || at === 2 ? reheaded(frame, { firstSample: at * SEGMENT, sequence: at }) : frame))],
    ['a segment comes from another recording', (frames, others) => frames.map((frame, at) => (at === 3 ? (others[3] ?? frame) : frame))],
    ['plain audio takes the place of a segment', (frames) => frames.map((frame, at) => (at === 4 ? reheaded(frame, {}, Buffer.alloc(SEGMENT * 4, 7)) : frame))],
    ['its end is cut off', (frames) => frames.slice(0, 7)],
  ])('is refused when %s', async (_what, change) => {
    expect((await tampered(change)).error).toEqual(lost);
  });

  it('says how much is missing when a segment is taken out', async () => {
    expect(await tampered((frames) => frames.filter((_, at) => at !== 5))).toEqual({ lost: SEGMENT, error: null });
  });

  it('waits for its key when that is not there, and names it', async () => {
    await inTemporaryDirectory(async (directory) => {
      await record(openSpool(directory), 'one');
      const refusal = { code: 'gateway.unavailable', message: expect.stringContaining(KEYS.keyId) };
      const stranger = { ...newMasterKey(), previousKeys: [] };
      await expect(read(openSpool(directory, stranger), 'one')).rejects.toMatchObject(refusal);
      await expect(openSpool(directory, stranger).recover('one')).rejects.toMatchObject(refusal);
      await expect(read(createSpool({ directory }), 'one')).rejects.toMatchObject({ code: 'gateway.unavailable' });
      expect(wrongSamples(await read(openSpool(directory), 'one'))).toBe(0);
    });
  });

  it('is still read when new ones are not sealed any more, and the other way round', async () => {
    await inTemporaryDirectory(async (directory) => {
      await record(openSpool(directory, KEYS, true), 'sealed');
      await record(openSpool(directory, KEYS, false), 'plain');
      for (const seal of [true, false]) {
        for (const id of ['sealed', 'plain']) expect(wrongSamples(await read(openSpool(directory, KEYS, seal), id))).toBe(0);
      }
    });
  });
});

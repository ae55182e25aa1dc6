import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  RecgateError,
  type AudioCodec,
  type ContainerFormat,
  type PcmSource,
  type RecordingFormat,
} from '#libs/recording-model';
import { VEIL_HEAD_BYTES, veilFrom, type FileVeil } from '#libs/media';
import { createInlineEncoder } from '../inline-encoder.js';
import { createThreadedEncoder, type ThreadedEncoder } from './threaded-encoder.js';

let directory = '';
const encoders: ThreadedEncoder[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'threaded-'));
});
afterEach(async () => {
  for (const encoder of encoders.splice(0)) await encoder.close();
  for (const file of readdirSync(directory)) rmSync(join(directory, file));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function threaded(threads: number): ThreadedEncoder {
  const encoder = createThreadedEncoder({ threads });
  encoders.push(encoder);
  return encoder;
}

function format(container: ContainerFormat, codec: AudioCodec): RecordingFormat {
  return { container, codec, bitrateKbps: null, extension: container, contentType: `audio/x-${container}` };
}

const WAV = format('wav', 'pcm16');
const MP3 = format('mp3', 'mp3');

/** A source that gives its audio in one block that it uses over and over, as readers of files do. */
function sourceOf(samples: number, channels: 1 | 2 = 2, blockSize = 3333): PcmSource {
  return {
    sampleRate: 8000,
    channels,
    samples,
    async *blocks() {
      const block = new Int16Array(blockSize);
      for (let at = 0; at < samples * channels; at += blockSize) {
        const length = Math.min(blockSize, samples * channels - at);
        for (let i = 0; i < length; i++) block[i] = (((at + i) * 7919) % 20011) - 10005;
        yield block.subarray(0, length);
      }
    },
  };
}

/** A source that stops after some blocks until it is let go on. */
function stallingSource(samples: number): { source: PcmSource; reached: Promise<void>; goOn: () => void } {
  const reached = Promise.withResolvers<void>();
  const onward = Promise.withResolvers<void>();
  const source: PcmSource = {
    ...sourceOf(samples),
    async *blocks() {
      let count = 0;
      for await (const block of sourceOf(samples).blocks()) {
        if (++count === 100) {
          reached.resolve();
          await onward.promise;
        }
        yield block;
      }
    },
  };
  return { source, reached: reached.promise, goOn: () => onward.resolve() };
}

const output = (name: string): string => join(directory, name);

describe('createThreadedEncoder', () => {
  it.each([WAV, format('wav', 'mulaw'), format('raw', 'mulaw'), MP3])(
    'writes the same bytes as on one thread ($container, $codec)',
    async (wanted) => {
      const encoder = threaded(1);
      for (const samples of [0, 1, 70_000, 300_001]) {
        const there = await encoder.encode({ source: sourceOf(samples), format: wanted, outputFile: output('there') });
        const here = await createInlineEncoder().encode({
          source: sourceOf(samples),
          format: wanted,
          outputFile: output('here'),
        });
        expect({ ...there, file: '' }).toEqual({ ...here, file: '' });
        expect(Buffer.compare(readFileSync(there.file), readFileSync(here.file))).toBe(0);
      }
    },
  );

  it.each([WAV, format('raw', 'mulaw'), MP3])('hides the file on the disk, and nothing else of it changes ($container, $codec)', async (wanted) => {
    const veils: FileVeil[] = [];
    const veil = () => {
      const next = { head: randomBytes(VEIL_HEAD_BYTES), key: randomBytes(32) };
      veils.push(next);
      return next;
    };
    const encoder = createThreadedEncoder({ threads: 1, veil });
    encoders.push(encoder);
    const hidden = await encoder.encode({ source: sourceOf(70_000), format: wanted, outputFile: output('hidden') });
    const plain = await createInlineEncoder().encode({ source: sourceOf(70_000), format: wanted, outputFile: output('plain') });
    expect({ ...hidden, file: '' }).toEqual({ ...plain, file: '' });
    const [stored, bytes] = [readFileSync(hidden.file), readFileSync(plain.file)];
    for (let at = 0; at + 64 <= bytes.length; at += 4096) expect(stored.includes(bytes.subarray(at, at + 64))).toBe(false);
    const [used] = veils;
    if (used === undefined) throw new Error('nothing was hidden');
    expect(Buffer.compare(Buffer.from(veilFrom(used, 0)(stored.subarray(VEIL_HEAD_BYTES))), bytes)).toBe(0);
  });

  it('encodes more recordings than it has threads, each right', async () => {
    const encoder = threaded(2);
    const lengths = Array.from({ length: 9 }, (_, i) => 10_000 * i + i);
    const renditions = await Promise.all(
      lengths.map((samples, i) =>
        encoder.encode({ source: sourceOf(samples, 1), format: i % 2 ? WAV : MP3, outputFile: output(String(i)) }),
      ),
    );
    expect(renditions.map(({ samples }) => samples)).toEqual(lengths);
    expect(readdirSync(directory).sort()).toEqual(lengths.map((_, i) => String(i)));
  });

  it('leaves no file when it is cancelled, and goes on with the next recording', async () => {
    const encoder = threaded(1);
    const cancel = new AbortController();
    const { source, reached, goOn } = stallingSource(1_000_000);
    const cancelled = encoder.encode({ source, format: WAV, outputFile: output('a.wav'), signal: cancel.signal });
    await reached;
    expect(readdirSync(directory)).toHaveLength(1);
    // The source is not let go on: the abort has to be noticed while it hangs.
    cancel.abort(new Error('no longer wanted'));
    await expect(cancelled).rejects.toThrow('no longer wanted');
    expect(readdirSync(directory)).toEqual([]);
    goOn();
    await expect(
      encoder.encode({ source: sourceOf(1000), format: WAV, outputFile: output('b.wav') }),
    ).resolves.toMatchObject({ samples: 1000 });
  });

  it('cancels what is still waiting for a thread, without a trace', async () => {
    const encoder = threaded(1);
    const { source, reached, goOn } = stallingSource(1_000_000);
    const first = encoder.encode({ source, format: WAV, outputFile: output('first.wav') });
    await reached;
    const cancel = new AbortController();
    const second = encoder.encode({
      source: sourceOf(10),
      format: WAV,
      outputFile: output('second.wav'),
      signal: cancel.signal,
    });
    const third = encoder.encode({ source: sourceOf(10), format: WAV, outputFile: output('third.wav') });
    cancel.abort(new Error('no longer wanted'));
    await expect(second).rejects.toThrow('no longer wanted');
    goOn();
    await Promise.all([first, third]);
    expect(readdirSync(directory).sort()).toEqual(['first.wav', 'third.wav']);
    await expect(
      encoder.encode({ source: sourceOf(10), format: WAV, outputFile: output('x.wav'), signal: AbortSignal.abort() }),
    ).rejects.toThrow();
  });

  it('passes on errors of source, length, format and disk with their codes, leaves no file, and goes on', async () => {
    const encoder = threaded(1);
    const broken: PcmSource = {
      ...sourceOf(500_000),
      async *blocks() {
        yield new Int16Array(200_000);
        throw new RecgateError('media.lost', 'The spool ends here');
      },
    };
    const outputFile = output('out');
    await expect(encoder.encode({ source: broken, format: MP3, outputFile })).rejects.toMatchObject({
      code: 'media.lost',
    });
    await expect(
      encoder.encode({ source: { ...sourceOf(500_000), samples: 400_000 }, format: MP3, outputFile }),
    ).rejects.toMatchObject({ code: 'gateway.internal' });
    await expect(
      encoder.encode({ source: sourceOf(10), format: format('raw', 'pcm16'), outputFile }),
    ).rejects.toMatchObject({ code: 'media.format' });
    await expect(
      encoder.encode({ source: { ...sourceOf(10), samples: 2 ** 31 }, format: WAV, outputFile }),
    ).rejects.toMatchObject({ code: 'media.format', field: 'format' });
    await expect(
      encoder.encode({ source: sourceOf(2_000_000), format: WAV, outputFile: output('no/such/folder') }),
    ).rejects.toMatchObject({ code: 'gateway.internal' });
    expect(readdirSync(directory)).toEqual([]);
    await expect(encoder.encode({ source: sourceOf(300_000), format: MP3, outputFile })).resolves.toMatchObject({
      samples: 300_000,
    });
  });

  it('does not touch a file of the same name until it is complete', async () => {
    writeFileSync(output('a.wav'), 'before');
    const { source, reached, goOn } = stallingSource(1_000_000);
    const running = threaded(1).encode({ source, format: WAV, outputFile: output('a.wav') });
    await reached;
    expect(readFileSync(output('a.wav'), 'utf8')).toBe('before');
    goOn();
    await running;
    expect(readFileSync(output('a.wav')).length).toBe(44 + 4_000_000);
    expect(readdirSync(directory)).toEqual(['a.wav']);
  });

  it('may encode one recording twice at a time into the same file', async () => {
    const encoder = threaded(2);
    const twice = [1, 2].map(() =>
      encoder.encode({ source: sourceOf(400_000), format: MP3, outputFile: output('same.mp3') }),
    );
    const [a, b] = await Promise.all(twice);
    expect(a).toEqual(b);
    expect(readdirSync(directory)).toEqual(['same.mp3']);
  });

  it('rejects what is running or waiting when it is closed', async () => {
    const encoder = threaded(1);
    const { source, reached, goOn } = stallingSource(1_000_000);
    const running = encoder.encode({ source, format: WAV, outputFile: output('a.wav') });
    const waiting = encoder.encode({ source: sourceOf(10), format: WAV, outputFile: output('b.wav') });
    const outcomes = Promise.allSettled([running, waiting]);
    await reached;
    await encoder.close();
    goOn();
    expect(await outcomes).toMatchObject([
      { status: 'rejected' },
      { status: 'rejected', reason: { code: 'gateway.unavailable' } },
    ]);
    expect(readdirSync(directory).filter((file) => !file.endsWith('.part'))).toEqual([]);
  });

  it('needs at least one thread', () => {
    for (const threads of [0, -1, 1.5, Number.NaN])
      expect(() => createThreadedEncoder({ threads })).toThrow(RangeError);
  });
});

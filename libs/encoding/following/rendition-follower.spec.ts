import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { VEIL_HEAD_BYTES, veilFrom } from '#libs/media';
import { RecgateError, type RecordingFormat } from '#libs/recording-model';
import { createInlineEncoder } from '../inline-encoder.js';
import { createRenditionFollower, type RenditionFollower } from './rendition-follower.js';

const MP3: RecordingFormat = { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' };
const WAV: RecordingFormat = { container: 'wav', codec: 'pcm16', bitrateKbps: null, extension: 'wav', contentType: 'audio/wav' };
const STEREO = { sampleRate: 8000, channels: 2 } as const;
const MONO = { sampleRate: 8000, channels: 1 } as const;

let directory = '';
const followers: RenditionFollower[] = [];
const file = (name: string): string => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'following-'));
});
afterEach(async () => {
  for (const follower of followers.splice(0)) await follower.close();
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function follower(places: number): RenditionFollower {
  const made = createRenditionFollower({ places });
  followers.push(made);
  return made;
}

function begin(on: RenditionFollower, name: string, audio: typeof STEREO | typeof MONO = STEREO) {
  const rendition = on.follow({ format: MP3, audio, outputFile: file(name) });
  if (rendition === null) throw new Error('No place');
  return rendition;
}

function audioOf(values: number): Int16Array {
  return Int16Array.from({ length: values }, (_, i) => ((i * 7919) % 20011) - 10005);
}

async function ordinary(audio: typeof STEREO | typeof MONO, interleaved: Int16Array, outputFile: string) {
  const source = { ...audio, samples: interleaved.length / audio.channels, blocks: () => onceOf(interleaved) };
  return createInlineEncoder().encode({ source, format: MP3, outputFile });
}

async function* onceOf(block: Int16Array): AsyncGenerator<Int16Array> {
  yield block;
}

describe('the rendition follower', () => {
  it('gives the bytes of the ordinary encoder, however the samples came and whatever grew beside them', async () => {
    const on = follower(4);
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(STEREO, MONO),
        fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 8 }),
        async (audio, lengths) => {
          const name = `grown-${round++}`;
          const other = begin(on, `${name}-other`);
          const growing = begin(on, name, audio);
          const whole = audioOf(lengths.reduce((sum, length) => sum + length, 0) * audio.channels);
          let at = 0;
          for (const length of lengths) {
            const part = whole.slice(at, at + length * audio.channels);
            await growing.push(part);
            part.fill(0);
            await other.push(audioOf(2000));
            at += length * audio.channels;
          }
          const made = await growing.finish(whole.length / audio.channels);
          await other.drop();
          const expected = await ordinary(audio, whole, file(`${name}-ordinary`));
          expect({ ...made, file: '' }).toEqual({ ...expected, file: '' });
          expect(readFileSync(made.file).equals(readFileSync(expected.file))).toBe(true);
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it('hides what grows on the disk from the first byte on, and nothing else of it changes', async () => {
    const veil = { head: randomBytes(VEIL_HEAD_BYTES), key: randomBytes(32) };
    const on = createRenditionFollower({ places: 1, veil: () => veil });
    followers.push(on);
    const whole = audioOf(120_000);
    const growing = begin(on, 'hidden');
    await growing.push(whole.slice());
    const made = await growing.finish(whole.length / 2);
    const expected = await ordinary(STEREO, whole, file('plain'));
    const [stored, bytes] = [readFileSync(made.file), readFileSync(expected.file)];
    expect({ ...made, file: '' }).toEqual({ ...expected, file: '' });
    for (let at = 0; at + 64 <= bytes.length; at += 2048) expect(stored.includes(bytes.subarray(at, at + 64))).toBe(false);
    expect(Buffer.from(veilFrom(veil, 0)(stored.subarray(VEIL_HEAD_BYTES))).equals(bytes)).toBe(true);
  });

  it('has as many places as it was given; a finished or dropped rendition frees its own', async () => {
    const on = follower(2);
    const [first, second] = [begin(on, 'a'), begin(on, 'b')];
    expect(on.follow({ format: MP3, audio: STEREO, outputFile: file('c') })).toBeNull();
    await first.finish(0);
    await second.drop();
    begin(on, 'd');
    begin(on, 'e');
    expect(on.follow({ format: MP3, audio: STEREO, outputFile: file('f') })).toBeNull();
  });

  it('follows no format that costs next to nothing, and none that cannot be', () => {
    const on = follower(2);
    expect(on.follow({ format: WAV, audio: STEREO, outputFile: file('a') })).toBeNull();
    expect(on.follow({ format: MP3, audio: { sampleRate: 7000, channels: 1 }, outputFile: file('b') })).toBeNull();
    expect(follower(0).follow({ format: MP3, audio: STEREO, outputFile: file('c') })).toBeNull();
  });

  it('leaves nothing behind when it is dropped, also after samples', async () => {
    const growing = begin(follower(1), 'dropped');
    await growing.push(audioOf(100_000));
    await growing.drop();
    await growing.drop();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('refuses a rendition that got other than the promised number of samples', async () => {
    const growing = begin(follower(1), 'short');
    await growing.push(audioOf(1000));
    await expect(growing.finish(499)).rejects.toMatchObject({ code: 'gateway.internal' });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('tells of a disk it cannot write to, and goes on with the others', async () => {
    const on = follower(2);
    const lost = on.follow({ format: MP3, audio: STEREO, outputFile: join(directory, 'missing', 'a') });
    const kept = begin(on, 'kept');
    await expect(lost?.finish(0)).rejects.toBeInstanceOf(RecgateError);
    await expect(lost?.push(audioOf(2))).rejects.toBeInstanceOf(RecgateError);
    await kept.push(audioOf(2000));
    expect(await kept.finish(1000)).toMatchObject({ samples: 1000 });
  });

  it('ends what grows when it is closed, and waits for nobody', async () => {
    const on = follower(1);
    const growing = begin(on, 'closed');
    await growing.push(audioOf(2000));
    await on.close();
    await expect(growing.finish(1000)).rejects.toMatchObject({ code: 'gateway.internal' });
    await growing.drop();
    expect(on.follow({ format: MP3, audio: STEREO, outputFile: file('late') })).toBeNull();
  });
});

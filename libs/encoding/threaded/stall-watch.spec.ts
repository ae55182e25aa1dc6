import { describe, expect, it } from '@jest/globals';
import { Worker } from 'node:worker_threads';
import type { RecordingFormat } from '#libs/recording-model';
import { FollowerThread } from '../following/follower-thread.js';
import { EncoderThread } from './encoder-thread.js';

const MP3: RecordingFormat = { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' };
const STALL_MS = 200;
/** Enough for a real thread to begin and answer on a busy machine. */
const PATIENT_MS = 2000;
const SAMPLES = 100;

/** A thread that takes everything and never says a word. */
const silentThread = (): Worker => new Worker(`require('node:worker_threads').parentPort.on('message', () => {})`, { eval: true });

function sourceOf(pauseMs: number) {
  return {
    sampleRate: 8000,
    channels: 1 as const,
    samples: SAMPLES,
    async *blocks() {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      yield new Int16Array(SAMPLES);
    },
  };
}

describe('a thread that hangs', () => {
  it('is given up: what it encoded fails and may be tried again', async () => {
    const thread = new EncoderThread(silentThread(), STALL_MS);
    const encoding = thread.encode({ source: sourceOf(0), format: MP3, outputFile: '/nowhere/a.mp3' });
    await expect(encoding).rejects.toMatchObject({ code: 'gateway.internal', retry: true });
    expect(thread.dead).toBe(true);
  });

  it('is not blamed for a source that takes its time', async () => {
    const thread = new EncoderThread(undefined, PATIENT_MS);
    const encoding = thread.encode({ source: sourceOf(PATIENT_MS + 500), format: MP3, outputFile: '/nowhere/a.mp3' });
    await expect(encoding).rejects.toMatchObject({ message: expect.stringContaining('ENOENT') as unknown });
    expect(thread.dead).toBe(false);
    await thread.close();
  });

  it('holds up no recording that it was to follow', async () => {
    const thread = new FollowerThread(silentThread(), STALL_MS);
    const { key, ended } = thread.begin({ format: MP3, audio: { sampleRate: 8000, channels: 1 }, outputFile: '/nowhere/b.mp3', samples: null });
    // More than the thread may have in hand at a time.
    await thread.push(key, new Int16Array(65536 * 4));
    await expect(ended).rejects.toMatchObject({ code: 'gateway.internal' });
    expect(thread.dead).toBe(true);
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFileCallMedia, createSpool, WavFile, type FileCallMedia, type Spool } from '#libs/capture';
import { createInlineEncoder, createRenditionFollower, type RenditionFollower } from '#libs/encoding';
import { writeWavHeader } from '#libs/media';
import {
  PLAIN_RECORDING,
  renditionSamples,
  type CaptureResult,
  type RecordingControl,
  type RecordingFormat,
  type RecordingSpec,
  type Rendition,
} from '#libs/recording-model';

const RATE = 8000;
const LEADING_SECONDS = 2;
const CALL_MS = 60_000;
const MP3: RecordingFormat = { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' };
const LISTENER = { keyPressed: () => undefined, advanced: () => undefined, mediaTimedOut: () => undefined };

let directory = '';
let talk = '';
let follower: RenditionFollower;

/** Silence, then the conversation of the demo twice; what the call lasts longer is silence again. */
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'followed-'));
  talk = join(directory, 'talk.wav');
  const conversation = readFileSync(new URL('../../examples/audio/conversation.wav', import.meta.url)).subarray(44);
  const silence = Buffer.alloc(LEADING_SECONDS * RATE * 4);
  const audio = Buffer.concat([silence, conversation, conversation]);
  writeFileSync(talk, Buffer.concat([writeWavHeader({ codec: 'pcm16', sampleRate: RATE, channels: 2, samples: audio.length / 4 }), audio]));
  follower = createRenditionFollower({ places: 2 });
});
afterAll(async () => {
  await follower.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Recorded {
  readonly capture: CaptureResult;
  readonly followed: Rendition | null;
  readonly followedBytes: Buffer | null;
  readonly ordinary: Rendition;
  readonly ordinaryBytes: Buffer;
  /** Files left in the spool of the recording. */
  readonly left: readonly string[];
}

type Steps = (call: FileCallMedia, control: RecordingControl) => Promise<void>;

const wholeCall: Steps = async (call) => {
  await call.advanceTo(CALL_MS);
  call.hangup('caller');
};

let count = 0;

/** Records the call, takes the followed rendition, and encodes the same capture the ordinary way. */
async function record(change: Partial<RecordingSpec>, steps: Steps = wholeCall, by: RenditionFollower | null = follower): Promise<Recorded> {
  const id = `rec${++count}`;
  const root = join(directory, id);
  const spool = createSpool({ directory: root, ...(by === null ? {} : { follow: (job) => by.follow(job) }) });
  const spec: RecordingSpec = { ...PLAIN_RECORDING, vendor: 'sinch', format: MP3, ...change };
  const capture = await capturedBy(spool, id, spec, steps);
  const followedFile = join(directory, `${id}.followed.mp3`);
  const followed = await spool.takeFollowed({ recordingId: id, capture, format: spec.format, outputFile: followedFile });
  const left = readdirSync(join(root, id)).sort();
  const outputFile = join(directory, `${id}.mp3`);
  const ordinary = await createInlineEncoder().encode({ source: await spool.open(id, capture), format: spec.format, outputFile });
  const followedBytes = followed === null ? null : readFileSync(followedFile);
  return { capture, followed, followedBytes, ordinary, ordinaryBytes: readFileSync(outputFile), left };
}

async function capturedBy(spool: Spool, recordingId: string, spec: RecordingSpec, steps: Steps): Promise<CaptureResult> {
  const audio = WavFile.open(talk);
  const call = createFileCallMedia({ callRef: 'call', caller: audio, startTime: new Date(), spool, listener: LISTENER });
  const { promise, resolve, reject } = Promise.withResolvers<CaptureResult>();
  const job = { recordingId, spec, callAnswered: true, callBridged: true };
  const control = call.startRecording(job, {
    capturing: () => undefined,
    paused: () => undefined,
    resumed: () => undefined,
    finished: resolve,
    absent: (reason) => reject(new Error(`absent: ${reason}`)),
    failed: reject,
  });
  try {
    await steps(call, control);
    return await promise;
  } finally {
    await call.close();
    audio.close();
  }
}

function expectSameRendition({ capture, followed, followedBytes, ordinary, ordinaryBytes }: Recorded): void {
  expect(followed).not.toBeNull();
  expect({ ...followed, file: '' }).toEqual({ ...ordinary, file: '' });
  expect(followedBytes?.equals(ordinaryBytes)).toBe(true);
  expect(followed?.samples).toBe(renditionSamples(capture));
}

describe('a rendition that was made while its recording went on', () => {
  it.each([
    [1, 'none'],
    [2, 'none'],
    [1, 'leading'],
    [2, 'leading'],
    [1, 'both'],
    [2, 'both'],
  ] as const)('is byte for byte the one that is made afterwards: %i channel(s), trim %s', async (channels, trim) => {
    const recorded = await record({ channels, trim });
    expectSameRendition(recorded);
    expect(recorded.capture.trimLeadingSamples > 0).toBe(trim !== 'none');
    expect(recorded.capture.trimTrailingSamples > 0).toBe(trim === 'both');
    expect(recorded.left.filter((name) => name.includes('rendition'))).toEqual([]);
  });

  it('is the same with pauses and masked stretches', async () => {
    const recorded = await record({ channels: 2 }, async (call, control) => {
      await call.advanceTo(12_345);
      control.pause();
      await call.advanceTo(15_000);
      control.resume();
      await call.advanceTo(22_222);
      control.mask();
      await call.advanceTo(27_000);
      control.unmask();
      await wholeCall(call, control);
    });
    expect(recorded.capture.capturedSamples).toBe(((CALL_MS - 15_000 + 12_345) * RATE) / 1000);
    expectSameRendition(recorded);
  });

  it('is the same when silence ends the recording, which is then cut off', async () => {
    const silence = { initialMs: null, finalMs: 8000, level: 'auto' } as const;
    const recorded = await record({ trim: 'both', silence }, async (call) => call.advanceTo(2 * CALL_MS));
    expect(recorded.capture.reason).toBe('silence');
    expect(recorded.capture.trimTrailingSamples).toBeGreaterThan(7 * RATE);
    expectSameRendition(recorded);
  });

  it('is the same at another rate and bitrate', async () => {
    expectSameRendition(await record({ channels: 2, sampleRate: 16_000, format: { ...MP3, bitrateKbps: 48 } }));
  });
});

describe('where nothing is followed', () => {
  it.each([
    ['a short recording', {}, 9000],
    ['a WAV file', { format: PLAIN_RECORDING.format }, 30_000],
    ['a recording that is silent where sound is what is kept', { trim: 'leading' }, 1500],
  ] as const)('%s is made afterwards', async (_what, change, lengthMs) => {
    const { followed, ordinary, left } = await record(change, async (call) => {
      await call.advanceTo(lengthMs);
      call.hangup(null);
    });
    expect(followed).toBeNull();
    expect(ordinary.sizeBytes).toBeGreaterThan(0);
    expect(left).toEqual(['audio.segments', 'header.json']);
  });

  it('all recordings are made afterwards when there are no places', async () => {
    const nobody = createRenditionFollower({ places: 0 });
    expect((await record({}, wholeCall, nobody)).followed).toBeNull();
    expect((await record({}, wholeCall, null)).followed).toBeNull();
  });

  it('a closed follower leaves running recordings unharmed', async () => {
    const closing = createRenditionFollower({ places: 1 });
    const { followed, ordinary, left } = await record(
      {},
      async (call, control) => {
        await call.advanceTo(41_000);
        await closing.close();
        await wholeCall(call, control);
      },
      closing,
    );
    expect(followed).toBeNull();
    expect(ordinary.samples).toBe((CALL_MS * RATE) / 1000);
    expect(left).toEqual(['audio.segments', 'header.json']);
  });
});

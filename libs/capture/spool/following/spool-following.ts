import { open, type FileHandle } from 'node:fs/promises';
import type { CaptureResult, RecordingFormat } from '#libs/recording-model';
import { readSegments } from '../segment-reader.js';
import type { SpoolHeader, SpoolPaths } from '../spool-header.js';
import { alignedPcm } from '../spool-source.js';
import { openSegment, type SegmentTransform } from '../segment-seal.js';
import { followedFile, noteFollowed, removeFollowed } from './followed-file.js';
import type { BeginRendition, FollowWish, GrowingRendition } from './growing-rendition.js';

/** A shorter recording is encoded in a moment anyway, s of settled audio. */
const WORTH_IT_SECONDS = 10;
/** How much is read at a time, s of audio: few and large reads. */
const STEP_SECONDS = 4;

export interface SpoolFollowingOptions {
  readonly paths: SpoolPaths;
  readonly header: SpoolHeader;
  /** Null: what is written is plain. */
  readonly transform: SegmentTransform | null;
  readonly wish: FollowWish;
  readonly begin: BeginRendition;
}

/**
 * Makes the rendition of one recording from what of its spool is on the disk and settled. It only ever saves time: at
 * any doubt (damage, an error, another cut than was guessed) the rendition is thrown away and made the ordinary way.
 */
export class SpoolFollowing {
  private rendition: GrowingRendition | null = null;
  private file: FileHandle | null = null;
  private working: Promise<void> = Promise.resolve();
  private isWorking = false;
  private over = false;
  /** Samples per channel at which it is tried (again) to begin. */
  private tryAt: number;
  /** First sample of the rendition, and the one that is read next. */
  private from = 0;
  private position = 0;
  /** Place in the file of the segment that holds `position`. */
  private offset = 0;

  constructor(private readonly options: SpoolFollowingOptions) {
    this.tryAt = WORTH_IT_SECONDS * options.header.sampleRate;
  }

  /** The disk holds that many samples per channel. */
  grown(samples: number): void {
    if (this.over || this.isWorking || samples < this.tryAt) return;
    const settled = this.options.wish.settled();
    if (settled === null) return;
    const to = Math.min(settled.to, samples);
    const { sampleRate } = this.options.header;
    if (this.rendition === null && !this.start(settled.from, to)) return;
    if (to - this.position < STEP_SECONDS * sampleRate) return;
    this.isWorking = true;
    this.working = this.orGiveUp(() => this.advance(to)).finally(() => (this.isWorking = false));
  }

  /**
   * The capture has ended and its audio is on the disk: the rest is encoded when the cut is as it was guessed. Resolves
   * when the rendition is whole or given up.
   */
  async finish(capture: CaptureResult): Promise<void> {
    await this.working;
    const { rendition } = this;
    const end = capture.capturedSamples - capture.trimTrailingSamples;
    if (this.over || rendition === null) return this.drop();
    if (capture.trimLeadingSamples !== this.from || this.position > end) return this.drop();
    await this.orGiveUp(async () => {
      await this.advance(end);
      const made = await rendition.finish(end - this.from);
      await noteFollowed(this.options.paths, capture, this.format, made);
      this.over = true;
      await this.closeFile();
    });
  }

  /** Gives up and leaves nothing behind. */
  async drop(): Promise<void> {
    this.over = true;
    await this.working;
    await this.leaveNothing();
  }

  private get format(): RecordingFormat {
    return this.options.wish.format;
  }

  private start(from: number, to: number): boolean {
    const { sampleRate, channels } = this.options.header;
    if (to - from < WORTH_IT_SECONDS * sampleRate) return false;
    const outputFile = followedFile(this.options.paths);
    this.rendition = this.options.begin({ format: this.format, audio: { sampleRate, channels }, outputFile });
    // A place may get free.
    if (this.rendition === null) this.tryAt = to + WORTH_IT_SECONDS * sampleRate;
    this.from = this.position = from;
    return this.rendition !== null;
  }

  private async advance(to: number): Promise<void> {
    if (this.position >= to) return;
    const { header, paths, transform } = this.options;
    const seal = { recordingId: header.recordingId, sealed: transform !== null, transform };
    this.file ??= await open(paths.audio, 'r');
    for await (const { head, payload, endOffset } of readSegments(this.file, this.offset)) {
      const last = head.firstSample + head.sampleCount;
      if (head.kind !== 'audio' || head.firstSample > this.position) throw new Error(`The spool has a gap before sample ${head.firstSample}`);
      if (last > this.position) {
        const pcm = alignedPcm(openSegment(seal, head, payload));
        const stop = Math.min(last, to);
        const { channels } = header;
        await this.rendition?.push(pcm.subarray((this.position - head.firstSample) * channels, (stop - head.firstSample) * channels));
        this.position = stop;
      }
      if (last <= to) this.offset = endOffset;
      if (this.over || this.position >= to) return;
    }
    throw new Error(`The spool ends before sample ${to}`);
  }

  private async orGiveUp(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch {
      this.over = true;
      await this.leaveNothing();
    }
  }

  /** Also what a thread that died could not clear away. */
  private async leaveNothing(): Promise<void> {
    const { rendition } = this;
    this.rendition = null;
    await this.closeFile();
    if (rendition === null) return;
    await rendition.drop();
    await removeFollowed(this.options.paths);
  }

  private async closeFile(): Promise<void> {
    const { file } = this;
    this.file = null;
    await file?.close().catch(() => undefined);
  }
}

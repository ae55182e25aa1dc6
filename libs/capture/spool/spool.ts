import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import {
  RecgateError,
  type CaptureResult,
  type PcmSource,
  type RecordingFormat,
  type Rendition,
  type SpoolStore,
  type SpoolSummary,
} from '#libs/recording-model';
import { recoverSpool } from './recover.js';
import { readResultSegment, readSegments } from './segment-reader.js';
import type { SegmentTransform } from './segment-seal.js';
import { isRecordingId, readSpoolHeader, spoolPaths, syncDirectory, type SpoolHeader, type SpoolPaths } from './spool-header.js';
import { SpoolSource, type SpoolDamage } from './spool-source.js';
import { SpoolWriter } from './spool-writer.js';
import { removeFollowed, takeFollowedFile } from './following/followed-file.js';
import type { BeginRendition, FollowWish } from './following/growing-rendition.js';
import { SpoolFollowing } from './following/spool-following.js';

export interface SpoolOptions {
  /** Made when it is missing; one directory per recording below it. */
  readonly directory: string;
  /** False for audio that can be made again (simulation): nothing is synced, segments are large. Default true. */
  readonly durable?: boolean;
  /** Audio gathered before it is written, ms. Default 500, or 10,000 when not durable. */
  readonly segmentMs?: number;
  /** Audio that may wait for the disk before the recording fails, ms. Default 15,000. Not limited when not durable. */
  readonly maxBacklogMs?: number;
  /** Opens what is sealed, and seals what is written unless `seal` says otherwise. */
  readonly transform?: SegmentTransform;
  /** False: new spools are written plain. Default true. */
  readonly seal?: boolean;
  /** Told of audio that was damaged on disk and is read as silence. */
  readonly onDamage?: (damage: SpoolDamage) => void;
  /** Makes renditions while their recordings go on. Absent: none is. */
  readonly follow?: BeginRendition;
}

/** What a writer needs to know of its recording. */
export interface SpoolBeginning {
  readonly header: SpoolHeader;
  readonly mediaTimeMs: () => number;
  readonly onFailure: (error: RecgateError) => void;
  /** Absent: no rendition is made before the recording has ended. */
  readonly follow?: FollowWish;
}

/** A rendition that is wanted of a finished capture. */
export interface WantedRendition {
  readonly recordingId: string;
  readonly capture: CaptureResult;
  readonly format: RecordingFormat;
  readonly outputFile: string;
}

/** The spool store, and the only way to write to it. */
export interface Spool extends SpoolStore {
  /**
   * Begins the spool of a recording; opening the files goes on in the background while samples are taken already.
   * @throws RecgateError `request.conflict` when a writer of the same recording is at work.
   */
  begin(beginning: SpoolBeginning): SpoolWriter;
  /**
   * The rendition that was made while the recording went on, moved to the output file; null when there is none that
   * holds exactly what is wanted: it must then be made from `open`. Never throws.
   */
  takeFollowed(wanted: WantedRendition): Promise<Rendition | null>;
}

/** Opens the spool below `directory`. */
export function createSpool(options: SpoolOptions): Spool {
  return new DiskSpool(options);
}

class DiskSpool implements Spool {
  private readonly writing = new Set<string>();
  private readonly following = new Map<string, SpoolFollowing>();
  /** Followed renditions of ended captures on their last stretch. */
  private readonly ending = new Map<string, Promise<void>>();
  private readonly root: string;
  private readonly durable: boolean;
  private readonly transform: SegmentTransform | null;
  /** Of new spools. */
  private readonly sealing: SegmentTransform | null;

  constructor(private readonly options: SpoolOptions) {
    this.root = options.directory;
    this.durable = options.durable ?? true;
    this.transform = options.transform ?? null;
    this.sealing = options.seal === false ? null : this.transform;
  }

  begin({ header, mediaTimeMs, onFailure, follow: wish }: SpoolBeginning): SpoolWriter {
    const { recordingId } = header;
    const paths = spoolPaths(this.root, recordingId);
    this.refuseWhileWriting(recordingId);
    this.writing.add(recordingId);
    const { follow: begin } = this.options;
    const following = begin === undefined || wish === undefined ? null : new SpoolFollowing({ paths, header, transform: this.sealing, wish, begin });
    if (following !== null) this.following.set(recordingId, following);
    return new SpoolWriter({
      paths,
      header,
      mediaTimeMs,
      onFailure,
      transform: this.sealing,
      sync: this.durable,
      segmentMs: this.options.segmentMs ?? (this.durable ? 500 : 10_000),
      maxBacklogMs: this.durable ? (this.options.maxBacklogMs ?? 15_000) : null,
      onClosed: () => {
        this.writing.delete(recordingId);
        void this.endFollowing(recordingId, (left) => left.drop());
      },
      onWritten: (samples) => following?.grown(samples),
      onComplete: (result) => void this.endFollowing(recordingId, (left) => left.finish(result)),
    });
  }

  async takeFollowed({ recordingId, capture, format, outputFile }: WantedRendition): Promise<Rendition | null> {
    const paths = spoolPaths(this.root, recordingId);
    await this.ending.get(recordingId);
    // Whatever is wrong with it, the audio itself is there.
    return takeFollowedFile(paths, capture, format, outputFile).catch(() => null);
  }

  /** Ends the following of a recording once, in the first way that is asked for. */
  private async endFollowing(recordingId: string, end: (following: SpoolFollowing) => Promise<void>): Promise<void> {
    const following = this.following.get(recordingId);
    if (following === undefined) return;
    this.following.delete(recordingId);
    const ended = end(following).catch(() => undefined);
    this.ending.set(recordingId, ended);
    await ended;
    this.ending.delete(recordingId);
  }

  async open(recordingId: string, capture: CaptureResult): Promise<PcmSource> {
    const paths = spoolPaths(this.root, recordingId);
    const held = await this.inAudioFile(paths, (file) => samplesIn(file));
    if (held === null) throw new RecgateError('media.lost', `There is no spool of ${recordingId}`);
    if (held.samples < capture.capturedSamples) {
      throw new RecgateError('media.lost', `The spool of ${recordingId} holds ${held.samples} of ${capture.capturedSamples} samples`);
    }
    const onDamage = this.options.onDamage ?? (() => undefined);
    const sealed = (await readSpoolHeader(paths))?.sealed === true;
    const seal = { recordingId, sealed, transform: this.transform };
    return new SpoolSource({ recordingId, audioFile: paths.audio, capture, seal, onDamage });
  }

  async delete(recordingId: string): Promise<void> {
    const { directory } = spoolPaths(this.root, recordingId);
    await this.ending.get(recordingId);
    await rm(directory, { recursive: true, force: true });
    if (this.durable) await syncDirectory(this.root).catch(ignoreMissing);
  }

  async list(): Promise<readonly SpoolSummary[]> {
    await mkdir(this.root, { recursive: true });
    const summaries: SpoolSummary[] = [];
    for (const entry of await readdir(this.root, { withFileTypes: true })) {
      // A disk of its own brings directories of the system with it (`lost+found`).
      if (!entry.isDirectory() || !isRecordingId(entry.name)) continue;
      const held = await this.inAudioFile(spoolPaths(this.root, entry.name), (file) => samplesIn(file));
      summaries.push({ recordingId: entry.name, complete: held?.complete ?? false, samples: held?.samples ?? 0 });
    }
    return summaries;
  }

  async recover(recordingId: string): Promise<CaptureResult | null> {
    this.refuseWhileWriting(recordingId);
    const paths = spoolPaths(this.root, recordingId);
    await removeFollowed(paths);
    return recoverSpool(paths, this.transform);
  }

  private refuseWhileWriting(recordingId: string): void {
    if (this.writing.has(recordingId)) throw new RecgateError('request.conflict', `The spool of ${recordingId} is being written`);
  }

  private async inAudioFile<T>(paths: SpoolPaths, read: (file: FileHandle) => Promise<T>): Promise<T | null> {
    const file = await open(paths.audio, 'r').catch(ignoreMissing);
    if (file === null) return null;
    try {
      return await read(file);
    } finally {
      await file.close();
    }
  }
}

async function samplesIn(file: FileHandle): Promise<{ complete: boolean; samples: number }> {
  const result = await readResultSegment(file);
  if (result !== null) return { complete: true, samples: result.head.firstSample };
  let samples = 0;
  for await (const { head } of readSegments(file)) samples = Math.max(samples, head.firstSample + head.sampleCount);
  return { complete: false, samples };
}

function ignoreMissing(thrown: unknown): null {
  if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw thrown;
}

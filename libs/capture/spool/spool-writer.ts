import { constants, type PathLike } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { RecgateError, type CaptureResult } from '#libs/recording-model';
import { SEGMENT_HEAD_BYTES, readSegmentHead, writeSegmentHead, type SegmentKind } from './segment.js';
import { contextOf, type SegmentTransform } from './segment-seal.js';
import { syncDirectory, writeSpoolHeader, type SpoolHeader, type SpoolPaths } from './spool-header.js';

export interface SpoolWriterOptions {
  readonly paths: SpoolPaths;
  readonly header: SpoolHeader;
  /** Media time of the call now, ms; noted in every segment. */
  readonly mediaTimeMs: () => number;
  /** Called at most once, when the audio can no longer be kept; the disk holds what was written until then. */
  readonly onFailure: (error: RecgateError) => void;
  readonly transform: SegmentTransform | null;
  readonly segmentMs: number;
  /** Whether every write waits until the disk has it. A slow disk gets fewer and larger writes, not a longer queue. */
  readonly sync: boolean;
  /** Audio that may wait for the disk, ms; null: any amount (the owner waits for `drained`). */
  readonly maxBacklogMs: number | null;
  readonly onClosed: () => void;
  /** The file holds that many samples per channel (on the disk, with `sync`). */
  readonly onWritten?: (samples: number) => void;
  /** The file is whole; what is still to come is its last sync. */
  readonly onComplete?: (result: CaptureResult) => void;
}

/**
 * Writes one recording to disk. `append` copies and returns at once; writing and syncing happen on the file system's own
 * threads. A disk that is full or cannot keep pace makes the spool fail: audio is never left out in silence.
 */
export class SpoolWriter {
  private readonly segmentSamples: number;
  private frame: Buffer;
  private pcm: Int16Array;
  /** The same as left and right in one; like everything here on a little-endian machine. */
  private pairs: Int32Array;
  private filled = 0;
  private firstSample = 0;
  private sequence = 0;
  private queue: Buffer[] = [];
  private queuedBytes = 0;
  private readonly spare: Buffer[] = [];
  private file: FileHandle | null = null;
  private failure: RecgateError | null = null;
  private pumping: Promise<void> | null = null;
  private closed = false;

  constructor(private readonly options: SpoolWriterOptions) {
    this.segmentSamples = Math.max(1, Math.floor((options.header.sampleRate * options.segmentMs) / 1000));
    this.frame = this.newFrame();
    this.pcm = pcmOf(this.frame);
    this.pairs = pairsOf(this.pcm);
    this.pump();
  }

  /** Samples per channel handed over so far. */
  get samples(): number {
    return this.firstSample + this.filled;
  }

  /** Takes samples `from` (inclusive) to `to` (exclusive) of each channel. Never throws, never waits. */
  append(channels: readonly Int16Array[], from: number, to: number): void {
    if (this.failure !== null || this.closed) return;
    for (let at = from; at < to; ) {
      const count = Math.min(to - at, this.segmentSamples - this.filled);
      this.interleave(channels, at, count);
      this.filled += count;
      at += count;
      if (this.filled === this.segmentSamples) this.sealAudio();
    }
  }

  /** Hands what is buffered to the disk: for pauses, when no further samples push it out. */
  flush(): void {
    if (this.failure === null && !this.closed) this.sealAudio();
  }

  /** Resolved when the disk holds everything that was appended in whole segments. */
  async drained(): Promise<void> {
    while (this.pumping !== null) await this.pumping;
  }

  /**
   * Ends the recording: the rest of the audio, the result as last frame, file and directory synced.
   * @throws RecgateError `gateway.internal` when anything could not be kept.
   */
  async finish(result: CaptureResult): Promise<void> {
    this.sealAudio();
    this.closed = true;
    this.enqueue('result', Buffer.from(JSON.stringify(result)), 0);
    await this.drained();
    if (this.failure === null) this.options.onComplete?.(result);
    if (this.failure === null) await this.attempt(() => this.closeDurably());
    await this.release();
    if (this.failure !== null) throw this.failure;
  }

  /** Stops writing and lets go of the file; what lies on disk stays. */
  async abandon(): Promise<void> {
    this.closed = true;
    this.queue = [];
    await this.drained();
    await this.release();
  }

  private interleave(channels: readonly Int16Array[], from: number, count: number): void {
    const [left, right] = channels;
    if (left === undefined) return;
    if (this.options.header.channels === 1) {
      this.pcm.set(left.subarray(from, from + count), this.filled);
      return;
    }
    const other = right ?? left;
    const { pairs } = this;
    for (let index = from, at = this.filled; index < from + count; index++, at++) {
      pairs[at] = ((left[index] as number) & 0xffff) | ((other[index] as number) << 16);
    }
  }

  private sealAudio(): void {
    if (this.filled === 0) return;
    const bytes = this.filled * this.options.header.channels * 2;
    const { transform } = this.options;
    if (transform === null) {
      this.enqueueFrame('audio', this.frame.subarray(0, SEGMENT_HEAD_BYTES + bytes), this.filled);
      this.frame = this.spare.pop() ?? this.newFrame();
      this.pcm = pcmOf(this.frame);
      this.pairs = pairsOf(this.pcm);
    } else {
      this.enqueue('audio', this.frame.subarray(SEGMENT_HEAD_BYTES, SEGMENT_HEAD_BYTES + bytes), this.filled);
    }
    this.firstSample += this.filled;
    this.filled = 0;
  }

  private enqueue(kind: SegmentKind, payload: Uint8Array, sampleCount: number): void {
    const place = { kind, sequence: this.sequence, firstSample: this.firstSample, sampleCount };
    const sealed = this.options.transform?.seal(payload, contextOf(this.options.header.recordingId, place)) ?? payload;
    const frame = Buffer.allocUnsafeSlow(SEGMENT_HEAD_BYTES + sealed.length);
    frame.set(sealed, SEGMENT_HEAD_BYTES);
    this.enqueueFrame(kind, frame, sampleCount);
  }

  private enqueueFrame(kind: SegmentKind, frame: Buffer, sampleCount: number): void {
    if (this.failure !== null) return;
    writeSegmentHead(frame, {
      kind,
      sequence: this.sequence++,
      firstSample: this.firstSample,
      sampleCount,
      mediaTimeMs: this.options.mediaTimeMs(),
      payloadBytes: frame.length - SEGMENT_HEAD_BYTES,
    });
    this.queue.push(frame);
    this.queuedBytes += frame.length;
    if (this.backlogMs() > (this.options.maxBacklogMs ?? Infinity)) {
      this.fail(new RecgateError('gateway.internal', `The disk is too slow: ${Math.round(this.backlogMs())} ms of audio are waiting for it`));
    }
    this.pump();
  }

  private backlogMs(): number {
    const { sampleRate, channels } = this.options.header;
    return (this.queuedBytes * 1000) / (sampleRate * channels * 2);
  }

  private pump(): void {
    if (this.pumping !== null) return;
    this.pumping = this.attempt(() => this.writeQueue()).finally(() => {
      this.pumping = null;
      if (this.queue.length > 0 && this.failure === null) this.pump();
    });
  }

  private async writeQueue(): Promise<void> {
    this.file ??= await this.openFile();
    while (this.queue.length > 0) {
      const frames = this.queue;
      this.queue = [];
      const [only] = frames;
      await writeWhole(this.file, frames.length === 1 && only !== undefined ? only : Buffer.concat(frames));
      for (const frame of frames) this.written(frame);
    }
  }

  private written(frame: Buffer): void {
    this.queuedBytes -= frame.length;
    const head = readSegmentHead(frame, 0);
    if (head?.kind === 'audio') this.options.onWritten?.(head.firstSample + head.sampleCount);
    const isWholeFrame = frame.buffer.byteLength === this.frame.buffer.byteLength;
    if (isWholeFrame && this.spare.length < 2) this.spare.push(Buffer.from(frame.buffer));
  }

  private async openFile(): Promise<FileHandle> {
    const { paths, header, sync } = this.options;
    await writeSpoolHeader(paths, { ...header, sealed: this.options.transform !== null }, sync);
    const file = await openNew(paths.audio, sync);
    if (sync) await syncDirectory(paths.directory);
    return file;
  }

  private async closeDurably(): Promise<void> {
    if (this.file === null || !this.options.sync) return;
    await this.file.sync();
    await syncDirectory(this.options.paths.directory);
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.fail(diskError(thrown));
    }
  }

  private fail(error: RecgateError): void {
    if (this.failure !== null) return;
    this.failure = error;
    this.queue = [];
    // A spool that is being finished or abandoned tells its caller by the promise.
    if (!this.closed) this.options.onFailure(error);
  }

  private async release(): Promise<void> {
    const { file } = this;
    this.file = null;
    this.options.onClosed();
    // Nothing is lost by a failing close: the data was synced before or the failure is known already.
    await file?.close().catch(() => undefined);
  }

  private newFrame(): Buffer {
    return Buffer.allocUnsafeSlow(SEGMENT_HEAD_BYTES + this.segmentSamples * this.options.header.channels * 2);
  }
}

function pcmOf(frame: Buffer): Int16Array {
  return new Int16Array(frame.buffer, frame.byteOffset + SEGMENT_HEAD_BYTES, (frame.length - SEGMENT_HEAD_BYTES) / 2);
}

function pairsOf(pcm: Int16Array): Int32Array {
  return new Int32Array(pcm.buffer, pcm.byteOffset, pcm.length >> 1);
}

/** With `sync` each write returns when its data is on the disk (as write and fdatasync in one), and nothing is left behind it. */
function openNew(path: PathLike, sync: boolean): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND;
  return open(path, sync ? flags | constants.O_DSYNC : flags, 0o600);
}

async function writeWhole(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written);
    written += bytesWritten;
  }
}

const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function diskError(thrown: unknown): RecgateError {
  if (thrown instanceof RecgateError) return thrown;
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  const words = FULL_CODES.has(code) ? 'The disk of the spool is full' : 'The spool cannot be written';
  return new RecgateError('gateway.internal', `${words} (${code || String(thrown)})`, { cause: thrown });
}

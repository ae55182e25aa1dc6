import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { VEIL_HEAD_BYTES, veilFrom, type FileVeil } from '#libs/media';
import { RecgateError, type FileCipher, type RecordingFormat, type Rendition } from '#libs/recording-model';
import { createFileCipher, type CipherStream } from './file-cipher.js';
import type { FormatEncoder } from './format-encoder.js';
import type { AudioShape } from './format-table.js';
import { ContentDigest, type ContentChecksums } from './hashing/content-digest.js';

/** Files with this ending are unfinished renditions; those that no running encoder owns may be deleted. */
export const PART_SUFFIX = '.part';

const COPY_BYTES = 256 * 1024;

/** What is being encoded and to where. */
export interface RenditionJob {
  readonly format: RecordingFormat;
  readonly audio: AudioShape;
  /** Samples per channel that will come, exactly; null: told at the end, for formats whose header is written last. */
  readonly samples: number | null;
  readonly outputFile: string;
  /** Absent: the file is plain. */
  readonly encryption?: FileCipher;
  /** Hides the file as long as it lies on the own disk; length and checksums are those of what is hidden. Absent: it is not. */
  readonly veil?: FileVeil;
}

/**
 * Writes one rendition from start to end with synchronous file calls (it is made for a thread of its own). The bytes go to
 * a file beside the output, which takes the output's name after the last byte was synced to disk: the output is absent
 * or complete. The name of that file is unique, so two encoders of the same recording cannot spoil each other's work.
 */
export class RenditionFile {
  private readonly job: RenditionJob;
  private readonly encoder: FormatEncoder;
  private readonly partFile: string;
  private readonly fd: number;
  private readonly cipher: CipherStream | null;
  private digest: ContentDigest | null;
  private readonly veil: ((bytes: Uint8Array) => Uint8Array) | null;
  /** Where the bytes begin on the disk, and where the next ones go. */
  private readonly begin: number;
  private position: number;
  private samplesOfAllChannels = 0;

  /**
   * @throws RecgateError `media.format` when the format cannot hold that many samples, or cannot be encrypted: a cipher
   *   stream has no place for a header that is known last
   */
  constructor(job: RenditionJob, encoder: FormatEncoder) {
    this.job = job;
    this.encoder = encoder;
    const header = job.samples === null ? null : encoder.headerFor(job.samples);
    const { encryption } = job;
    if (encryption !== undefined && header === null)
      throw new RecgateError('media.format', 'A file of this format cannot be encrypted', { field: 'encryption' });
    this.cipher = encryption === undefined ? null : createFileCipher(encryption);
    this.partFile = `${job.outputFile}.${randomBytes(4).toString('hex')}${PART_SUFFIX}`;
    this.fd = openSync(this.partFile, 'wx+');
    this.digest = header === null ? null : new ContentDigest();
    this.position = this.begin = job.veil === undefined ? 0 : VEIL_HEAD_BYTES;
    if (job.veil !== undefined) writeFully(this.fd, job.veil.head, 0);
    // The place of a header that is known last stays empty: the same stretch is never hidden twice.
    this.veil = job.veil === undefined ? null : veilFrom(job.veil, header === null ? encoder.headerBytes : 0);
    if (header === null) this.position += encoder.headerBytes;
    else this.write(header);
  }

  /** Appends whole sample frames. */
  push(interleaved: Int16Array): void {
    this.samplesOfAllChannels += interleaved.length;
    this.write(this.encoder.push(interleaved));
  }

  /**
   * Completes the file and gives it its name.
   * @param samples samples per channel that must have come
   * @throws RecgateError `gateway.internal` when other than the promised number of samples came
   */
  finish(samples = this.job.samples): Rendition {
    const { audio, outputFile, format } = this.job;
    const came = this.samplesOfAllChannels / audio.channels;
    if (samples === null || came !== samples)
      throw new RecgateError('gateway.internal', `The source gave ${came} samples a channel instead of ${samples ?? 'a known number'}`);
    const { tail, header } = this.encoder.finish();
    this.write(tail);
    if (this.cipher !== null) this.writeBytes(this.cipher.finish());
    if (this.digest === null) writeFully(this.fd, this.job.veil === undefined ? header : veilFrom(this.job.veil, 0)(header), this.begin);
    fsyncSync(this.fd);
    const checksums = this.digest === null ? checksumsOf(this.fd, this.job.veil) : this.digest.finish();
    closeSync(this.fd);
    renameSync(this.partFile, outputFile);
    syncDirectory(dirname(outputFile));
    const durationMs = Math.round((samples * 1000) / audio.sampleRate);
    return {
      file: outputFile,
      ...checksums,
      contentType: format.contentType,
      samples,
      sampleRate: audio.sampleRate,
      channels: audio.channels,
      durationMs,
      encodedBy: this.encoder.facts,
    };
  }

  /** Has what was written put on the disk, so that little is left to be synced at the end. */
  sync(): void {
    fdatasyncSync(this.fd);
  }

  /** Leaves nothing behind. */
  discard(): void {
    try {
      closeSync(this.fd);
    } catch {
      // Already closed: `finish` failed at the rename.
    }
    rmSync(this.partFile, { force: true });
  }

  private write(bytes: Uint8Array): void {
    this.writeBytes(this.cipher === null ? bytes : this.cipher.push(bytes));
  }

  private writeBytes(bytes: Uint8Array): void {
    writeFully(this.fd, this.veil === null ? bytes : this.veil(bytes), this.position);
    this.position += bytes.length;
    this.digest?.update(bytes);
  }
}

function writeFully(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(fd, bytes, at, bytes.length - at, position + at);
  }
}

/** Reads the file once more: its first bytes were written last. */
function checksumsOf(fd: number, veil: FileVeil | undefined): ContentChecksums {
  const shown = veil === undefined ? (bytes: Uint8Array) => bytes : veilFrom(veil, 0);
  const digest = new ContentDigest();
  const buffer = new Uint8Array(COPY_BYTES);
  for (let at = veil === undefined ? 0 : VEIL_HEAD_BYTES; ;) {
    const read = readSync(fd, buffer, 0, buffer.length, at);
    if (read === 0) return digest.finish();
    digest.update(shown(buffer.subarray(0, read)));
    at += read;
  }
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

import type { FileHandle } from 'node:fs/promises';
import { MAX_PAYLOAD_BYTES, SEGMENT_HEAD_BYTES, findMagic, isIntact, readSegmentHead, type SegmentHead } from './segment.js';

/** An intact frame. `payload` is valid until the next one is asked for. */
export interface StoredSegment {
  readonly head: SegmentHead;
  readonly payload: Buffer;
  /** Position in the file behind the frame. */
  readonly endOffset: number;
}

const CHUNK_BYTES = 256 * 1024;

/**
 * Walks through a spool's audio file and yields every intact frame; damage is stepped over to the next intact frame.
 * Memory stays at one chunk or the largest frame.
 * @param from place in the file where a frame begins
 */
export async function* readSegments(file: FileHandle, from = 0): AsyncGenerator<StoredSegment> {
  const window = new FileWindow(file);
  let offset = from;
  for (;;) {
    await window.cover(offset, SEGMENT_HEAD_BYTES);
    let head = readSegmentHead(window.bytes, offset - window.start);
    if (head !== null) {
      await window.cover(offset, SEGMENT_HEAD_BYTES + head.payloadBytes);
      if (!isIntact(window.bytes, offset - window.start, head)) head = null;
    }
    if (head === null) {
      const next = await nextMagic(window, offset + 1);
      if (next === null) return;
      offset = next;
      continue;
    }
    const payloadStart = offset - window.start + SEGMENT_HEAD_BYTES;
    const endOffset = offset + SEGMENT_HEAD_BYTES + head.payloadBytes;
    yield { head, payload: window.bytes.subarray(payloadStart, payloadStart + head.payloadBytes), endOffset };
    offset = endOffset;
  }
}

/** The frame that ends exactly at the end of the file, when it is an intact `result`; null otherwise. */
export async function readResultSegment(file: FileHandle): Promise<StoredSegment | null> {
  const { size } = await file.stat();
  const window = new FileWindow(file);
  const start = Math.max(0, size - CHUNK_BYTES);
  await window.cover(start, size - start);
  for (let at = window.bytes.lastIndexOf('RGSG', undefined, 'latin1'); at >= 0; ) {
    const head = readSegmentHead(window.bytes, at);
    if (head?.kind === 'result' && isIntact(window.bytes, at, head)) {
      const payloadStart = at + SEGMENT_HEAD_BYTES;
      const endOffset = start + payloadStart + head.payloadBytes;
      if (endOffset !== size) return null;
      return { head, payload: window.bytes.subarray(payloadStart, payloadStart + head.payloadBytes), endOffset };
    }
    if (at === 0) break;
    at = window.bytes.lastIndexOf('RGSG', at - 1, 'latin1');
  }
  return null;
}

async function nextMagic(window: FileWindow, from: number): Promise<number | null> {
  let offset = from;
  for (;;) {
    await window.cover(offset, SEGMENT_HEAD_BYTES);
    const found = findMagic(window.bytes, offset - window.start);
    if (found >= 0) return window.start + found;
    // A magic may begin in the last three bytes of what was searched.
    const next = window.start + window.bytes.length - 3;
    if (next <= offset) return null;
    offset = next;
  }
}

/** A stretch of the file held in memory; moves forward only. */
class FileWindow {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;

  constructor(private readonly file: FileHandle) {}

  /** Holds `length` bytes from `offset` on, or as many as the file has. */
  async cover(offset: number, length: number): Promise<void> {
    const end = this.start + this.bytes.length;
    if (offset >= this.start && offset + length <= end) return;
    const wanted = Math.max(CHUNK_BYTES, Math.min(length, SEGMENT_HEAD_BYTES + MAX_PAYLOAD_BYTES));
    const fresh = Buffer.allocUnsafe(wanted);
    const kept = offset >= this.start && offset < end ? this.bytes.copy(fresh, 0, offset - this.start) : 0;
    let filled = kept;
    while (filled < wanted) {
      const { bytesRead } = await this.file.read(fresh, filled, wanted - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.bytes = fresh.subarray(0, filled);
    this.start = offset;
  }
}

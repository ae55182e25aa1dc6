import { open, type FileHandle } from 'node:fs/promises';
import type { CaptureResult } from '#libs/recording-model';
import { SEGMENT_HEAD_BYTES, writeSegmentHead } from './segment.js';
import { readResultSegment, readSegments, type StoredSegment } from './segment-reader.js';
import { readSpoolHeader, type SpoolHeader, type SpoolPaths } from './spool-header.js';
import { contextOf, openSegment, type SegmentTransform, type SpoolSeal } from './segment-seal.js';

/** Mean square above which recovered audio counts as more than line noise: -45 dBFS. */
const SOUND_MEAN_SQUARE = (32768 * 10 ** (-45 / 20)) ** 2;

interface Kept {
  samples: number;
  endOffset: number;
  sequence: number;
  mediaTimeMs: number;
  containsSound: boolean;
}

/**
 * Finishes a spool whose writer died: cuts off a torn end and appends the result frame, reason `interrupted`. Damage in
 * the middle stays and is read as silence. Safe to repeat; a finished spool gives the result it was finished with.
 * Null when header or audio are missing or no segment is whole.
 */
export async function recoverSpool(paths: SpoolPaths, transform: SegmentTransform | null): Promise<CaptureResult | null> {
  const header = await readSpoolHeader(paths);
  if (header === null) return null;
  const seal = { recordingId: header.recordingId, sealed: header.sealed === true, transform };
  const file = await open(paths.audio, 'r+').catch(() => null);
  if (file === null) return null;
  try {
    const finished = await readResultSegment(file);
    if (finished !== null) return readResult(finished, seal);
    const kept = await scan(file, header, seal);
    if (kept.samples === 0) return null;
    const result = interruptedResult(header, kept);
    await file.truncate(kept.endOffset);
    // On a full disk there is no room for the result frame; reading does without, and the next recovery gives the same.
    await appendResult(file, kept, result, seal).catch(() => file.truncate(kept.endOffset));
    await file.sync();
    return result;
  } finally {
    await file.close();
  }
}

function readResult({ payload, head }: StoredSegment, seal: SpoolSeal): CaptureResult {
  return JSON.parse(Buffer.from(openSegment(seal, head, payload)).toString('utf8')) as CaptureResult;
}

async function scan(file: FileHandle, header: SpoolHeader, seal: SpoolSeal): Promise<Kept> {
  const kept: Kept = { samples: 0, endOffset: 0, sequence: 0, mediaTimeMs: header.mediaStartMs, containsSound: false };
  for await (const { head, payload, endOffset } of readSegments(file)) {
    if (head.kind !== 'audio') continue;
    kept.samples = head.firstSample + head.sampleCount;
    kept.endOffset = endOffset;
    kept.sequence = head.sequence + 1;
    kept.mediaTimeMs = head.mediaTimeMs;
    // Only up to the first sound: opening and measuring every segment of a long call would hold its recovery up.
    kept.containsSound ||= meanSquare(openSegment(seal, head, payload)) > SOUND_MEAN_SQUARE;
  }
  return kept;
}

function interruptedResult(header: SpoolHeader, kept: Kept): CaptureResult {
  const elapsedMs = Math.max(kept.mediaTimeMs - header.mediaStartMs, Math.round((kept.samples * 1000) / header.sampleRate));
  return {
    reason: 'interrupted',
    startedAt: header.startedAt,
    endedAt: new Date(Date.parse(header.startedAt) + elapsedMs).toISOString(),
    mediaStartMs: header.mediaStartMs,
    mediaEndMs: header.mediaStartMs + elapsedMs,
    sampleRate: header.sampleRate,
    channels: header.channels,
    capturedSamples: kept.samples,
    trimLeadingSamples: 0,
    trimTrailingSamples: 0,
    containsSound: kept.containsSound,
    media: [],
  };
}

async function appendResult(file: FileHandle, kept: Kept, result: CaptureResult, { recordingId, sealed, transform }: SpoolSeal): Promise<void> {
  const json = Buffer.from(JSON.stringify(result));
  const place = { kind: 'result', sequence: kept.sequence, firstSample: kept.samples, sampleCount: 0 } as const;
  const payload = sealed && transform !== null ? transform.seal(json, contextOf(recordingId, place)) : json;
  const frame = Buffer.alloc(SEGMENT_HEAD_BYTES + payload.length);
  frame.set(payload, SEGMENT_HEAD_BYTES);
  writeSegmentHead(frame, {
    ...place,
    mediaTimeMs: kept.mediaTimeMs,
    payloadBytes: payload.length,
  });
  await file.write(frame, 0, frame.length, kept.endOffset);
}

function meanSquare(payload: Uint8Array): number {
  const even = payload.byteOffset % 2 === 0 ? payload : payload.slice();
  const samples = new Int16Array(even.buffer, even.byteOffset, even.byteLength >> 1);
  let sum = 0;
  for (let at = 0; at < samples.length; at++) sum += Math.imul(samples[at] as number, samples[at] as number);
  return samples.length === 0 ? 0 : sum / samples.length;
}

import type { Party } from './call.js';

/** Why a capture ended. */
export const FINISH_REASONS = [
  'stopKey',
  'silence',
  'initialSilence',
  'maxDuration',
  'maxBytes',
  'hangup',
  'stopCommand',
  'transfer',
  'mediaTimeout',
  'interrupted',
  'error',
] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

/** What the capture of a recording came to. Samples are per channel at `sampleRate`. */
export interface CaptureResult {
  readonly reason: FinishReason;
  /** The key, when `reason` is `stopKey`. */
  readonly key?: string;
  /** Who hung up, when `reason` is `hangup`. */
  readonly hangupBy?: Party;
  /** Wall time of the first recorded sample, ISO 8601 with ms. */
  readonly startedAt: string;
  /** Wall time of the end, ISO 8601 with ms. */
  readonly endedAt: string;
  /** Media time of the call at the first recorded sample and at the end, ms. */
  readonly mediaStartMs: number;
  readonly mediaEndMs: number;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Samples in the spool. */
  readonly capturedSamples: number;
  /** Samples cut off at the ends; the rendition holds `capturedSamples` less both. */
  readonly trimLeadingSamples: number;
  readonly trimTrailingSamples: number;
  /** Whether anything above the line noise was heard. */
  readonly containsSound: boolean;
  readonly media: readonly LegMediaCounts[];
}

/** Per leg: what arrived and what did not. */
export interface LegMediaCounts {
  readonly party: Party | 'conference';
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly packetsLate: number;
  readonly packetsDuplicated: number;
  readonly gaps: number;
  readonly gapSamples: number;
  /** Root mean square and peak of all recorded samples, dBFS; null when there were none. */
  readonly rmsDbfs: number | null;
  readonly peakDbfs: number | null;
}

/** Samples per channel that the rendition holds. */
export function renditionSamples(capture: CaptureResult): number {
  return Math.max(0, capture.capturedSamples - capture.trimLeadingSamples - capture.trimTrailingSamples);
}

/** Length of the rendition, ms, rounded to the nearest. */
export function renditionDurationMs(capture: CaptureResult): number {
  return Math.round((renditionSamples(capture) * 1000) / capture.sampleRate);
}

/** The encoded file. */
export interface Rendition {
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Base64, as S3, Google and Azure compare it. */
  readonly md5: string;
  /** Base64 of the big-endian CRC-32C, as Google and S3 compare it. */
  readonly crc32c: string;
  readonly contentType: string;
  readonly samples: number;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  readonly durationMs: number;
  /** What encoded it, with what it was set to; the bitrate is null for what is not compressed. */
  readonly encodedBy?: { readonly name: string; readonly bitrateKbps: number | null };
  /** Samples per channel that were damaged on the gateway's disk: silence stands in their place. Absent: none. */
  readonly lostSamples?: number;
}

/** What a store confirmed in its own answer to the write. */
export interface StorageReceipt {
  /** URI of the object in the scheme of its store (`s3://…`, `gs://…`, `azure://…`, `https://…`, `media://…`), without credentials. */
  readonly location: string;
  /** Provider URL of the object, or the same as `location` where there is none. */
  readonly url: string;
  readonly etag: string | null;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Which comparison made the receipt trustworthy. */
  readonly verifiedBy: 'etag-md5' | 'checksum-crc32' | 'checksum-crc32c' | 'checksum-sha256' | 'content-md5' | 'read-back' | 'status';
  readonly storedAt: string;
}

import { RecgateError } from '#libs/recording-model';
import type { SegmentHead } from './segment.js';

/** Which segment of which recording it is; what is sealed opens in its own place only. */
export interface SegmentContext extends Pick<SegmentHead, 'kind' | 'sequence' | 'firstSample' | 'sampleCount'> {
  readonly recordingId: string;
}

/** Changes the payload of segments on their way to and from the disk (encryption at rest). The length may change. */
export interface SegmentTransform {
  seal(payload: Uint8Array, context: SegmentContext): Uint8Array;
  /** @throws RecgateError `media.lost` when it was altered; `gateway.unavailable` when its key is not there */
  open(payload: Uint8Array, context: SegmentContext): Uint8Array;
}

/** How the segments of one spool lie on the disk. */
export interface SpoolSeal {
  readonly recordingId: string;
  /** Whether they were sealed when they were written. */
  readonly sealed: boolean;
  readonly transform: SegmentTransform | null;
}

/**
 * What was written into a segment.
 * @throws RecgateError what the transform throws; `gateway.unavailable` without one for a sealed spool
 */
export function openSegment({ recordingId, sealed, transform }: SpoolSeal, head: SegmentHead, payload: Uint8Array): Uint8Array {
  if (!sealed) return payload;
  if (transform === null) throw new RecgateError('gateway.unavailable', `The spool of ${recordingId} is sealed, and nothing here can open it`);
  return transform.open(payload, contextOf(recordingId, head));
}

export function contextOf(recordingId: string, { kind, sequence, firstSample, sampleCount }: Omit<SegmentContext, 'recordingId'>): SegmentContext {
  return { recordingId, kind, sequence, firstSample, sampleCount };
}

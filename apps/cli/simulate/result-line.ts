import type { RecordingRecord } from '#libs/recording-model';
import type { Line } from './output-lines.js';
import type { KeptFile } from './simulated-stores.js';

/** What a recording came to in the end. */
export function resultLine(recording: number | null, record: RecordingRecord, kept: KeptFile | null): Line {
  const { state, rendition, receipt, failure } = record;
  return {
    type: 'result',
    recording,
    state,
    reason: reasonOf(record),
    file: kept?.file ?? null,
    durationMs: rendition?.durationMs ?? null,
    sha256: rendition?.sha256 ?? null,
    ...(rendition === null
      ? {}
      : {
          sizeBytes: rendition.sizeBytes,
          samples: rendition.samples,
          sampleRate: rendition.sampleRate,
          channels: rendition.channels,
          contentType: rendition.contentType,
        }),
    ...(receipt === null ? {} : { location: receipt.location }),
    ...(state === 'available' ? { stored: kept?.stored ?? false } : {}),
    ...(failure === null ? {} : { failure }),
  };
}

/** Why the capture ended, or, where nothing was kept, the cause of that. */
function reasonOf({ state, capture, failure, history }: RecordingRecord): string | null {
  if (failure !== null) return failure.code;
  if (state === 'available') return capture?.reason ?? null;
  return history.at(-1)?.cause ?? capture?.reason ?? null;
}

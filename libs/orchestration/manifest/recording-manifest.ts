import type { DeliveryRecord, RecordingEvent, RecordingRecord } from '#libs/recording-model';

/**
 * Everything that proves what became of a recording: what arrived, how it was cut and encoded, what the store confirmed,
 * every state and every attempt to tell somebody. Holds no credential.
 */
export function recordingManifest(
  record: RecordingRecord,
  events: readonly RecordingEvent[],
  deliveries: readonly DeliveryRecord[],
  writtenAt: Date,
) {
  const { id, tenantId, applicationId, vendor, callRef, call, names, documentUrl, state, failure, history, receipt } = record;
  const { deleteAt = null, deletedAt = null, legalHold = false, deletion = null } = record;
  return {
    manifest: 1,
    writtenAt: writtenAt.toISOString(),
    recording: { id, tenantId, applicationId, vendor, callRef, call, names, documentUrl, state, failure },
    capture: captureOf(record),
    media: record.capture?.media ?? [],
    encoder: encoderOf(record),
    object: receipt,
    kept: { deleteAt, deletedAt, legalHold, deletion },
    history,
    events: events.map(({ id: eventId, name, sequence, at, mediaTimeMs }) => ({ id: eventId, name, sequence, at, mediaTimeMs })),
    deliveries: deliveries.map(deliveryOf),
  };
}

export type RecordingManifest = ReturnType<typeof recordingManifest>;

function captureOf({ capture, spec }: RecordingRecord) {
  if (capture === null) return null;
  const { media: _media, ...facts } = capture;
  const { start, parties, trim, beep, followTransfer } = spec;
  return { ...facts, asked: { start, parties, trim, beep, followTransfer } };
}

function encoderOf({ spec, rendition }: RecordingRecord) {
  if (rendition === null) return null;
  const { file: _file, encodedBy, ...facts } = rendition;
  const { container, codec, bitrateKbps: asked } = spec.format;
  const { name = null, bitrateKbps = asked } = encodedBy ?? {};
  return { name, container, codec, bitrateKbps, encrypted: spec.encryption !== null, ...facts };
}

function deliveryOf({ id, subscription, purpose, eventSequence, status, attempts }: DeliveryRecord) {
  const shown = attempts.map(({ at, request, fallback, status: answered, durationMs, error }) => ({
    at,
    method: request.method,
    url: withoutQuery(request.url),
    fallback,
    status: answered,
    durationMs,
    error,
  }));
  return { id, subscription, purpose, eventSequence, status, attempts: shown };
}

/** Applications put tokens of their own into queries; a manifest is shown to others. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

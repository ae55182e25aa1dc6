import type { RecordingRecord, RecordingSpec } from '#libs/recording-model';
import { SAMPLE_CALL } from './sample-recording.js';

/** A background WAV recording into the own store, as plain as can be. */
export const SAMPLE_SPEC: RecordingSpec = {
  vendor: 'flexml',
  mode: 'background',
  start: 'now',
  parties: 'both',
  channels: 1,
  sampleRate: 8000,
  beep: false,
  stopKeys: '',
  silence: null,
  maxDurationMs: null,
  minDurationMs: 0,
  maxBytes: null,
  trim: 'none',
  followTransfer: true,
  playDuring: null,
  format: { container: 'wav', codec: 'pcm16', bitrateKbps: null, extension: 'wav', contentType: 'audio/x-wav' },
  encryption: null,
  destination: { kind: 'media-store', container: null, file: null },
  ifExists: 'unique',
  retention: null,
  labels: {},
  transcription: null,
  subscriptions: [],
  continuation: null,
};

/** A freshly accepted recording. */
export function sampleRecordingRecord(change: Partial<RecordingRecord> = {}): RecordingRecord {
  const createdAt = '2026-01-01T00:00:00.000Z';
  return {
    id: 'rec1',
    tenantId: 'tenant',
    applicationId: 'app',
    vendor: 'flexml',
    callRef: 'call1',
    call: SAMPLE_CALL,
    nodeId: null,
    documentUrl: null,
    spec: SAMPLE_SPEC,
    sealedSecrets: null,
    accounting: [],
    names: {},
    state: 'accepted',
    version: 0,
    epoch: 0,
    transcription: 'none',
    createdAt,
    updatedAt: createdAt,
    startedAt: null,
    callState: 'answered',
    callDurationMs: 0,
    capture: null,
    rendition: null,
    receipt: null,
    failure: null,
    eventCount: 0,
    history: [{ state: 'accepted', at: createdAt }],
    ...change,
  };
}

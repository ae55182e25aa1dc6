import { PLAIN_RECORDING, type RecordingRecord, type RecordingSpec } from '#libs/recording-model';
import { SAMPLE_CALL } from './sample-recording.js';

/** A background WAV recording into the own store, as plain as can be. */
export const SAMPLE_SPEC: RecordingSpec = { ...PLAIN_RECORDING, vendor: 'flexml' };

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

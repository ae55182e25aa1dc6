import type { RecordingSpec } from './recording-spec.js';

/**
 * A recording that asks for nothing special: both parties mixed, from now on until the call ends, as WAV into the
 * gateway's own store. No vendor's default: a starting point for callers that have none.
 */
export const PLAIN_RECORDING: Omit<RecordingSpec, 'vendor'> = {
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

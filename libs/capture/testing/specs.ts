import type { RecordingSpec } from '#libs/recording-model';

/** A stereo recording of both parties at 8 kHz that begins at once and ends with the call; override what a test is about. */
export function testSpec(overrides: Partial<RecordingSpec> = {}): RecordingSpec {
  return {
    vendor: 'kazoo',
    mode: 'background',
    start: 'now',
    parties: 'both',
    channels: 2,
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
    format: { container: 'wav', codec: 'pcm16', bitrateKbps: null, extension: 'wav', contentType: 'audio/wav' },
    encryption: null,
    destination: { kind: 'none', reason: 'test' },
    ifExists: 'unique',
    retention: null,
    labels: {},
    transcription: null,
    subscriptions: [],
    continuation: null,
    ...overrides,
  };
}

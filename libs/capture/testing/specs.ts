import { PLAIN_RECORDING, type RecordingSpec } from '#libs/recording-model';

/** A stereo recording of both parties at 8 kHz that begins at once and ends with the call; override what a test is about. */
export function testSpec(overrides: Partial<RecordingSpec> = {}): RecordingSpec {
  const destination = { kind: 'none', reason: 'test' } as const;
  return { ...PLAIN_RECORDING, vendor: 'kazoo', channels: 2, destination, ...overrides };
}

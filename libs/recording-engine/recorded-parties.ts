import { assertNever, type Party, type RecordingParties } from '#libs/recording-model';

/** The legs whose audio a recording takes. A conference is heard on both legs of its media. */
export function recordedParties(parties: RecordingParties): readonly Party[] {
  switch (parties) {
    case 'both':
    case 'conference':
      return ['caller', 'callee'];
    case 'caller':
      return ['caller'];
    case 'callee':
      return ['callee'];
    default:
      return assertNever(parties, 'parties');
  }
}

/** Milliseconds in samples, rounded to the nearest. */
export function toSamples(durationMs: number, sampleRate: number): number {
  return Math.round((durationMs * sampleRate) / 1000);
}

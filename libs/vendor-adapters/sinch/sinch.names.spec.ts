import { describe, expect, it } from '@jest/globals';
import { PLAIN_RECORDING, type Destination } from '#libs/recording-model';
import { fixtureContext } from './sinch.fixtures.js';
import { mintSinchNames } from './sinch.names.js';

const BUCKET = { endpoint: null, accessKeyId: { secret: 'a' }, secretAccessKey: { secret: 's' } } as const;
const s3 = (key: string | null): Destination => ({ ...BUCKET, kind: 's3', bucket: 'b', region: 'eu-central-1', addressing: null, key });

function place(destination: Destination): string | undefined {
  const spec = { ...PLAIN_RECORDING, vendor: 'sinch', destination } as const;
  return mintSinchNames({ ...fixtureContext(), spec, recordingId: 'rec-1' })['place'];
}

describe('the place of a file in a bucket', () => {
  it('is a name of its recording when it was given, and is not when the gateway makes the name', () => {
    expect([s3('calls/x.mp3'), s3('calls/'), s3(null)].map(place)).toEqual(['s3:b/calls/x.mp3', undefined, undefined]);
  });
});

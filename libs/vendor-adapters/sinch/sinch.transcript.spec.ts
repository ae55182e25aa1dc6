import { describe, expect, it } from '@jest/globals';
import type { RecordingSpec, Transcript } from '#libs/recording-model';
import { SAMPLE_SPEC, sampleRecording } from '#libs/testing';
import { sinchTranscriptObject } from './sinch.transcript.js';

const SPEC: RecordingSpec = {
  ...SAMPLE_SPEC,
  vendor: 'sinch',
  destination: {
    kind: 's3',
    bucket: 'calls',
    key: 'folder/my-recording.mp3',
    region: null,
    endpoint: null,
    addressing: null,
    accessKeyId: { secret: 'a' },
    secretAccessKey: { secret: 'b' },
  },
};

const TRANSCRIPT: Transcript = {
  id: 'id',
  engine: 'test',
  language: 'en-US',
  durationMs: 9000,
  text: 'first turn second turn',
  words: [],
  lines: [
    { startMs: 4970, endMs: 5400, channel: 0, speaker: 'callee', text: 'first turn' },
    { startMs: 5600, endMs: 6000, channel: 0, speaker: 'caller', text: 'second turn' },
  ],
};

describe('the transcript file (contract §2.4)', () => {
  it('lies beside the recording, in the shape of the vendor', () => {
    const application = { applicationId: 'app', tenantId: 'tenant', settings: {}, secrets: {} };
    const { target, body } = sinchTranscriptObject(sampleRecording(SPEC, {}), application, TRANSCRIPT);
    expect(target).toEqual({ destination: SPEC.destination, name: 'folder/my-recording-transcript.json', contentType: 'application/json' });
    expect(body).toBe(
      '{"text":"first turn second turn","lines":[{"timestamp":4.97,"speakerLabel":"Speaker 1","text":"first turn"},{"timestamp":5.6,"speakerLabel":"Speaker 2","text":"second turn"}]}',
    );
  });
});

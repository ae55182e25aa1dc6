import type {
  CallIdentity,
  CaptureResult,
  Failure,
  ObjectTarget,
  RecordingEvent,
  RecordingEventName,
  RecordingSpec,
  RecordingView,
  Rendition,
  StorageReceipt,
} from '#libs/recording-model';

/** An inbound call with plain numbers, for fixtures that name none. */
export const SAMPLE_CALL: CallIdentity = {
  callId: '4695bc4a0932bcd2e99492e523db9ee2',
  from: '+15165550138',
  to: '+15165550137',
  direction: 'inbound',
  vendor: {},
};

/** A capture of 16.5 s mono at 8 kHz that ended by the caller's hang-up; the first second is trimmed off. */
export const SAMPLE_CAPTURE: CaptureResult = {
  reason: 'hangup',
  hangupBy: 'caller',
  startedAt: '2024-07-28T09:00:43.000Z',
  endedAt: '2024-07-28T09:01:00.500Z',
  mediaStartMs: 3000,
  mediaEndMs: 20500,
  sampleRate: 8000,
  channels: 1,
  capturedSamples: 140000,
  trimLeadingSamples: 8000,
  trimTrailingSamples: 0,
  containsSound: true,
  media: [],
};

/** The encoded file of a capture, with a made-up checksum. */
export function sampleRendition(spec: RecordingSpec, capture: CaptureResult = SAMPLE_CAPTURE): Rendition {
  const samples = capture.capturedSamples - capture.trimLeadingSamples - capture.trimTrailingSamples;
  return {
    file: `rendition.${spec.format.extension}`,
    sizeBytes: samples * 2 + 44,
    sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    md5: '1B2M2Y8AsgTpgAmY7PhCfg==',
    crc32c: 'AAAAAA==',
    contentType: spec.format.contentType,
    samples,
    sampleRate: capture.sampleRate,
    channels: capture.channels,
    durationMs: Math.round((samples * 1000) / capture.sampleRate),
  };
}

/** What a store might have confirmed for a target. */
export function sampleReceipt(target: ObjectTarget, rendition: Rendition): StorageReceipt {
  const url = target.destination.kind === 'http-upload' ? target.name : `https://objects.example.com/${target.name}`;
  return {
    location: url,
    url,
    etag: '"d41d8cd98f00b204e9800998ecf8427e"',
    sizeBytes: rendition.sizeBytes,
    sha256: rendition.sha256,
    verifiedBy: 'etag-md5',
    storedAt: '2024-07-28T09:01:00.900Z',
  };
}

/** A recording that has just been captured; override what a test is about. */
export function sampleRecording(
  spec: RecordingSpec,
  names: Readonly<Record<string, string>>,
  overrides: Partial<RecordingView> = {},
): RecordingView {
  return {
    id: '01J3W5',
    vendor: spec.vendor,
    call: SAMPLE_CALL,
    documentUrl: 'https://app.example.com/vm',
    spec,
    names,
    createdAt: '2024-07-28T09:00:40.000Z',
    startedAt: SAMPLE_CAPTURE.startedAt,
    callState: 'answered',
    callDurationMs: 20500,
    capture: SAMPLE_CAPTURE,
    rendition: null,
    receipt: null,
    failure: null,
    ...overrides,
  };
}

export const SAMPLE_FAILURE: Failure = {
  code: 'destination.full',
  stage: 'store',
  blame: 'destination',
  message: 'The container has no room',
};

/** The event a recording is in, with the facts that belong to it. */
export function sampleEvent(name: RecordingEventName, recording: RecordingView): RecordingEvent {
  return {
    id: `evt_${recording.id}_${name}`,
    recordingId: recording.id,
    name,
    sequence: 1,
    at: '2024-07-28T09:01:00.900Z',
    mediaTimeMs: 20500,
    ...(recording.capture === null ? {} : { capture: recording.capture }),
    ...(recording.receipt === null ? {} : { receipt: recording.receipt }),
    ...(recording.failure === null ? {} : { failure: recording.failure }),
    ...(name === 'transcription.available'
      ? {
          transcript: { id: 'cac8582f-db8a-4c4d-82e5-3e8026435a54', text: 'please call me _ tomorrow', location: null },
        }
      : {}),
  };
}

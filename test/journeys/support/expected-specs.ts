import type { RecordingSpec } from '#libs/recording-model';

/** What the ledger must hold of the voicemail of the FlexML contract, §2.4: what it says, and FlexML's defaults for the rest (contract §2). */
export function flexmlVoicemailSpec(app: string): RecordingSpec {
  const callback = { method: 'POST', userinfo: null, fallbackUrl: null, policy: 'durable' } as const;
  const request = { method: 'POST', userinfo: null } as const;
  return {
    vendor: 'flexml',
    mode: 'blocking',
    start: 'now',
    parties: 'caller',
    channels: 1,
    sampleRate: 8000,
    beep: true,
    stopKeys: '#',
    silence: { initialMs: 5000, finalMs: 5000, level: 'auto' },
    maxDurationMs: 120_000,
    minDurationMs: 0,
    maxBytes: null,
    trim: 'both',
    followTransfer: false,
    playDuring: null,
    format: { container: 'wav', codec: 'pcm16', bitrateKbps: null, extension: 'wav', contentType: 'audio/x-wav' },
    encryption: null,
    destination: { kind: 'media-store', container: '8d53344a-f312-40f8-93f5-bfba3f790b63', file: null },
    ifExists: 'unique',
    retention: { ttlSeconds: 86_400, action: 'delete' },
    labels: { string_key_1: 'user-7' },
    transcription: { locale: null, lowConfidenceThreshold: 0.01, lowConfidenceReplacement: '_', timeoutMs: null },
    subscriptions: [
      {
        name: 'recordingStatusCallback',
        events: [
          'recording.available',
          'recording.failed',
          'recording.absent',
          'recording.discarded',
          'recording.cancelled',
        ],
        url: `${app}/vm/status`,
        ...callback,
      },
      { name: 'callbackUrl', events: ['recording.available'], url: `${app}/vm/done?user=7`, ...callback },
      {
        name: 'transcribeCallback',
        events: ['transcription.available', 'transcription.failed', 'transcription.timeout'],
        url: `${app}/vm/text`,
        ...callback,
      },
    ],
    continuation: {
      onCompleted: { purpose: 'action', url: `${app}/vm/next/42`, ...request },
      onFailed: { purpose: 'errorAction', url: `${app}/vm/error/42`, ...request },
      onlyWithAudio: true,
      requires: 'available',
    },
  };
}

/** What the ledger must hold of the sample application's node: raw defaults (contract §1.2). */
export function kazooSupportSpec(app: string): RecordingSpec {
  return {
    vendor: 'kazoo',
    mode: 'background',
    start: 'now',
    parties: 'both',
    channels: 2,
    sampleRate: 16_000,
    beep: false,
    stopKeys: '',
    silence: null,
    maxDurationMs: 1_200_000,
    minDurationMs: 0,
    maxBytes: null,
    trim: 'none',
    followTransfer: true,
    playDuring: null,
    format: { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' },
    encryption: null,
    destination: { kind: 'http-upload', url: `${app}/kzr`, method: 'PUT', userinfo: null },
    ifExists: 'overwrite',
    retention: null,
    labels: { label: 'support line', origin: 'callflow : support line', format: 'mp3', handler_id: 'overridden' },
    transcription: null,
    subscriptions: [
      {
        name: 'webhook:recordings',
        events: ['recording.finished', 'recording.available', 'recording.discarded', 'recording.deleted'],
        url: `${app}/hook`,
        method: 'POST',
        userinfo: null,
        fallbackUrl: null,
        policy: 'vendor',
        unanswered: { tries: 2, pauseMs: 2000 },
      },
    ],
    continuation: null,
  };
}

/** What the ledger must hold of the sample application's record action (contract §2). */
export function aculabMessageSpec(app: string): RecordingSpec {
  const request = { method: 'POST', userinfo: null } as const;
  return {
    vendor: 'aculab',
    mode: 'blocking',
    start: 'onFirstSound',
    parties: 'caller',
    channels: 1,
    sampleRate: 8000,
    beep: true,
    stopKeys: '#',
    silence: { initialMs: 10_000, finalMs: 10_000, level: 'auto' },
    maxDurationMs: 120_000,
    minDurationMs: 0,
    maxBytes: null,
    trim: 'leading',
    followTransfer: false,
    playDuring: null,
    format: { container: 'wav', codec: 'alaw', bitrateKbps: null, extension: 'wav', contentType: 'audio/x-wav' },
    encryption: null,
    destination: { kind: 'media-store', container: null, file: null },
    ifExists: 'unique',
    retention: null,
    labels: { id: 'message-1', token: 'voicemail' },
    transcription: null,
    subscriptions: [
      {
        name: 'recording_available_page',
        events: ['recording.available'],
        url: `${app}/available`,
        ...request,
        fallbackUrl: null,
        policy: 'durable',
      },
    ],
    continuation: {
      onCompleted: { purpose: 'next_page', url: `${app}/next`, ...request },
      onFailed: { purpose: 'next_page', url: `${app}/next`, ...request },
      onlyWithAudio: false,
      requires: 'captured',
    },
  };
}

/** What the ledger must hold of the sample application's instruction (contract §2). */
export function sinchSampleSpec(app: string, endpoint: string): RecordingSpec {
  return {
    vendor: 'sinch',
    mode: 'background',
    start: 'now',
    parties: 'both',
    channels: 1,
    sampleRate: 8000,
    beep: false,
    stopKeys: '',
    silence: null,
    maxDurationMs: 14_400_000,
    minDurationMs: 0,
    maxBytes: null,
    trim: 'none',
    followTransfer: false,
    playDuring: null,
    format: { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' },
    encryption: null,
    destination: {
      kind: 's3',
      bucket: 'my-s3-bucket',
      key: 'calls/',
      region: 'eu-central-1',
      endpoint,
      addressing: null,
      accessKeyId: { secret: 'accessKeyId' },
      secretAccessKey: { secret: 'secretAccessKey' },
    },
    ifExists: 'overwrite',
    retention: null,
    labels: {},
    transcription: null,
    subscriptions: [
      {
        name: 'notify',
        events: [
          'recording.finished',
          'recording.absent',
          'recording.available',
          'recording.failed',
          'transcription.available',
        ],
        url: `${app}/callback`,
        method: 'POST',
        userinfo: null,
        fallbackUrl: null,
        policy: 'vendor',
      },
    ],
    continuation: null,
  };
}

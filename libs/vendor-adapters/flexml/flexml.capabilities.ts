import { type FieldCapability } from '#libs/recording-model';

type Support = FieldCapability['support'];

/** [attribute of Record, canonical field, support, default, note] (contract §2, §2.2). */
const RECORD_ROWS: readonly (readonly [string, string | null, Support, string | null, string?])[] = [
  [
    'action',
    'spec.continuation.onCompleted',
    'executed',
    null,
    'asked only when the file is retrievable and not empty',
  ],
  ['method', 'spec.continuation.onCompleted', 'executed', 'POST'],
  ['errorAction', 'spec.continuation.onFailed', 'executed', null],
  ['errorMethod', 'spec.continuation.onFailed', 'executed', 'POST'],
  ['callbackUrl', 'spec.subscriptions.callbackUrl', 'executed', null, 'POST; completed recordings only'],
  ['recordingStatusCallback', 'spec.subscriptions.recordingStatusCallback', 'executed', null],
  ['recordingStatusCallbackEvent', 'spec.subscriptions.recordingStatusCallback', 'converted', 'completed,failed'],
  ['recordingStatusCallbackMethod', 'spec.subscriptions.recordingStatusCallback', 'executed', 'POST'],
  ['transcribe', 'spec.transcription', 'executed', 'false'],
  ['transcribeCallback', 'spec.subscriptions.transcribeCallback', 'executed', null],
  ['transcribeTimeout', 'spec.transcription.timeoutMs', 'executed', null],
  ['transcribeLowConfidenceWordThreshold', 'spec.transcription.lowConfidenceThreshold', 'executed', '0.01'],
  ['transcribeLowConfidenceWordReplacement', 'spec.transcription.lowConfidenceReplacement', 'executed', '_'],
  [
    'containerSid',
    'spec.destination.container',
    'executed',
    null,
    'quotas kept; default: the setting containerSid, then a container of the account',
  ],
  ['fileSid', 'spec.destination.file', 'executed', null, 'beats containerSid; it must be there'],
  ['fileMode', 'spec.ifExists', 'executed', 'append', 'only with fileSid; otherwise a new file is made'],
  ['fileFormat', 'spec.format', 'converted', 'wav', 'wav: PCM 16 bit; ul: raw mu-law; 8 kHz mono'],
  ['direction', 'spec.parties', 'converted', 'any'],
  ['finishOnKey', 'spec.stopKeys', 'executed', '0123456789*#', 'foreground only'],
  ['timeout', 'spec.silence', 'converted', '5', 's; silence at the start and after speech; foreground only'],
  ['maxLength', 'spec.maxDurationMs', 'converted', '3600', 's; default: the setting defaultMaxLength'],
  ['playBeep', 'spec.beep', 'executed', 'false'],
  ['trim', 'spec.trim', 'converted', 'trim-silence'],
  ['recordSession', 'spec.mode', 'converted', 'false'],
  ['backgroundAudioUrl', 'spec.playDuring.url', 'executed', null],
  ['backgroundAudioLoop', 'spec.playDuring.loop', 'executed', '1'],
  ['integerKey1', 'spec.labels.integer_key_1', 'converted', null],
  ['integerKey2', 'spec.labels.integer_key_2', 'converted', null],
  ['stringKey1', 'spec.labels.string_key_1', 'executed', null],
  ['stringKey2', 'spec.labels.string_key_2', 'executed', null],
  ['lifecycleTtl', 'spec.retention', 'executed', null, 's; -1: never'],
  ['lifecycleAction', 'spec.retention', 'executed', 'delete', 'only with lifecycleTtl'],
  ['awsAccessKey', 'spec.destination.accessKeyId', 'executed', null],
  ['awsSecretKey', 'spec.destination.secretAccessKey', 'executed', null],
  ['awsBucketName', 'spec.destination.bucket', 'executed', null],
  ['gcpBucketName', 'spec.destination.bucket', 'executed', null],
  ['gcpProject', 'spec.destination.project', 'executed', null],
  ['gcpAccessToken', 'spec.destination.auth', 'executed', null],
  ['gcpRefreshToken', 'spec.destination.auth', 'executed', null, 'preferred to gcpAccessToken when complete'],
  ['gcpClientId', 'spec.destination.auth', 'executed', null],
  ['gcpClientSecret', 'spec.destination.auth', 'executed', null],
  ['azureAccountName', 'spec.destination.account', 'executed', null],
  ['azureContainerName', 'spec.destination.container', 'executed', null],
  ['azureAccountKey', 'spec.destination.auth', 'executed', null, 'preferred to azureSasToken'],
  ['azureSasToken', 'spec.destination.auth', 'executed', null],
];

const STREAMS = 'media streams to the application, beside all recording; skipped with a warning, as are unknown verbs';

/** The other verbs (contract §5). */
const VERB_ROWS: readonly (readonly [string, string | null, Support, string?])[] = [
  ['Say', 'step.speak', 'executed', 'without a speech engine it takes its time in silence'],
  ['Play', 'step.playMedia', 'executed', 'its action and errorAction too; keys that control it are not'],
  ['Pause', 'step.wait', 'executed', 'also written Wait'],
  ['Gather', 'step.collectDigits', 'executed', 'with the prompts inside; of its keys those of validDigits'],
  ['Redirect', 'step.fetch', 'executed'],
  ['Hangup', 'step.hangup', 'executed'],
  ['Reject', 'step.reject', 'executed'],
  ['Dial', 'step.connect', 'executed', 'the first number; recording by Dial itself is not described by the vendor'],
  ['Dtmf', 'step.sendDigits', 'executed'],
  ['PreAnswer', 'step.speak', 'executed', 'the prompts inside'],
  ['Amd', 'step.fetch', 'emulated', 'its action hears AMDStatus NOTSURE: nobody analyses who has answered'],
  ['Start', null, 'not applicable', STREAMS],
  ['Stop', null, 'not applicable', STREAMS],
  ['Connect', null, 'not applicable', STREAMS],
  ['Stream', null, 'not applicable', STREAMS],
];

/** What a FlexML document can ask for and what becomes of it. */
export const flexmlCapabilities: readonly FieldCapability[] = [
  ...RECORD_ROWS.map(([name, to, support, fallback, note]) => ({
    field: `Record@${name}`,
    to,
    support,
    default: fallback,
    ...(note === undefined ? {} : { note }),
  })),
  ...VERB_ROWS.map(([field, to, support, note]) => ({
    field,
    to,
    support,
    default: null,
    ...(note === undefined ? {} : { note }),
  })),
];

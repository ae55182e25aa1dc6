import type { FlowStep, JsonObject, ParseContext, RecordingFormat, RecordingSpec } from '#libs/recording-model';
import { isJsonObject, member } from '../shared/index.js';
import { readCipher } from './aculab.cipher.js';
import { dropAll, type DocumentScope } from './aculab.document-scope.js';
import { CALL_RECORDING_FILENAME } from './aculab.instance-info.js';
import { callRecordingFilename } from './aculab.names.js';
import { ObjectReader } from './aculab.object-reader.js';
import { compandingOf, settingOf, type G711Law } from './aculab.settings.js';

const CIPHER = 'call_recording_cipher';

const LAWS = { alaw: 'alaw', ulaw: 'mulaw' } as const satisfies Record<G711Law, RecordingFormat['codec']>;

/** The recording of the whole call that a service is configured for, and what the flow knows of it. */
export interface CallRecording {
  readonly steps: readonly FlowStep[];
  readonly flowState: JsonObject;
}

const NONE: CallRecording = { steps: [], flowState: {} };

/**
 * Whole-call recording is a setting of the service (contract §7): from the answer on, both directions, as long as the
 * call lasts. It begins with the first page, whose answer may bring the cipher of the file.
 */
export function callRecording(scope: DocumentScope, context: ParseContext, isFirstPage: boolean): CallRecording {
  const asked = settingOf(scope.application, 'callRecording')?.toLowerCase() === 'true';
  if (!asked || !isFirstPage) return withoutCipher(scope, asked);
  const filename = callRecordingFilename(scope.call, context);
  const owner = isJsonObject(scope.document.value) ? ObjectReader.at(scope, '').withOwnSecrets() : null;
  const place = { to: 'spec.encryption', secretName: CIPHER };
  const encryption = owner?.has(CIPHER) === true ? readCipher(owner, CIPHER, place) : null;
  const spec: RecordingSpec = {
    vendor: 'aculab',
    mode: 'background',
    start: 'onAnswer',
    parties: 'both',
    channels: settingOf(scope.application, 'callRecordingMode')?.toLowerCase() === 'separate' ? 2 : 1,
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
    format: {
      container: 'wav',
      codec: LAWS[compandingOf(scope.application)],
      bitrateKbps: null,
      extension: 'wav',
      contentType: 'audio/x-wav',
    },
    encryption,
    destination: { kind: 'media-store', container: null, file: null },
    ifExists: 'unique',
    retention: null,
    labels: { [CALL_RECORDING_FILENAME]: filename },
    transcription: null,
    subscriptions: [],
    continuation: null,
  };
  const step: FlowStep = {
    at: scope.document.positionOf(''),
    kind: 'record',
    spec,
    secrets: owner?.scope.secrets ?? {},
  };
  return { steps: [step], flowState: { [CALL_RECORDING_FILENAME]: filename } };
}

function withoutCipher(scope: DocumentScope, asked: boolean): CallRecording {
  const { value } = scope.document;
  if (!isJsonObject(value) || member(value, CIPHER) === undefined) return NONE;
  const reason = asked ? 'only the answer of the first page brings it' : 'the setting callRecording is off';
  dropAll(scope, `/${CIPHER}`, reason);
  scope.warn(`${CIPHER} is not used: ${reason}`, `/${CIPHER}`);
  return NONE;
}

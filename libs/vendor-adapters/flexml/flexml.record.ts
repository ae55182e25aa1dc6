import {
  RecgateError,
  type FlowRequest,
  type RecordAction,
  type RecordingContinuation,
  type RecordingFormat,
  type RecordingSpec,
  type SilenceRule,
} from '#libs/recording-model';
import type { XmlElement } from '../shared/index.js';
import { AttributeReader } from './attribute-reader.js';
import { readDestination, readIfExists } from './flexml.record-storage.js';
import { readSubscriptions, readTranscription } from './flexml.record-subscriptions.js';
import { positiveSettingOf } from './flexml.settings.js';
import { MOST_TEXT } from './flexml.storage-fields.js';
import { ALL_KEYS, readKeys } from './keys.js';
import { SecretCollector, keepUserinfo, readMethod, urlAttribute, type MapContext } from './map-context.js';
import { shownValue } from './redaction.js';

const NEVER_ENDS_BACKGROUND = 'it does not end a background recording';
const NEVER_BRANCHES = 'a background recording does not branch the call flow';

/** `fileFormat` (contract §2); the content types are those of the File object (§4.4). */
const FORMATS: Readonly<Record<string, RecordingFormat>> = {
  wav: { container: 'wav', codec: 'pcm16', bitrateKbps: null, extension: 'wav', contentType: 'audio/x-wav' },
  mp3: { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' },
  ul: { container: 'raw', codec: 'mulaw', bitrateKbps: null, extension: 'ul', contentType: 'audio/basic' },
};

/**
 * Reads `<Record>` (contract §2) into the canonical job.
 * @throws RecgateError `field.invalid` for a value outside the contract and for anything nested in it (§2.3).
 */
export function readRecord(element: XmlElement, context: MapContext): RecordAction {
  const reader = new AttributeReader(element, context.log);
  const secrets = new SecretCollector();
  refuseContent(element, context);
  const mode = reader.flag('recordSession', { to: 'spec.mode', outcome: 'converted' }) ? 'background' : 'blocking';
  const destination = readDestination(reader, secrets, context);
  const transcription = readTranscription(reader);
  const spec: RecordingSpec = {
    vendor: 'flexml',
    mode,
    start: 'now',
    parties: readParties(reader),
    channels: 1,
    sampleRate: 8000,
    beep: reader.flag('playBeep', { to: 'spec.beep' }),
    stopKeys: readStopKeys(reader, mode),
    silence: readSilence(reader, mode),
    maxDurationMs: readMaxDurationMs(reader, context),
    minDurationMs: 0,
    maxBytes: null,
    trim: readTrim(reader),
    followTransfer: mode === 'background',
    playDuring: readPlayDuring(reader, context),
    format: reader.keyword('fileFormat', { words: FORMATS, fallback: 'wav', to: 'spec.format' }),
    encryption: null,
    destination,
    ifExists: readIfExists(reader, destination),
    retention: readRetention(reader),
    labels: readLabels(reader),
    transcription,
    subscriptions: readSubscriptions(reader, secrets, context, transcription !== null),
    continuation: readContinuation(reader, mode, secrets, context),
  };
  reader.finish();
  return { kind: 'record', spec, secrets: secrets.bag };
}

function refuseContent(element: XmlElement, context: MapContext): void {
  const [child] = element.children;
  if (child !== undefined) {
    throw new RecgateError('field.invalid', `Record contains nothing; ${child.name} may not stand in it`, {
      field: 'Record',
      position: child.at,
    });
  }
  if (element.text === null) return;
  context.log.account(element.text.at, { value: shownValue(element.text), outcome: 'unknown' });
  context.log.warn('Record contains nothing; its text has no effect', element.text.at);
}

/** By call leg, not by direction of media (contract §2, direction). */
function readParties(reader: AttributeReader): RecordingSpec['parties'] {
  return reader.keyword<RecordingSpec['parties']>('direction', {
    words: { any: 'both', in: 'caller', out: 'callee' },
    fallback: 'any',
    to: 'spec.parties',
  });
}

function readStopKeys(reader: AttributeReader, mode: RecordingSpec['mode']): string {
  if (mode === 'background') {
    reader.drop(['finishOnKey'], NEVER_ENDS_BACKGROUND);
    return '';
  }
  return readKeys(reader, { name: 'finishOnKey', fallback: ALL_KEYS, to: 'spec.stopKeys' });
}

/** One number for silence at the start and after speech (contract §2, timeout). */
function readSilence(reader: AttributeReader, mode: RecordingSpec['mode']): SilenceRule | null {
  if (mode === 'background') {
    reader.drop(['timeout'], NEVER_ENDS_BACKGROUND);
    return null;
  }
  const ms =
    reader.integer('timeout', { min: 1, fallback: 5, to: 'spec.silence', outcome: 'converted', reason: 's to ms' }) *
    1000;
  return { initialMs: ms, finalMs: ms, level: 'auto' };
}

function readMaxDurationMs(reader: AttributeReader, context: MapContext): number {
  const fallback = positiveSettingOf(context.application, 'defaultMaxLength');
  return (
    reader.integer('maxLength', {
      min: 1,
      fallback,
      to: 'spec.maxDurationMs',
      outcome: 'converted',
      reason: 's to ms',
    }) * 1000
  );
}

function readTrim(reader: AttributeReader): RecordingSpec['trim'] {
  return reader.keyword<RecordingSpec['trim']>('trim', {
    words: { 'trim-silence': 'both', 'do-not-trim': 'none' },
    fallback: 'trim-silence',
    to: 'spec.trim',
  });
}

function readPlayDuring(reader: AttributeReader, context: MapContext): RecordingSpec['playDuring'] {
  const audio = urlAttribute(reader, 'backgroundAudioUrl', context, { to: 'spec.playDuring.url' });
  if (audio === null) {
    reader.drop(['backgroundAudioLoop'], 'there is no backgroundAudioUrl it could apply to');
    return null;
  }
  if (audio.userinfo !== null) reader.log.warn('The credentials in backgroundAudioUrl are not sent', reader.element.at);
  return {
    url: audio.url,
    loop: reader.integer('backgroundAudioLoop', { min: 0, fallback: 1, to: 'spec.playDuring.loop' }),
  };
}

/** Without `lifecycleTtl` nothing is ever deleted, whatever `lifecycleAction` says (contract §2.5 row 10). */
function readRetention(reader: AttributeReader): RecordingSpec['retention'] {
  if (!reader.has('lifecycleTtl')) {
    reader.drop(['lifecycleAction'], 'there is no lifecycleTtl it could apply to');
    return null;
  }
  const to = 'spec.retention';
  const ttlSeconds = reader.integer('lifecycleTtl', { min: -1, to }) ?? -1;
  const action = reader.keyword<'delete' | 'no_action'>('lifecycleAction', {
    words: { delete: 'delete', no_action: 'no_action' },
    fallback: 'delete',
    to,
  });
  // What the document wants kept is kept, whatever gateway and application would do.
  return { ttlSeconds: action === 'no_action' ? -1 : ttlSeconds, action: 'delete' };
}

/** Under the names of the File object (contract §4.4). */
function readLabels(reader: AttributeReader): RecordingSpec['labels'] {
  const limit = Number.MAX_SAFE_INTEGER;
  const rows = [1, 2].flatMap((number) => {
    const integerTo = `integer_key_${number}`;
    const stringTo = `string_key_${number}`;
    return [
      [
        integerTo,
        reader.integer(`integerKey${number}`, {
          min: -limit,
          max: limit,
          to: `spec.labels.${integerTo}`,
          outcome: 'converted',
        }),
      ],
      [stringTo, readStringKey(reader, `stringKey${number}`, `spec.labels.${stringTo}`)],
    ] as const;
  });
  return Object.fromEntries(rows.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])));
}

/** As long as the Storage API takes it; the rest is cut off, since a recording counts for more than its label. */
function readStringKey(reader: AttributeReader, name: string, to: string): string | null {
  const isCut = (reader.find(name)?.value.length ?? 0) > MOST_TEXT;
  const cut = { outcome: 'converted', reason: `cut to ${MOST_TEXT} characters` } as const;
  const text = reader.text(name, { to, ...(isCut ? cut : {}) });
  if (isCut) reader.log.warn(`${name} is longer than ${MOST_TEXT} characters; the rest is cut off`, reader.element.at);
  return text?.slice(0, MOST_TEXT) ?? null;
}

/** `action` and `errorAction` (contract §1.3): the file must be retrievable before either is asked. */
function readContinuation(
  reader: AttributeReader,
  mode: RecordingSpec['mode'],
  secrets: SecretCollector,
  context: MapContext,
): RecordingContinuation | null {
  if (mode === 'background') {
    warnOfBranch(reader);
    reader.drop(['action', 'method', 'errorAction', 'errorMethod'], NEVER_BRANCHES);
    return null;
  }
  const onCompleted = readBranch(reader, 'action', 'method', 'spec.continuation.onCompleted', secrets, context);
  const onFailed = readBranch(reader, 'errorAction', 'errorMethod', 'spec.continuation.onFailed', secrets, context);
  if (onCompleted === null && onFailed === null) return null;
  return { onCompleted, onFailed, onlyWithAudio: true, requires: 'available' };
}

function warnOfBranch(reader: AttributeReader): void {
  for (const name of ['action', 'errorAction']) {
    const attribute = reader.find(name);
    if (attribute !== undefined) reader.log.warn(`${name}: ${NEVER_BRANCHES}`, attribute.at);
  }
}

function readBranch(
  reader: AttributeReader,
  name: 'action' | 'errorAction',
  methodName: string,
  to: string,
  secrets: SecretCollector,
  context: MapContext,
): FlowRequest | null {
  const resolved = urlAttribute(reader, name, context, { to });
  if (resolved === null) {
    reader.drop([methodName], `there is no ${name} it could apply to`);
    return null;
  }
  return {
    purpose: name,
    url: resolved.url,
    method: readMethod(reader, methodName, to),
    userinfo: keepUserinfo(name, resolved, secrets),
  };
}

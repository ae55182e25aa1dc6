import {
  type RecordingEventName,
  type Subscription,
  type TranscriptionRule,
} from '#libs/recording-model';
import type { AttributeReader } from './attribute-reader.js';
import { keepUserinfo, readMethod, urlAttribute, type MapContext, type SecretCollector } from './map-context.js';

/** The words of `recordingStatusCallbackEvent` and the events behind them. */
export const STATUS_EVENTS: Readonly<Record<string, readonly RecordingEventName[]>> = {
  completed: ['recording.available'],
  failed: ['recording.failed'],
  absent: ['recording.absent', 'recording.discarded', 'recording.cancelled'],
};

const TRANSCRIPTION_EVENTS: readonly RecordingEventName[] = [
  'transcription.available',
  'transcription.failed',
  'transcription.timeout',
];
const NOT_TRANSCRIBED = 'the recording is not transcribed';

/** The callbacks of a Record in the order they go out (contract §3). */
export function readSubscriptions(
  reader: AttributeReader,
  secrets: SecretCollector,
  context: MapContext,
  isTranscribed: boolean,
): readonly Subscription[] {
  const subscriptions = [
    readStatusCallback(reader, secrets, context),
    readCallback(reader, 'callbackUrl', ['recording.available'], secrets, context),
    readTranscribeCallback(reader, secrets, context, isTranscribed),
  ];
  return subscriptions.filter((subscription) => subscription !== null);
}

function readStatusCallback(
  reader: AttributeReader,
  secrets: SecretCollector,
  context: MapContext,
): Subscription | null {
  const subscription = readCallback(reader, 'recordingStatusCallback', [], secrets, context);
  if (subscription === null) {
    reader.drop(
      ['recordingStatusCallbackEvent', 'recordingStatusCallbackMethod'],
      'there is no recordingStatusCallback it could apply to',
    );
    return null;
  }
  const to = 'spec.subscriptions.recordingStatusCallback';
  return {
    ...subscription,
    events: readStatusEvents(reader, to),
    method: readMethod(reader, 'recordingStatusCallbackMethod', to),
  };
}

/** Comma separated; spaces around or instead of commas are accepted, unknown words ignored with a warning. */
function readStatusEvents(reader: AttributeReader, to: string): readonly RecordingEventName[] {
  const name = 'recordingStatusCallbackEvent';
  const attribute = reader.find(name);
  const value = attribute?.value ?? 'completed,failed';
  const words = new Set(
    value
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((word) => word !== ''),
  );
  const known = Object.keys(STATUS_EVENTS).filter((word) => words.has(word));
  if (attribute === undefined) reader.applyDefault(name, value, to);
  else reader.account(attribute, { to, outcome: 'converted' });
  const strange = [...words].filter((word) => !known.includes(word));
  if (attribute !== undefined && strange.length > 0)
    reader.log.warn(`${name}: no such event: ${strange.join(', ')}`, attribute.at);
  return known.flatMap((word) => STATUS_EVENTS[word] ?? []);
}

function readTranscribeCallback(
  reader: AttributeReader,
  secrets: SecretCollector,
  context: MapContext,
  isTranscribed: boolean,
): Subscription | null {
  const name = 'transcribeCallback';
  if (isTranscribed) return readCallback(reader, name, TRANSCRIPTION_EVENTS, secrets, context);
  // Still resolved, so that a broken URL is told and its credentials are not shown.
  urlAttribute(reader, name, context, { dropped: NOT_TRANSCRIBED });
  return null;
}

function readCallback(
  reader: AttributeReader,
  name: string,
  events: readonly RecordingEventName[],
  secrets: SecretCollector,
  context: MapContext,
): Subscription | null {
  const resolved = urlAttribute(reader, name, context, { to: `spec.subscriptions.${name}` });
  if (resolved === null) return null;
  return {
    name,
    events,
    url: resolved.url,
    method: 'POST',
    userinfo: keepUserinfo(name, resolved, secrets),
    fallbackUrl: null,
    policy: 'durable',
  };
}

/** `transcribe*` (contract §2); a callback alone does not ask for a transcription (§3). */
export function readTranscription(reader: AttributeReader): TranscriptionRule | null {
  const to = 'spec.transcription';
  if (!reader.flag('transcribe', { to })) {
    reader.drop(
      ['transcribeTimeout', 'transcribeLowConfidenceWordThreshold', 'transcribeLowConfidenceWordReplacement'],
      NOT_TRANSCRIBED,
    );
    return null;
  }
  const timeout = reader.integer('transcribeTimeout', { to: `${to}.timeoutMs` });
  return {
    locale: null,
    lowConfidenceThreshold: readThreshold(reader),
    lowConfidenceReplacement: readReplacement(reader),
    timeoutMs: timeout === null ? null : timeout * 1000,
  };
}

function readThreshold(reader: AttributeReader): number {
  return reader.decimal('transcribeLowConfidenceWordThreshold', {
    min: 0,
    max: 1,
    fallback: 0.01,
    to: 'spec.transcription.lowConfidenceThreshold',
  });
}

function readReplacement(reader: AttributeReader): string {
  const name = 'transcribeLowConfidenceWordReplacement';
  const to = 'spec.transcription.lowConfidenceReplacement';
  const given = reader.text(name, { to });
  if (given === null) reader.applyDefault(name, '_', to);
  return given ?? '_';
}

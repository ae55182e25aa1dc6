import {
  type ParseContext,
  type RecordAction,
  type RecordingFormat,
  type RecordingSpec,
  type Subscription,
  type TranscriptionRule,
} from '#libs/recording-model';
import { childPointer } from '../shared/index.js';
import type { SinchLocation } from './sinch.destination.js';
import { CONFERENCE_LABEL, SDRIVE_LABEL } from './sinch.names.js';
import { readRecordingTarget } from './sinch.recording-target.js';
import { callbackUrls } from './sinch.settings.js';
import { SvamlObject, truthOf } from './sinch.svaml-reader.js';

/** Name of the one subscription of a Sinch recording. */
export const NOTIFY = 'notify';

/** Calls are capped at this length, and recordings with them (contract §8). */
const MAX_CALL_MS = 14_400_000;

const FORMATS: Readonly<Record<string, RecordingFormat>> = {
  mp3: { container: 'mp3', codec: 'mp3', bitrateKbps: null, extension: 'mp3', contentType: 'audio/mpeg' },
  wav: { container: 'wav', codec: 'pcm16', bitrateKbps: null, extension: 'wav', contentType: 'audio/wav' },
};

const LOCALES = new Set(
  (
    'af-ZA ar-AE ar-SA zh-CN zh-TW da-DK nl-NL en-AU en-GB en-IN en-IE en-NZ en-AB en-ZA en-US en-WL fr-FR fr-CA ' +
    'fa-IR gd_GB gd-GB de-DE de-CH he-IL hi-IN id-ID ga-IE it-IT ja-JP ko-KR ms-MY pt-PT pt-BR ru-RU es-ES es-US ' +
    'sv-SE ta-IN te-IN th-TH tr-TR vi-VN'
  ).split(' '),
);

/** Who is recorded: the call, or the whole conference with its id (contract §0.4, §3.3). */
export type RecordingScope = { readonly kind: 'call' } | { readonly kind: 'conference'; readonly conferenceId: string };

/**
 * Reads RecordingOptions into a record action (contract §2). `holder` is the instruction or action; `options` its
 * options, or null when it has none (contract §2.5 row 4).
 * @throws RecgateError `field.missing`, `field.invalid` as the vendor answers 40002 and 40001.
 */
export function readRecordAction(
  holder: SvamlObject,
  options: { readonly pointer: string; readonly object: SvamlObject | null },
  scope: RecordingScope,
  context: ParseContext,
): RecordAction {
  const fields = options.object ?? new SvamlObject(holder.reading, options.pointer);
  const { target, location } = readRecordingTarget(fields, context);
  const format = formatOf(fields);
  const spec: RecordingSpec = {
    vendor: 'sinch',
    mode: 'background',
    start: 'now',
    parties: scope.kind === 'conference' ? 'conference' : 'both',
    channels: 1,
    sampleRate: 8000,
    beep: false,
    stopKeys: '',
    silence: null,
    maxDurationMs: MAX_CALL_MS,
    minDurationMs: 0,
    maxBytes: null,
    trim: 'none',
    followTransfer: false,
    playDuring: null,
    format,
    encryption: null,
    destination: target.destination,
    ifExists: 'overwrite',
    retention: null,
    labels: labelsOf(location, scope, context),
    transcription: transcriptionOf(fields),
    subscriptions: subscriptionsOf(fields, context),
    continuation: null,
  };
  return { kind: 'record', spec, secrets: target.secrets };
}

function formatOf(fields: SvamlObject): RecordingFormat {
  const word = fields.text(['format'], { to: 'spec.format' });
  if (word === null) fields.reading.defaulted(childPointer(fields.pointer, 'format'), 'mp3', { to: 'spec.format' });
  const format = Object.entries(FORMATS).find(([name]) => name === (word ?? 'mp3').trim().toLowerCase())?.[1];
  if (format === undefined)
    throw fields.reading.invalid(fields.find('format') ?? fields.pointer, 'format', 'format must be mp3 or wav');
  return format;
}

function subscriptionsOf(fields: SvamlObject, context: ParseContext): readonly Subscription[] {
  const wanted = fields.flag(['notificationEvents'], { to: 'spec.subscriptions' });
  if (wanted === null)
    fields.reading.defaulted(childPointer(fields.pointer, 'notificationEvents'), true, {
      to: 'spec.subscriptions',
    });
  if (wanted === false) return [];
  const { primary, fallback } = callbackUrls(context.application);
  return [
    {
      name: NOTIFY,
      events: [
        'recording.finished',
        'recording.absent',
        'recording.available',
        'recording.failed',
        'transcription.available',
      ],
      url: primary,
      method: 'POST',
      userinfo: null,
      fallbackUrl: fallback,
      policy: 'vendor',
    },
  ];
}

function transcriptionOf(fields: SvamlObject): TranscriptionRule | null {
  const { reading } = fields;
  const options = fields.child('transcriptionOptions');
  const pointer = options?.pointer ?? childPointer(fields.pointer, 'transcriptionOptions');
  const object = options ?? new SvamlObject(reading, pointer);
  const enabledAt = object.find('enabled');
  const enabled = enabledAt === null ? false : booleanAt(object, enabledAt);
  if (enabledAt === null) reading.defaulted(childPointer(pointer, 'enabled'), false, { to: 'spec.transcription' });
  if (enabledAt !== null) reading.claimTree(enabledAt, 'exact', { to: 'spec.transcription' });
  const localeAt = object.find('locale');
  const locale = localeAt === null ? null : object.value(localeAt);
  if (localeAt !== null) {
    if (typeof locale !== 'string') throw reading.invalid(localeAt, 'locale', 'locale must be a string');
    const to = 'spec.transcription.locale';
    reading.claimTree(localeAt, enabled ? 'exact' : 'dropped', enabled ? { to } : { to, reason: 'transcription is not enabled' });
    if (!LOCALES.has(locale)) reading.warn(localeAt, 'This locale is not in the list of the vendor');
  }
  if (!enabled) return null;
  if (localeAt === null)
    reading.defaulted(childPointer(pointer, 'locale'), 'en-US', { to: 'spec.transcription.locale' });
  return {
    locale: typeof locale === 'string' ? locale.replace('_', '-') : 'en-US',
    lowConfidenceThreshold: null,
    lowConfidenceReplacement: null,
    timeoutMs: null,
  };
}

function booleanAt(object: SvamlObject, pointer: string): boolean {
  const truth = truthOf(object.value(pointer));
  if (truth === null) throw object.reading.invalid(pointer, 'enabled', 'enabled must be true or false');
  return truth;
}

function labelsOf(location: SinchLocation, scope: RecordingScope, context: ParseContext): Record<string, string> {
  const custom = context.call.vendor['custom'];
  return {
    ...(typeof custom === 'string' && custom !== '' ? { custom } : {}),
    ...(scope.kind === 'conference' ? { [CONFERENCE_LABEL]: scope.conferenceId } : {}),
    ...(location.scheme === 'sdrive' && location.key !== null ? { [SDRIVE_LABEL]: location.key } : {}),
  };
}

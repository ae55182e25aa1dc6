import {
  NOT_YET_EXECUTED,
  REDACTED,
  RecgateError,
  splitUserinfo,
  type ParseContext,
  type RecordAction,
  type RecordingFormat,
  type RecordingSpec,
  type Subscription,
  type TranscriptionRule,
} from '#libs/recording-model';
import { childPointer } from '../shared/index.js';
import { readSinchLocation, toDestination, type SinchLocation, type SinchTarget } from './sinch.destination.js';
import { CONFERENCE_LABEL, SDRIVE_LABEL } from './sinch.names.js';
import { callbackUrls, settingOf } from './sinch.settings.js';
import { SvamlObject, type SvamlReading } from './sinch.svaml-reader.js';

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
  const { target, location } = destinationOf(fields, context);
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

function destinationOf(fields: SvamlObject, context: ParseContext): { target: SinchTarget; location: SinchLocation } {
  const { reading } = fields;
  const url = fields.find('destinationUrl', 'destination');
  const own = url === null ? null : urlText(fields, url);
  const text = own ?? settingOf(context.application, 'destinationUrl');
  if (text === null) throw reading.missing(fields.pointer, 'destinationUrl');
  const path = url ?? childPointer(fields.pointer, 'destinationUrl');
  const location = readSinchLocation(text);
  if ('refused' in location) throw refusal(reading, path, 'destinationUrl', location.refused, own === null);
  if (url === null) reading.accounting.defaulted(path, text, { to: 'spec.destination', reason: 'application default' });
  if (location.scheme === 'sdrive')
    reading.warn(path, 'sdrive:// is no longer offered by the vendor; the file goes to the store of the gateway');
  const credentials = credentialsOf(fields, location, own === null, context);
  const target = toDestination(location, credentials.text, endpointsOf(context));
  if ('refused' in target)
    throw refusal(reading, credentials.path, 'credentials', target.refused, !credentials.written);
  return { target, location };
}

function refusal(reading: SvamlReading, path: string, field: string, why: string, isSetting: boolean): RecgateError {
  return reading.invalid(path, field, isSetting ? `The application's default destination cannot be used: ${why}` : why);
}

function urlText(fields: SvamlObject, pointer: string): string {
  const value = fields.value(pointer);
  if (typeof value !== 'string')
    throw fields.reading.invalid(pointer, 'destinationUrl', 'destinationUrl must be a string');
  if (value.trim() === '') throw fields.reading.missing(fields.pointer, 'destinationUrl');
  const alias = pointer.toLowerCase().endsWith('/destination');
  const note = { to: 'spec.destination', value: splitUserinfo(value).url };
  fields.reading.accounting.field(pointer, alias ? 'converted' : 'exact', note);
  return value;
}

/** Credentials of the document; those of the application go with its default destination only. */
function credentialsOf(
  fields: SvamlObject,
  location: SinchLocation,
  isDefault: boolean,
  context: ParseContext,
): { text: string; path: string; written: boolean } {
  const { reading } = fields;
  const pointer = fields.find('credentials');
  const path = pointer ?? childPointer(fields.pointer, 'credentials');
  if (location.scheme === 'sdrive') {
    if (pointer !== null)
      reading.claimTree(pointer, 'dropped', {
        value: REDACTED,
        reason: 'the store of the gateway needs no credentials',
      });
    return { text: '', path, written: true };
  }
  if (pointer !== null) {
    const value = fields.value(pointer);
    if (typeof value !== 'string') throw reading.invalid(pointer, 'credentials', 'credentials must be a string');
    reading.accounting.field(pointer, 'converted', { to: 'spec.destination', value: REDACTED });
    if (value.trim() === '') throw reading.missing(fields.pointer, 'credentials');
    return { text: value, path, written: true };
  }
  const text = isDefault ? context.application.secrets['credentials'] : undefined;
  if (text === undefined)
    throw reading.missing(fields.pointer, 'credentials', `credentials are required for ${location.scheme}://`);
  reading.accounting.defaulted(path, REDACTED, { to: 'spec.destination', reason: 'application default' });
  return { text, path, written: false };
}

function endpointsOf({ application }: ParseContext) {
  return {
    defaultRegion: settingOf(application, 'defaultRegion'),
    s3: settingOf(application, 's3Endpoint'),
    azure: settingOf(application, 'azureEndpoint'),
    gs: settingOf(application, 'gsEndpoint'),
  };
}

function formatOf(fields: SvamlObject): RecordingFormat {
  const word = fields.text(['format'], { to: 'spec.format' });
  if (word === null)
    fields.reading.accounting.defaulted(childPointer(fields.pointer, 'format'), 'mp3', { to: 'spec.format' });
  const format = Object.entries(FORMATS).find(([name]) => name === (word ?? 'mp3').trim().toLowerCase())?.[1];
  if (format === undefined)
    throw fields.reading.invalid(fields.find('format') ?? fields.pointer, 'format', 'format must be mp3 or wav');
  return format;
}

function subscriptionsOf(fields: SvamlObject, context: ParseContext): readonly Subscription[] {
  const wanted = fields.flag(['notificationEvents'], { to: 'spec.subscriptions' });
  if (wanted === null)
    fields.reading.accounting.defaulted(childPointer(fields.pointer, 'notificationEvents'), true, {
      to: 'spec.subscriptions',
    });
  if (wanted === false) return [];
  const { primary, fallback } = callbackUrls(context.application);
  return [
    {
      name: NOTIFY,
      events: ['recording.finished', 'recording.available', 'recording.failed', 'transcription.available'],
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
  if (enabledAt === null)
    reading.accounting.defaulted(childPointer(pointer, 'enabled'), false, { to: 'spec.transcription' });
  const note = {
    to: 'spec.transcription',
    reason: enabled ? `${NOT_YET_EXECUTED}: transcription` : 'transcription is not enabled',
  };
  if (enabledAt !== null) reading.claimTree(enabledAt, enabled ? 'dropped' : 'exact', note);
  const localeAt = object.find('locale');
  const locale = localeAt === null ? null : object.value(localeAt);
  if (localeAt !== null) {
    if (typeof locale !== 'string') throw reading.invalid(localeAt, 'locale', 'locale must be a string');
    reading.claimTree(localeAt, 'dropped', note);
    if (!LOCALES.has(locale)) reading.warn(localeAt, 'This locale is not in the list of the vendor');
  }
  if (!enabled) return null;
  if (localeAt === null)
    reading.accounting.defaulted(childPointer(pointer, 'locale'), 'en-US', { to: 'spec.transcription.locale' });
  return {
    locale: typeof locale === 'string' ? locale.replace('_', '-') : 'en-US',
    lowConfidenceThreshold: null,
    lowConfidenceReplacement: null,
    timeoutMs: null,
  };
}

function booleanAt(object: SvamlObject, pointer: string): boolean {
  const word = String(object.value(pointer)).trim().toLowerCase();
  if (word !== 'true' && word !== 'false')
    throw object.reading.invalid(pointer, 'enabled', 'enabled must be true or false');
  return word === 'true';
}

function labelsOf(location: SinchLocation, scope: RecordingScope, context: ParseContext): Record<string, string> {
  const custom = context.call.vendor['custom'];
  return {
    ...(typeof custom === 'string' && custom !== '' ? { custom } : {}),
    ...(scope.kind === 'conference' ? { [CONFERENCE_LABEL]: scope.conferenceId } : {}),
    ...(location.scheme === 'sdrive' && location.key !== null ? { [SDRIVE_LABEL]: location.key } : {}),
  };
}

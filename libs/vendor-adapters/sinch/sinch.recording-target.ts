import { REDACTED, RecgateError, splitUserinfo, type ParseContext } from '#libs/recording-model';
import { childPointer } from '../shared/index.js';
import {
  readSinchLocation,
  toDestination,
  type SinchEndpoints,
  type SinchLocation,
  type SinchTarget,
} from './sinch.destination.js';
import { settingOf } from './sinch.settings.js';
import type { SvamlObject, SvamlReading } from './sinch.svaml-reader.js';

/**
 * Reads destinationUrl and credentials, or takes the application's default destination (contract §2.1, §2.2, §2.5 row 4).
 * @throws RecgateError `field.missing`, `field.invalid`; the message never repeats what was written.
 */
export function readRecordingTarget(
  fields: SvamlObject,
  context: ParseContext,
): { target: SinchTarget; location: SinchLocation } {
  const { reading } = fields;
  const url = fields.find('destinationUrl', 'destination');
  const own = url === null ? null : urlText(fields, url);
  const text = own ?? settingOf(context.application, 'destinationUrl');
  if (text === null) throw reading.missing(fields.pointer, 'destinationUrl');
  const path = url ?? childPointer(fields.pointer, 'destinationUrl');
  const location = readSinchLocation(text);
  if ('refused' in location) throw refusal(reading, path, 'destinationUrl', location.refused, own === null);
  if (url === null) reading.defaulted(path, text, { to: 'spec.destination', reason: 'application default' });
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
  reading.defaulted(path, REDACTED, { to: 'spec.destination', reason: 'application default' });
  return { text, path, written: false };
}

function endpointsOf({ application }: ParseContext): SinchEndpoints {
  return {
    defaultRegion: settingOf(application, 'defaultRegion'),
    s3: settingOf(application, 's3Endpoint'),
    azure: settingOf(application, 'azureEndpoint'),
    gs: settingOf(application, 'gsEndpoint'),
  };
}

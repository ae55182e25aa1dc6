import type { ApplicationView, SettingDefinition } from '#libs/recording-model';
import { splitUserinfo } from '#libs/recording-model';
import type { SinchCredentials } from './sinch.signature.js';

/** Region of `ACCESS:SECRET` credentials that name none (contract §2.2). */
export const FALLBACK_REGION = 'us-east-1';

/** Every application setting of the Sinch dialect. */
export const SINCH_SETTINGS: readonly SettingDefinition[] = [
  { key: 'applicationKey', description: 'Key of the Sinch application; default: the application id of the gateway' },
  { key: 'applicationSecret', description: 'Secret of the Sinch application, base64; signs callbacks', secret: true },
  { key: 'callbackUrl', description: 'Where ICE, ACE, PIE, DiCE and notify callbacks go' },
  {
    key: 'timestampToleranceSeconds',
    description: 'How far x-timestamp of a signed request may be from the time of the gateway',
    default: '300',
  },
  { key: 'fallbackUrl', description: 'Tried once when the callback URL fails' },
  { key: 'destinationUrl', description: 'Destination of recordings that bring no destinationUrl of their own' },
  {
    key: 'credentials',
    description: 'Credentials of that default destination, in the form of its scheme',
    secret: true,
  },
  {
    key: 'defaultRegion',
    description: 'AWS region of s3 credentials written without one',
    default: FALLBACK_REGION,
  },
  { key: 's3Endpoint', description: 'Endpoint for s3:// destinations in place of AWS' },
  { key: 'azureEndpoint', description: 'Endpoint for azure:// destinations in place of blob.core.windows.net' },
  { key: 'gsEndpoint', description: 'Endpoint for gs:// destinations in place of storage.googleapis.com' },
  {
    key: 'apiBaseUrl',
    description: 'Address of this API as the application sees it, for callResourceUrl; default: publicUrl and /sinch',
  },
  {
    key: 'sendCallingError',
    description: 'true: a failed recording also brings a callingerror notification',
    default: 'false',
  },
];

/** A setting that is present and not blank. */
export function settingOf(application: ApplicationView, key: string): string | null {
  const value = application.settings[key]?.trim();
  return value === undefined || value === '' ? null : value;
}

/** The key under which callbacks are signed and files are named. */
export function applicationKeyOf(application: ApplicationView): string {
  return settingOf(application, 'applicationKey') ?? application.applicationId;
}

/** Key and secret for signing, or null while the application has no secret. */
export function credentialsOf(application: ApplicationView): SinchCredentials | null {
  const applicationSecret = application.secrets['applicationSecret']?.trim();
  if (applicationSecret === undefined || applicationSecret === '') return null;
  return { applicationKey: applicationKeyOf(application), applicationSecret };
}

/** The callback addresses. Credentials in the URL are taken out: Sinch signs, it never sends Basic (contract §6). */
export function callbackUrls(application: ApplicationView): { primary: string | null; fallback: string | null } {
  const clean = (key: string): string | null => {
    const value = settingOf(application, key);
    return value === null ? null : splitUserinfo(value).url;
  };
  return { primary: clean('callbackUrl'), fallback: clean('fallbackUrl') };
}

/** Where the application reaches this API: its setting, else the gateway's own address; null when neither is known. */
export function apiBaseUrl(application: ApplicationView, gatewayUrl: string | undefined): string | null {
  const base = settingOf(application, 'apiBaseUrl') ?? (gatewayUrl === undefined ? null : `${gatewayUrl}/sinch`);
  return base?.replace(/\/+$/, '') ?? null;
}

/** Whether failed recordings bring a `callingerror` (contract §5). */
export function sendsCallingError(application: ApplicationView): boolean {
  return settingOf(application, 'sendCallingError')?.toLowerCase() === 'true';
}

const DEFAULT_TOLERANCE_S = 300;
const MAX_TOLERANCE_S = 86_400;

/** How far the time stamp of a request may be off, ms (contract §4.1): 5 minutes where the setting is no number. */
export function toleranceMs(application: ApplicationView): number {
  const seconds = Number(settingOf(application, 'timestampToleranceSeconds') ?? Number.NaN);
  const known = Number.isFinite(seconds) && seconds >= 0 ? seconds : DEFAULT_TOLERANCE_S;
  return Math.min(known, MAX_TOLERANCE_S) * 1000;
}

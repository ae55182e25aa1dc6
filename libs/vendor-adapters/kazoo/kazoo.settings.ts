import { createHash } from 'node:crypto';
import { RecgateError, type ApplicationView, type SettingDefinition } from '#libs/recording-model';

/** The generations of Kazoo whose behaviour can be asked for (contract §0). */
export const KAZOO_VERSIONS = ['4.3', 'master', '5.x'] as const;
export type KazooVersion = (typeof KAZOO_VERSIONS)[number];

/** Every setting of a Kazoo application. The names are those of `--set` and of the configuration file. */
export const KAZOO_SETTINGS = [
  { key: 'accountId', description: 'Account id, 32 hex digits. Default: derived from the application id.' },
  { key: 'accountName', description: 'Name of the account, as PUT /user_auth sends it in account_name.' },
  { key: 'accountRealm', description: 'SIP realm of the account, as PUT /user_auth sends it in account_realm.' },
  {
    key: 'phoneNumbers',
    description: 'Numbers of the account, comma separated, as PUT /user_auth sends them in phone_number.',
  },
  { key: 'userName', description: 'User who logs in by PUT /user_auth or Basic; letter case does not matter.' },
  { key: 'userPassword', description: 'Password of userName.', secret: true },
  { key: 'apiKey', description: 'API key of the account for PUT /api_auth, 64 hex digits.', secret: true },
  { key: 'version', description: 'Kazoo generation to behave like: 4.3, master or 5.x.', default: '4.3' },
  {
    key: 'documentMode',
    description: 'auto: a stored callflow is read as saved, a bare node as raw (Pivot). saved or raw: always so.',
    default: 'auto',
  },
  {
    key: 'maxRecordingTimeLimit',
    description: 'system_config/media max_recording_time_limit, seconds.',
    default: '10800',
  },
  { key: 'recordMinSec', description: 'system_config/media record_min_sec, seconds.', default: '0' },
  {
    key: 'storeRecordings',
    description: 'system_config/media store_recordings: true keeps recordings without a URL in the own media store.',
    default: 'false',
  },
  {
    key: 'storagePlan',
    description:
      'Storage document of the account as JSON ({"attachments":…,"plan":…}); used for recordings without a URL.',
    secret: true,
  },
  {
    key: 'thirdPartyBigcouchHost',
    description:
      'URL that receives recordings without a URL when storeRecordings is true and there is no storage plan.',
  },
  { key: 'defaultExtension', description: 'system_config/media call_recording.extension: mp3 or wav.', default: 'mp3' },
  {
    key: 'callRecording',
    description:
      'call_recording of the account as JSON ({"account":{"inbound":{"offnet":{"enabled":true,…}}},"endpoint":{…}}).',
    secret: true,
  },
  {
    key: 'userCallRecording',
    description: 'call_recording of users as JSON, by user id ({"<id>":{"outbound":{"any":{"enabled":true,…}}}}).',
    secret: true,
  },
  { key: 'deviceCallRecording', description: 'The same of devices, by device id.', secret: true },
  {
    key: 'callflowName',
    description: 'Name of the running callflow; the fallback of label in origin.',
    default: 'pivot',
  },
  { key: 'callflowUrl', description: 'URL asked for the first callflow of a call, as Pivot asks its voice_url.' },
  { key: 'callflowMethod', description: 'Method of the callflowUrl request: GET or POST.', default: 'GET' },
  {
    key: 'callflowFormat',
    description: 'Words of the callflowUrl request and of those that follow, as req_format of pivot: kazoo or twiml.',
    default: 'kazoo',
  },
  { key: 'callflowUserinfo', description: 'user:password for the callflowUrl request.', secret: true },
  {
    key: 'urlBlacklist',
    description: 'Networks (CIDR, comma separated) that the url of a saved callflow may not name; empty: none.',
    default: '127.0.0.1/32,0.0.0.0/32',
  },
  { key: 'clusterId', description: 'cluster_id in webhook payloads; left out when empty.' },
  {
    key: 'webhooks',
    description: 'JSON list of webhook objects (name, hook, uri, http_verb, format, custom_data, …).',
    secret: true,
  },
  { key: 'webhookUri', description: 'Shorthand for a single object webhook: its uri.' },
  { key: 'webhookFormat', description: 'Shorthand: form-data or json.', default: 'form-data' },
  { key: 'webhookVerb', description: 'Shorthand: get, post or put.', default: 'post' },
  { key: 'webhookCustomData', description: 'Shorthand: custom_data as a JSON object of strings.' },
] as const satisfies readonly SettingDefinition[];

export type KazooSettingKey = (typeof KAZOO_SETTINGS)[number]['key'];

/** The plain settings, checked. Storage plan and webhooks are read by their own files. */
export interface KazooSettings {
  readonly accountId: string;
  readonly version: KazooVersion;
  readonly documentMode: 'auto' | 'saved' | 'raw';
  /** Seconds. */
  readonly maxRecordingTimeLimit: number;
  /** Seconds. */
  readonly recordMinSec: number;
  readonly storeRecordings: boolean;
  readonly defaultExtension: 'mp3' | 'wav';
  readonly callflowName: string;
  readonly urlBlacklist: readonly string[];
  readonly clusterId: string | null;
}

/**
 * Reads and checks the settings of an application.
 * @throws RecgateError `request.invalid` naming the setting.
 */
export function kazooSettings(application: ApplicationView): KazooSettings {
  return {
    accountId: setting(application, 'accountId') ?? hexDigest(application.applicationId),
    version: choice(application, 'version', KAZOO_VERSIONS),
    documentMode: choice(application, 'documentMode', ['auto', 'saved', 'raw'] as const),
    maxRecordingTimeLimit: seconds(application, 'maxRecordingTimeLimit', 1),
    recordMinSec: seconds(application, 'recordMinSec', 0),
    storeRecordings: choice(application, 'storeRecordings', ['true', 'false'] as const) === 'true',
    defaultExtension: choice(application, 'defaultExtension', ['mp3', 'wav'] as const),
    callflowName: setting(application, 'callflowName') ?? '',
    urlBlacklist: (setting(application, 'urlBlacklist') ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
    clusterId: setting(application, 'clusterId'),
  };
}

/** A setting as given, else its default; null when there is neither. An empty text counts as given for `urlBlacklist` only. */
export function setting(application: ApplicationView, key: KazooSettingKey): string | null {
  const given = application.secrets[key] ?? application.settings[key];
  if (given !== undefined && (given !== '' || key === 'urlBlacklist')) return given;
  const definition: SettingDefinition | undefined = KAZOO_SETTINGS.find((each) => each.key === key);
  return definition?.default ?? null;
}

/** The error of a setting that cannot be used; never shows the value, which may be a credential. */
export function settingError(key: KazooSettingKey, what: string): RecgateError {
  return new RecgateError('request.invalid', `The setting ${key} ${what}`, {
    field: `settings.${key}`,
    position: { path: `settings.${key}` },
  });
}

/** 32 hex digits that are always the same for the same text. */
export function hexDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** One of a closed list of words, or an error that lists them. */
export function choice<T extends string>(application: ApplicationView, key: KazooSettingKey, allowed: readonly T[]): T {
  const text = setting(application, key);
  const found = allowed.find((word) => word === text);
  if (found === undefined) throw settingError(key, `must be one of ${allowed.join(', ')}`);
  return found;
}

function seconds(application: ApplicationView, key: KazooSettingKey, least: number): number {
  const text = setting(application, key) ?? '';
  const value = /^\d{1,7}$/.test(text) ? Number(text) : -1;
  if (value < least) throw settingError(key, `must be a whole number of seconds, at least ${least}`);
  return value;
}

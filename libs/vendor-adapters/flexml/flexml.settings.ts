import {
  RecgateError,
  splitUserinfo,
  type ApplicationView,
  type SettingDefinition,
  type SettingRule,
} from '#libs/recording-model';
import { BASIC_USER, oneOf } from '../shared/index.js';
import { SCOPED_TOKENS_VALUE } from './flexml.scopes.js';

const URL_VALUE: SettingRule = {
  wanted: 'an absolute http or https URL without credentials',
  test: (text) => /^https?:\/\//i.test(text) && URL.canParse(text) && splitUserinfo(text).userinfo === null,
};
const METHOD_VALUE = oneOf('POST', 'GET');
const POSITIVE_VALUE: SettingRule = {
  wanted: 'a whole number of at least 1',
  test: (text) => /^\d{1,15}$/.test(text) && Number(text) >= 1,
};

/** Every setting of a FlexML application. */
export const flexmlSettings = [
  {
    key: 'documentUrl',
    description: 'URL of the FlexML document that starts a call (`url` of the DID or Call object, contract §1.1)',
    rule: URL_VALUE,
  },
  { key: 'documentMethod', description: 'POST or GET for documentUrl', default: 'POST', rule: METHOD_VALUE },
  {
    key: 'documentUserinfo',
    description: '`user:password` for Basic authentication at documentUrl and at relative URLs of its documents',
    secret: true,
  },
  { key: 'statusCallbackUrl', description: 'URL told about the end of the call (contract §1.5)', rule: URL_VALUE },
  {
    key: 'statusCallbackMethod',
    description: 'POST or GET for statusCallbackUrl',
    default: 'POST',
    rule: METHOD_VALUE,
  },
  {
    key: 'statusCallbackUserinfo',
    description: '`user:password` for Basic authentication at statusCallbackUrl',
    secret: true,
  },
  {
    key: 'errorHandler',
    description:
      '`basic`: an answered call hears an error recording before it ends because the application broke the flow; `none`: it just ends (contract §1.4)',
    default: 'basic',
    rule: oneOf('basic', 'none'),
  },
  {
    key: 'errorRecordingUrl',
    description: 'Audio file that is the error recording; without it a sentence is spoken',
    rule: URL_VALUE,
  },
  {
    key: 'containerSid',
    description:
      "Storage container of recordings that name none (the endpoint's `properties.container_sid`, contract §2.1)",
  },
  {
    key: 'storageUrl',
    description: 'Base of RecordingUrl for the own store, where `/f/{sid}` is served',
    default: 'https://storage.carrierx.com',
    rule: URL_VALUE,
  },
  {
    key: 'defaultMaxLength',
    description: 'maxLength of a Record that has none, seconds',
    default: '3600',
    rule: POSITIVE_VALUE,
  },
  { key: 'apiVersion', description: 'ApiVersion field of every request', default: '2.0' },
  {
    key: 'callStatusWords',
    description:
      '`current` (noanswer, cancel) or `older` (no-answer, app-error) words of CallStatus (contract §2.5 row 4)',
    default: 'current',
    rule: oneOf('current', 'older'),
  },
  { key: 'partnerSid', description: 'PartnerSid field of every request; absent when not set' },
  { key: 'endpointSid', description: 'EndpointSid field of every request; absent when not set' },
  {
    key: 'login',
    description: 'Login of the FlexML endpoint, for Basic authentication at the gateway (contract §1.6)',
    rule: BASIC_USER,
  },
  { key: 'password', description: 'Password that belongs to login', secret: true },
  { key: 'accountToken', description: 'Bearer token of the account for the Core API (contract §4)', secret: true },
  {
    key: 'scopedTokens',
    description: 'Bearer tokens for the Storage API alone, each with its scopes: `token scope,scope; token scope`',
    secret: true,
    rule: SCOPED_TOKENS_VALUE,
  },
  {
    key: 'defaultQuotaBytes',
    description: "Room in the account's default container, bytes; it is made when the first recording needs it",
    default: '1099511627776',
    rule: POSITIVE_VALUE,
  },
  {
    key: 'defaultQuotaFiles',
    description: "Room in the account's default container, files",
    default: '1000000',
    rule: POSITIVE_VALUE,
  },
  { key: 's3Region', description: 'Region of the buckets named by awsBucketName; the document cannot say it' },
  { key: 's3Endpoint', description: 'S3-compatible endpoint used for aws* attributes instead of AWS' },
  { key: 'gcsEndpoint', description: 'Endpoint used for gcp* attributes instead of Google' },
  { key: 'azureEndpoint', description: 'Blob endpoint used for azure* attributes instead of Azure' },
] as const satisfies readonly SettingDefinition[];

export type FlexmlSettingKey = (typeof flexmlSettings)[number]['key'];

/** The setting, its default, or null. */
export function settingOf(application: ApplicationView, key: FlexmlSettingKey): string | null {
  const given = application.settings[key];
  if (given !== undefined && given.trim() !== '') return given.trim();
  const definition: SettingDefinition | undefined = flexmlSettings.find((setting) => setting.key === key);
  return definition?.default ?? null;
}

/** @throws RecgateError `request.invalid` when the setting is not a whole number of at least 1. */
export function positiveSettingOf(application: ApplicationView, key: FlexmlSettingKey): number {
  return Number(required(key, settingOf(application, key) ?? '', POSITIVE_VALUE));
}

/** @throws RecgateError `request.invalid` when the setting is neither POST nor GET. */
export function methodSettingOf(application: ApplicationView, key: FlexmlSettingKey): 'GET' | 'POST' {
  const method = required(key, settingOf(application, key) ?? '', METHOD_VALUE);
  return method.toUpperCase() === 'GET' ? 'GET' : 'POST';
}

/**
 * An absolute http(s) URL without userinfo, or null when the setting is absent.
 * @throws RecgateError `request.invalid` when it is anything else; credentials belong in the `…Userinfo` settings.
 */
export function urlSettingOf(application: ApplicationView, key: FlexmlSettingKey): string | null {
  const text = settingOf(application, key);
  return text === null ? null : required(key, text, URL_VALUE);
}

function required(key: FlexmlSettingKey, text: string, { wanted, test }: SettingRule): string {
  if (test(text)) return text;
  throw new RecgateError('request.invalid', `The setting ${key} must be ${wanted}`, {
    field: key,
    position: { path: `settings/${key}` },
  });
}

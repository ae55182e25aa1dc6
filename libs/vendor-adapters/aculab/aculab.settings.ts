import type { ApplicationView, SettingDefinition, SettingRule } from '#libs/recording-model';
import { BASIC_USER, oneOf } from '../shared/index.js';

const METHOD = oneOf('get', 'post');
const ABSOLUTE_URL: SettingRule = {
  wanted: 'an absolute http or https URL',
  test: (value) => /^https?:\/\//i.test(value) && URL.canParse(value),
};
const WHOLE_600: SettingRule = {
  wanted: 'a whole number from 1 to 600',
  test: (value) => /^[1-9]\d{0,2}$/.test(value) && Number(value) <= 600,
};

/** Settings of an Aculab application: what the cloud's service configuration holds (contract §1.1). */
export const ACULAB_SETTINGS: readonly SettingDefinition[] = [
  { key: 'firstPage', description: 'URL of the page that is asked for the actions of a new call', rule: ABSOLUTE_URL },
  { key: 'firstPageMethod', description: 'GET or POST', default: 'POST', rule: METHOD },
  { key: 'finalPage', description: 'URL of the page that is told when the application has ended' },
  { key: 'finalPageMethod', description: 'GET or POST', default: 'POST', rule: METHOD },
  { key: 'errorPage', description: 'URL of the page that is told when the application broke its call flow' },
  { key: 'errorPageMethod', description: 'GET or POST', default: 'POST', rule: METHOD },
  {
    key: 'apiVersion',
    description: 'REST API version of the application: 1 or 2',
    default: '2',
    rule: oneOf('1', '2'),
  },
  {
    key: 'applicationParameters',
    description: 'Text handed to every page as this_call.application_parameters',
    default: '',
  },
  {
    key: 'companding',
    description: 'G.711 law of recordings whose format is not given: alaw or ulaw',
    default: 'alaw',
    rule: oneOf('alaw', 'ulaw'),
  },
  {
    key: 'callRecording',
    description: 'true: the whole of each call is recorded to the media store, both directions',
    default: 'false',
    rule: oneOf('true', 'false'),
  },
  {
    key: 'callRecordingMode',
    description: 'Both sides of the whole-call recording in one channel, or each in its own: mixed or separate',
    default: 'mixed',
    rule: oneOf('mixed', 'separate'),
  },
  { key: 'voice', description: 'Voice of text_to_say where the action names none' },
  {
    key: 'mediaStoreUrl',
    description: 'Base URL under which file_to_play finds files of the media store; default: media://',
  },
  { key: 'cloudUser', description: 'User of the web services, cloudID/username, for example 1-2-0/bob@example.com', rule: BASIC_USER },
  { key: 'accessKey', description: 'API access key of that user', secret: true },
  { key: 'serviceName', description: 'Name of the outbound service, the third part of the user of service_start', rule: BASIC_USER },
  { key: 'servicePassword', description: 'Password of the outbound service', secret: true },
  { key: 'ringSeconds', description: 'How long an outbound call may ring, 1 to 600', default: '60', rule: WHOLE_600 },
  {
    key: 'earlyMedia',
    description: 'true: an inbound call is answered by the answer action alone',
    default: 'false',
    rule: oneOf('true', 'false'),
  },
  {
    key: 'pageCredentials',
    description: 'user:password sent as Basic authorization to the first, final and error page',
    secret: true,
  },
];

export type AculabApiVersion = 1 | 2;
export type G711Law = 'alaw' | 'ulaw';

/** The version of the REST API the application was written for; anything but `1` is version 2. */
export function apiVersionOf(application: ApplicationView): AculabApiVersion {
  return settingOf(application, 'apiVersion') === '1' ? 1 : 2;
}

/** The law used when `format` is absent ("determined automatically", contract §2). */
export function compandingOf(application: ApplicationView): G711Law {
  return settingOf(application, 'companding') === 'ulaw' ? 'ulaw' : 'alaw';
}

/** GET only when the setting says so; pages are asked by POST (contract §1.2). */
export function methodOf(
  application: ApplicationView,
  key: 'firstPageMethod' | 'finalPageMethod' | 'errorPageMethod',
): 'GET' | 'POST' {
  return settingOf(application, key)?.toUpperCase() === 'GET' ? 'GET' : 'POST';
}

/** A setting as given, else its default; undefined when it has neither or is blank. */
export function settingOf(application: ApplicationView, key: string): string | undefined {
  const given = application.settings[key]?.trim();
  if (given !== undefined && given !== '') return given;
  return ACULAB_SETTINGS.find((setting) => setting.key === key)?.default;
}

/** How long an outbound call may ring, ms. */
export function ringMsOf(application: ApplicationView): number {
  const seconds = Number(settingOf(application, 'ringSeconds'));
  return (Number.isInteger(seconds) && seconds >= 1 && seconds <= 600 ? seconds : 60) * 1000;
}

/** Whether inbound calls wait for an `answer` action (contract §1.1). */
export function hasEarlyMedia(application: ApplicationView): boolean {
  return settingOf(application, 'earlyMedia')?.toLowerCase() === 'true';
}

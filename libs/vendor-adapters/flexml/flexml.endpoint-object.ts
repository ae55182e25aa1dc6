import { createHash } from 'node:crypto';
import { REDACTED, type ApplicationView, type JsonObject } from '#libs/recording-model';
import { invalid } from './flexml.api-fields.js';
import { settingOf } from './flexml.settings.js';

/** The sid of the application's one endpoint: the setting, or one that follows from the application. */
export function endpointSidOf(application: ApplicationView): string {
  const given = settingOf(application, 'endpointSid');
  if (given !== null) return given;
  const hex = createHash('sha256').update(`endpoint ${application.applicationId}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/**
 * The endpoint as far as recording needs it (contract §1.6).
 * @param showsPassword whether who asks has proved to be the account itself
 */
export function renderEndpoint(application: ApplicationView, showsPassword: boolean): JsonObject {
  const password = application.secrets['password'] ?? null;
  return {
    endpoint_sid: endpointSidOf(application),
    name: settingOf(application, 'login') ?? 'FlexML',
    partner_sid: settingOf(application, 'partnerSid'),
    properties: {
      container_sid: settingOf(application, 'containerSid'),
      login: settingOf(application, 'login'),
      password: password === null || showsPassword ? password : REDACTED,
    },
    type: 'flexml',
  };
}

/**
 * `properties.container_sid` of a change; undefined when it is not named, null when there is to be none.
 * @throws RecgateError `field.invalid`
 */
export function readEndpointContainer(body: JsonObject): string | null | undefined {
  const properties = body['properties'];
  if (properties === undefined) return undefined;
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    throw invalid('properties', 'an object');
  }
  const sid = (properties as JsonObject)['container_sid'];
  if (sid === undefined || sid === null || sid === '') return sid === '' ? null : sid;
  if (typeof sid !== 'string' || sid.length > 64) throw invalid('properties.container_sid', 'the sid of a container');
  return sid;
}

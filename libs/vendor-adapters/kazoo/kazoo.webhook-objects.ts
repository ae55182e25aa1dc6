import type { ApplicationView, JsonObject, JsonValue } from '#libs/recording-model';
import { isJsonObject, member } from '../shared/index.js';
import { badIdentifier, validationError } from './kazoo.crossbar-error.js';
import { fail, readObject, type Failures, type FieldRules } from './kazoo.field-rules.js';
import { isClientUrl } from './kazoo.schema.js';
import { kazooSettings, type KazooVersion } from './kazoo.settings.js';
import { mergeJson } from './kazoo.stored-recording.js';
import { hookId, hookObjects } from './kazoo.webhooks.js';

/** Most webhooks of an account, and the largest one, characters of JSON. */
const MOST_HOOKS = 100;
const LARGEST_HOOK = 16_384;

/** Members that the gateway alone writes. */
const OWN_MEMBERS = ['id', 'disable_reason', '_read_only'];

const RULES: FieldRules = {
  name: { type: 'string', required: true, minLength: 1, maxLength: 128 },
  hook: { type: 'string', required: true, minLength: 1, maxLength: 128 },
  uri: { type: 'string', required: true },
  http_verb: { type: 'string', values: ['get', 'post', 'put'], default: 'post' },
  format: { type: 'string', values: ['form-data', 'json'], default: 'form-data' },
  retries: { type: 'integer', minimum: 0, maximum: 4, default: 2 },
  enabled: { type: 'boolean', default: true },
  include_subaccounts: { type: 'boolean' },
  include_internal_legs: { type: 'boolean', default: true },
  custom_data: { type: 'object', scalars: true },
};

const RULES_5: FieldRules = {
  ...RULES,
  custom_request_headers: { type: 'object', scalars: true },
  security_settings: { type: 'object' },
  version: { type: 'string', values: ['v1', 'v2'] },
};

/** A webhook as it is written, with its id. */
export type StoredWebhook = JsonObject & { readonly id: string };

/** Every webhook of the account, each with its id (contract §3.1). */
export function listWebhooks(application: ApplicationView): readonly StoredWebhook[] {
  return hookObjects(application).map((hook, index) => ({ ...hook, id: hookId(hook, index) }));
}

/** @throws CrossbarError `bad_identifier` */
export function requireWebhook(application: ApplicationView, id: string): JsonObject {
  const found = listWebhooks(application).find((hook) => hook['id'] === id);
  if (found === undefined) throw badIdentifier(id);
  return found;
}

/**
 * The account's webhooks with a new one.
 * @throws CrossbarError `validation error`
 */
export function withNewWebhook(application: ApplicationView, id: string, data: JsonObject): readonly JsonObject[] {
  const hooks = listWebhooks(application);
  if (hooks.length >= MOST_HOOKS) {
    const message = `An account has at most ${MOST_HOOKS} webhooks`;
    throw validationError({ webhooks: { maxItems: { message, target: MOST_HOOKS } } });
  }
  return [...hooks, { ...readWebhook(data, kazooSettings(application).version), id }];
}

/**
 * The account's webhooks with one replaced (POST) or changed (PATCH). One that is enabled is so without a reason why not.
 * @throws CrossbarError `bad_identifier`, `validation error`
 */
export function withChangedWebhook(
  application: ApplicationView,
  id: string,
  data: JsonObject,
  how: 'replace' | 'merge',
): readonly JsonObject[] {
  const before = requireWebhook(application, id);
  const { version } = kazooSettings(application);
  const read = readWebhook(how === 'merge' ? mergeJson(before, data) : data, version);
  const reason = read['enabled'] === false ? before['disable_reason'] : undefined;
  const after = { ...read, id, ...(reason === undefined ? {} : { disable_reason: reason }) };
  return listWebhooks(application).map((hook) => (hook['id'] === id ? after : hook));
}

/** @throws CrossbarError `bad_identifier` */
export function withoutWebhook(application: ApplicationView, id: string): readonly JsonObject[] {
  requireWebhook(application, id);
  return listWebhooks(application).filter((hook) => hook['id'] !== id);
}

/** All webhooks that were switched off by their failures, on again. */
export function withAllEnabled(application: ApplicationView): readonly JsonObject[] {
  return listWebhooks(application).map(({ disable_reason: reason, ...hook }) =>
    reason === undefined ? hook : { ...hook, enabled: true },
  );
}

/** One webhook switched off; null when there is none of that id that is on. */
export function withDisabled(application: ApplicationView, id: string, reason: string): readonly JsonObject[] | null {
  const hooks = listWebhooks(application);
  if (!hooks.some((hook) => hook['id'] === id && hook['enabled'] !== false)) return null;
  return hooks.map((hook) => (hook['id'] === id ? { ...hook, enabled: false, disable_reason: reason } : hook));
}

/** The setting that holds them; takes the place of the shorthand for a single one. */
export function webhookSettings(hooks: readonly JsonObject[]): Readonly<Record<string, string>> {
  return { webhooks: JSON.stringify(hooks) };
}

/**
 * Checks `{"re-enable": true}`.
 * @throws CrossbarError `validation error`
 */
export function requireReEnable(data: JsonObject): void {
  const value = member(data, 're-enable');
  if (value === true || value === 'true') return;
  const failure: Record<string, JsonObject> =
    value === undefined
      ? { required: { message: 're-enable is required to patch collections' } }
      : { enum: { message: 'value not found in enumerated list of values', target: ['true'] } };
  throw validationError({ 're-enable': failure });
}

function readWebhook(data: JsonObject, version: KazooVersion): JsonObject {
  const failures: Failures = {};
  const given = Object.fromEntries(Object.entries(data).filter(([key]) => !OWN_MEMBERS.includes(key)));
  const verb: JsonValue | undefined = member(given, 'http_verb');
  const lower = typeof verb === 'string' ? { ...given, http_verb: verb.toLowerCase() } : given;
  const read = readObject(lower, version === '5.x' ? RULES_5 : RULES, '', failures);
  const uri = member(read, 'uri');
  if (typeof uri === 'string' && !isClientUrl(uri, [])) fail(failures, 'uri', 'error', 'invalid client URL', {});
  const security = member(read, 'security_settings');
  if (isJsonObject(security) && Object.values(security).some((value) => typeof value !== 'string')) {
    fail(failures, 'security_settings', 'type', 'Value did not match type(s): string', { target: 'string' });
  }
  if (JSON.stringify(read).length > LARGEST_HOOK) {
    const message = `String must not be more than ${LARGEST_HOOK} characters`;
    fail(failures, 'custom_data', 'maxLength', message, { target: LARGEST_HOOK });
  }
  if (Object.keys(failures).length > 0) throw validationError(failures);
  return read;
}

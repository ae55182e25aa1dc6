import {
  RecgateError,
  splitUserinfo,
  type ApplicationView,
  type JsonObject,
  type JsonValue,
  type RecordingEventName,
  type SecretBag,
  type Subscription,
} from '#libs/recording-model';
import { isJsonObject, member, parseJsonDocument, resolveUrl } from '../shared/index.js';
import { asInteger } from './kazoo.schema.js';
import { hexDigest, setting, settingError, type KazooSettingKey } from './kazoo.settings.js';

/** What an `object` webhook reports of a recording's document (contract §3.1). */
export type DocumentChange = 'doc_created' | 'doc_edited' | 'doc_deleted';

/** An `object` webhook of the account. */
export interface Webhook {
  /** `webhook:<id, name or index>`, the name of its subscription. */
  readonly subscription: string;
  /** `webhook:<name or index>`: what it was called before it had an id. */
  readonly formerly: string;
  readonly id: string;
  readonly url: string;
  readonly userinfo: string | null;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** How often it is tried in all while no answer comes. */
  readonly tries: number;
  readonly format: 'form-data' | 'json';
  readonly version: 'v1' | 'v2';
  /** Null: every change; otherwise only this one (`all`: every). */
  readonly action: string | null;
  /** Merged into v1 payloads, over the event's own keys. */
  readonly customData: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Only what got no answer is tried again, so often in all and after so long (contract §3.1). */
const DEFAULT_TRIES = 2;
const MOST_TRIES = 5;
const PAUSE_MS = 2000;

/**
 * Event → changes of the document, in order. `recording.discarded`: the document was saved before the file turned out to
 * be too short; 5.x removes it again (contract §6).
 */
export function documentChanges(event: RecordingEventName, version: string): readonly DocumentChange[] {
  switch (event) {
    case 'recording.finished':
      return ['doc_created'];
    case 'recording.available':
      return ['doc_edited'];
    case 'recording.deleted':
      return ['doc_deleted'];
    case 'recording.discarded':
      return version === '5.x' ? ['doc_created', 'doc_deleted'] : ['doc_created'];
    default:
      return [];
  }
}

/** Events that make a webhook speak, in the order of a recording's life. */
const SPEAKING_EVENTS = [
  'recording.finished',
  'recording.available',
  'recording.discarded',
  'recording.deleted',
] as const;

/**
 * The enabled `object` webhooks that can match a call recording, from `webhooks` or the `webhookUri` shorthand.
 * @throws RecgateError `request.invalid` when the setting is malformed.
 */
export function webhooksOf(application: ApplicationView): readonly Webhook[] {
  const taken = new Set<string>();
  return hookObjects(application).flatMap((hook, index) => {
    const read = readHook(hook, index);
    if (read === null) return [];
    const subscription = taken.has(read.subscription) ? `${read.subscription}#${index}` : read.subscription;
    taken.add(subscription);
    return [{ ...read, subscription }];
  });
}

/** The webhook that a subscription of a recording belongs to. */
export function hookOf(hooks: readonly Webhook[], subscription: string): Webhook | undefined {
  const { hook } = toldBy(subscription);
  return hooks.find((each) => each.subscription === hook) ?? hooks.find((each) => each.formerly === hook);
}

/** One event makes one request a subscription; the second change of a discarded recording has a subscription of its own. */
const SECOND_CHANGE = '#second';

/** The name of the webhook a subscription belongs to, and which of the changes of an event it tells. */
export function toldBy(subscription: string): { readonly hook: string; readonly change: number } {
  return subscription.endsWith(SECOND_CHANGE)
    ? { hook: subscription.slice(0, -SECOND_CHANGE.length), change: 1 }
    : { hook: subscription, change: 0 };
}

/** The subscriptions of a recording that is stored, and the credentials they need. */
export function webhookSubscriptions(
  webhooks: readonly Webhook[],
  version: string,
  minDurationMs: number,
): { subscriptions: Subscription[]; secrets: SecretBag } {
  const secrets: Record<string, string> = {};
  const subscriptions = webhooks.flatMap((hook): Subscription[] => {
    const userinfo = hook.userinfo === null ? null : { secret: `${hook.subscription}.userinfo` };
    if (userinfo !== null && hook.userinfo !== null) secrets[userinfo.secret] = hook.userinfo;
    const events = SPEAKING_EVENTS.filter((event) =>
      documentChanges(event, version).some((change) => wants(hook, change)),
    );
    const { url, method } = hook;
    const unanswered = { tries: hook.tries, pauseMs: PAUSE_MS };
    const address = { url, method, userinfo, fallbackUrl: null, policy: 'vendor', unanswered } as const;
    const twice = documentChanges('recording.discarded', version).filter((change) => wants(hook, change)).length > 1;
    return [
      { name: hook.subscription, events, ...address },
      ...(twice && minDurationMs > 0
        ? [{ name: `${hook.subscription}${SECOND_CHANGE}`, events: ['recording.discarded' as const], ...address }]
        : []),
    ];
  });
  return { subscriptions, secrets };
}

/** Whether the hook's filter lets a change pass. */
export function wants(hook: Webhook, change: DocumentChange): boolean {
  return hook.action === null || hook.action === 'all' || hook.action === change;
}

/** All webhooks of the account as they are written, whatever they are for. */
export function hookObjects(application: ApplicationView): readonly JsonObject[] {
  const list = setting(application, 'webhooks');
  if (list !== null) {
    const value = parseSetting('webhooks', list);
    const data = isJsonObject(value) ? (member(value, 'data') ?? value) : value;
    const hooks = Array.isArray(data) ? (data as readonly JsonValue[]) : [data];
    if (!hooks.every(isJsonObject)) throw settingError('webhooks', 'must be a JSON list of webhook objects');
    return hooks.filter(isJsonObject);
  }
  const uri = setting(application, 'webhookUri');
  if (uri === null) return [];
  const customData = setting(application, 'webhookCustomData');
  return [
    {
      hook: 'object',
      uri,
      format: setting(application, 'webhookFormat'),
      http_verb: setting(application, 'webhookVerb'),
      ...(customData === null ? {} : { custom_data: parseSetting('webhookCustomData', customData) }),
    },
  ];
}

function parseSetting(key: KazooSettingKey, text: string): JsonValue {
  try {
    return parseJsonDocument(text).value;
  } catch (error) {
    if (error instanceof RecgateError) throw settingError(key, 'is not JSON');
    throw error;
  }
}

function readHook(hook: JsonObject, index: number): Webhook | null {
  const customData = member(hook, 'custom_data');
  const filter = customData === undefined || customData === null ? null : textMembers(customData);
  const isObjectHook = ['object', 'all'].includes(textOf(hook, 'hook') ?? 'object');
  // A filter that lacks either key matches nothing (contract §3.1).
  const matches =
    filter === null || (['call_recording', 'all'].includes(filter['type'] ?? '') && filter['action'] !== undefined);
  if (member(hook, 'enabled') === false || !isObjectHook || !matches) return null;
  const { url, userinfo } = hookUrl(textOf(hook, 'uri') ?? '');
  const formerly = formerName(hook, index);
  // Stripped before merging, so that the event's own type and action arrive.
  const merged = Object.entries(filter ?? {}).filter(([key]) => key !== 'type' && key !== 'action');
  const given = textOf(hook, 'id');
  return {
    subscription: given === null ? formerly : `webhook:${given}`,
    formerly,
    id: hookId(hook, index),
    url,
    userinfo,
    method: verb(textOf(hook, 'http_verb') ?? 'post'),
    tries: Math.min(Math.max(asInteger(member(hook, 'retries')) ?? DEFAULT_TRIES, 1), MOST_TRIES),
    format: textOf(hook, 'format') === 'json' ? 'json' : 'form-data',
    version: textOf(hook, 'version') === 'v2' ? 'v2' : 'v1',
    action: filter?.['action'] ?? null,
    customData: Object.fromEntries(merged),
    headers: safeHeaders(member(hook, 'custom_request_headers')),
  };
}

/** Id of a webhook: its own, or one that follows from its name and address. */
export function hookId(hook: JsonObject, index: number): string {
  const given = textOf(hook, 'id');
  return given ?? hexDigest(`${formerName(hook, index)} ${splitUserinfo(textOf(hook, 'uri') ?? '').url}`);
}

function formerName(hook: JsonObject, index: number): string {
  return `webhook:${textOf(hook, 'name') ?? index}`;
}

function hookUrl(uri: string): { url: string; userinfo: string | null } {
  try {
    return resolveUrl(uri, null, { path: 'settings.webhooks' });
  } catch {
    throw settingError('webhooks', 'has a webhook whose uri is not an http or https URL');
  }
}

function verb(word: string): Webhook['method'] {
  const found = (['GET', 'POST', 'PUT'] as const).find((method) => method.toLowerCase() === word.toLowerCase());
  if (found === undefined) throw settingError('webhooks', 'has a webhook whose http_verb is none of get, post, put');
  return found;
}

function safeHeaders(value: JsonValue | undefined): Record<string, string> {
  const pairs = Object.entries(textMembers(value ?? null));
  return Object.fromEntries(
    pairs.filter(([name, text]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e]*$/.test(text)),
  );
}

function textMembers(value: JsonValue): Record<string, string> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (typeof each === 'object' ? [] : [[key, String(each)] as const])),
  );
}

function textOf(object: JsonObject, key: string): string | null {
  const value = member(object, key);
  return typeof value === 'string' && value !== '' ? value : null;
}

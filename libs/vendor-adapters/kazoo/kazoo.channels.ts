import type { ApplicationView, CallRecord, JsonObject, JsonValue } from '#libs/recording-model';
import { isJsonObject, member } from '../shared/index.js';
import { invalidData, validationError } from './kazoo.crossbar-error.js';
import { envelopeData, textMember } from './kazoo.envelope.js';
import { kazooSettings } from './kazoo.settings.js';
import { gregorianSeconds } from './kazoo.time.js';

/** An active call as `GET /channels` shows it (contract §4.5); times are Gregorian seconds. */
export function channelDocument(call: CallRecord, application: ApplicationView, now: Date): JsonObject {
  const { identity, state, createdAt } = call;
  const own = (key: string): string | undefined => textMember(identity.vendor, key) ?? undefined;
  const since = gregorianSeconds(createdAt);
  const document: Record<string, JsonValue | undefined> = {
    uuid: identity.callId,
    call_id: identity.callId,
    account_id: own('account_id') ?? kazooSettings(application).accountId,
    direction: identity.direction,
    answered: state === 'answered' || state === 'bridged',
    bridged: state === 'bridged',
    from: identity.from,
    to: identity.to,
    destination: userPart(identity.to),
    username: userPart(identity.from),
    presence_id: own('presence_id') ?? identity.from,
    caller_id_name: own('caller_id_name'),
    caller_id_number: own('caller_id_number') ?? userPart(identity.from),
    callee_id_name: own('callee_id_name'),
    callee_id_number: own('callee_id_number') ?? userPart(identity.to),
    owner_id: own('owner_id'),
    interaction_id: own('interaction_id'),
    timestamp: since,
    channel_created_time: since,
    elapsed_s: Math.max(0, gregorianSeconds(now) - since),
    conference_id: call.conference?.conferenceId,
    custom_channel_vars: member(identity.vendor, 'custom_channel_vars'),
  };
  return Object.fromEntries(
    Object.entries(document).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}

/** What an application asks of a live call. */
export type ChannelAction =
  | { readonly kind: 'metaflow'; /** Of the role `metaflow`. */ readonly document: string }
  | { readonly kind: 'hangup' }
  | { readonly kind: 'callflow'; readonly callflowId: string };

/**
 * `PUT /channels/{id}`: `{"action":"metaflow","data":{"module":…}}`.
 * @throws CrossbarError `invalid data`, `validation error`
 */
export function readChannelPut(envelope: JsonObject): ChannelAction {
  const action = textMember(envelope, 'action');
  if (action !== 'metaflow') throw unknownAction(action, ['metaflow']);
  const data = envelopeData(envelope);
  const failures = metaflowFailures(data, '');
  if (Object.keys(failures).length > 0) throw validationError(failures);
  return { kind: 'metaflow', document: JSON.stringify({ action, data }) };
}

/** Actions of Kazoo that move a call to other endpoints or legs; the gateway has none to move it to. */
const NOT_OFFERED = ['transfer', 'break', 'intercept'];

/**
 * `POST /channels/{id}`; the action stands beside `data` or in it.
 * @throws CrossbarError `invalid data`, also for `record`, which `PUT` alone takes
 */
export function readChannelPost(envelope: JsonObject): ChannelAction {
  const data = envelopeData(envelope);
  const action = textMember(envelope, 'action') ?? textMember(data, 'action');
  if (action === 'hangup') return { kind: 'hangup' };
  if (action === 'callflow') {
    const callflowId = textMember(data, 'id') ?? textMember(envelope, 'id');
    if (callflowId === null) throw invalidData({ id: { required: { message: 'Field is required but missing' } } });
    return { kind: 'callflow', callflowId };
  }
  if (action !== null && NOT_OFFERED.includes(action)) {
    throw invalidData({ action: { error: { message: `this gateway does not offer ${action}`, value: action } } });
  }
  throw unknownAction(action, ['transfer', 'hangup', 'break', 'callflow', 'intercept']);
}

/** What is wrong with a metaflow node, by dotted path. */
export function metaflowFailures(node: JsonValue, path: string): JsonObject {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (!isJsonObject(node)) return { [path]: wrongType('object', node) };
  const module = member(node, 'module');
  const data = member(node, 'data');
  return {
    ...(module === undefined ? { [at('module')]: missing() } : {}),
    ...(module !== undefined && typeof module !== 'string' ? { [at('module')]: wrongType('string', module) } : {}),
    ...(data !== undefined && !isJsonObject(data) ? { [at('data')]: wrongType('object', data) } : {}),
  };
}

function unknownAction(action: string | null, known: readonly string[]): Error {
  if (action === null) return invalidData({ action: { required: { message: 'Field is required but missing' } } });
  const message = 'Value not found in enumerated list of values';
  return invalidData({ action: { enum: { message, target: known, value: action } } });
}

function missing(): JsonObject {
  return { required: { message: 'Field is required but missing' } };
}

function wrongType(type: string, value: JsonValue): JsonObject {
  return { type: { message: `Value did not match type(s): ${type}`, target: type, value } };
}

function userPart(address: string): string {
  return address.replace(/^sips?:/i, '').split('@')[0] ?? '';
}

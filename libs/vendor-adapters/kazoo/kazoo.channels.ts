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

/** What an application asks of a live call, and what it is told when that is on its way. */
export type ChannelAction = { readonly told: string } & (
  | { readonly kind: 'metaflow'; /** Of the role `metaflow`. */ readonly document: string }
  | { readonly kind: 'hangup' }
  | { readonly kind: 'callflow'; readonly callflowId: string }
);

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
  return { kind: 'metaflow', document: JSON.stringify({ action, data }), told: 'metaflow sent' };
}

/** What a POST may ask for; the action and its members stand beside `data` or in it. */
interface ChannelPost {
  readonly member: (key: string) => JsonValue | undefined;
  readonly bridged: boolean;
}

const POSTS: Readonly<Record<string, (post: ChannelPost) => ChannelAction>> = {
  transfer,
  hangup: () => ({ kind: 'hangup', told: 'hangup initiated' }),
  break: () => metaflow('break', {}),
  callflow,
  intercept,
};

/**
 * `POST /channels/{id}`.
 * @param bridged whether the call is connected to another party: only then there is somebody to be transferred
 * @throws CrossbarError `validation error`; `invalid data`, also for `record`, which `PUT` alone takes
 */
export function readChannelPost(envelope: JsonObject, bridged: boolean): ChannelAction {
  const data = envelopeData(envelope);
  const valueOf = (key: string): JsonValue | undefined => member(data, key) ?? member(envelope, key);
  const action = textMember(envelope, 'action') ?? textMember(data, 'action');
  const read = action !== null && Object.hasOwn(POSTS, action) ? POSTS[action] : undefined;
  if (read === undefined) throw unknownAction(action, Object.keys(POSTS));
  return read({ member: valueOf, bridged });
}

function transfer(post: ChannelPost): ChannelAction {
  if (!post.bridged) throw absent('other_leg_call_id', 'Channel is not bridged');
  const target = textOf(post, 'target') ?? fail('target', 'No target destination specified');
  return metaflow('transfer', { target });
}

function intercept(post: ChannelPost): ChannelAction {
  const type = textOf(post, 'target_type') ?? fail('target_type', 'No target type specified');
  const id = textOf(post, 'target_id') ?? fail('target_id', 'No target id specified');
  const unbridgedOnly = post.member('unbridged_only');
  const only = unbridgedOnly === undefined ? {} : { unbridged_only: unbridgedOnly };
  return metaflow('intercept', { target_type: type, target_id: id, ...only });
}

/** By id, or by the number in `captures` or `collected`. */
function callflow(post: ChannelPost): ChannelAction {
  const callflowId = textOf(post, 'id');
  if (callflowId !== null) return { kind: 'callflow', callflowId, told: 'callflow initiated' };
  const given = ['captures', 'collected'].flatMap((key) => {
    const value = post.member(key);
    return value === undefined ? [] : [[key, value] as const];
  });
  if (given.length === 0) throw invalidData({ id: missing() });
  return metaflow('callflow', Object.fromEntries(given));
}

function metaflow(module: string, data: JsonObject): ChannelAction {
  return { kind: 'metaflow', document: JSON.stringify({ module, data }), told: `${module} initiated` };
}

function textOf(post: ChannelPost, key: string): string | null {
  const value = post.member(key);
  return typeof value === 'number' ? String(value) : typeof value === 'string' && value !== '' ? value : null;
}

function fail(path: string, message: string): never {
  throw absent(path, message);
}

function absent(path: string, message: string): Error {
  return validationError({ [path]: { required: { message } } });
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

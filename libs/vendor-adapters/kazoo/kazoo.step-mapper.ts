import { type FlowAction, type FlowRequest, type JsonValue } from '#libs/recording-model';
import { resolveUrl } from '../shared/index.js';
import { CALLFLOW_COLLECTION } from './kazoo.call-starts.js';
import { metaflowOwners } from './kazoo.metaflow-keys.js';
import type { PivotFormat } from './kazoo.pivot-parameters.js';
import { flagRule, text } from './kazoo.record-fields.js';
import { asInteger } from './kazoo.schema.js';
import type { FieldReader, KazooScope } from './kazoo.scope.js';

/** The step a module that does not record comes to; undefined when it cannot be run. */
type ModuleMapper = (data: FieldReader, scope: KazooScope) => FlowAction | undefined;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DAY_MS = 86_400_000;

/** Module → nearest canonical step. Modules that are not here are skipped with a warning. */
const MAPPERS: ReadonlyMap<string, ModuleMapper> = new Map<string, ModuleMapper>([
  ...['user', 'device', 'ring_group', 'page_group', 'acdc_member', 'faxbox'].map(
    (name) => [name, (data: FieldReader, scope: KazooScope) => connect(name, data, scope)] as const,
  ),
  ['callflow', callflow],
  ['conference', conference],
  ['offnet', toNumber],
  ['resources', toNumber],
  ['play', play],
  ['media', play],
  ['tts', speak],
  ['say', speak],
  ['sleep', sleep],
  ['collect_dtmf', collectDigits],
  ['send_dtmf', sendDigits],
  ['dead_air', (): FlowAction => ({ kind: 'park', maxDurationMs: null })],
  ['park', (): FlowAction => ({ kind: 'park', maxDurationMs: null })],
  ['hangup', (): FlowAction => ({ kind: 'hangup' })],
  ['response', (): FlowAction => ({ kind: 'reject' })],
  ['pivot', pivot],
]);

/** What Konami adds for live calls; modules of callflows that bear the same name mean something else (contract §4.5). */
const METAFLOW_MAPPERS: ReadonlyMap<string, ModuleMapper> = new Map<string, ModuleMapper>([
  ['break', (): FlowAction => ({ kind: 'breakOff' })],
  ['callflow', metaflowCallflow],
  ['intercept', (data: FieldReader, scope: KazooScope) => connect(interceptedBy(data), data, scope, 'target_id')],
  ['transfer', (data: FieldReader, scope: KazooScope) => transferTarget(data, scope)],
]);

/** Metaflow modules that send whoever is connected away. */
const REPLACING: ReadonlySet<string> = new Set(['intercept', 'transfer']);

/** Steps after which the flow does not go on to its child. */
const ENDING_KINDS: ReadonlySet<FlowAction['kind']> = new Set(['hangup', 'reject', 'fetch']);

/** The steps of a module that does not record, its keys accounted for; empty when the gateway does not run it. */
export function mapOtherModule(module: string, data: FieldReader, scope: KazooScope): readonly FlowAction[] {
  const ofMetaflow = scope.starter === 'metaflow' ? METAFLOW_MAPPERS.get(module) : undefined;
  const action = (ofMetaflow ?? MAPPERS.get(module))?.(data, scope);
  if (action === undefined) {
    data.dropRest(`the gateway does not run the module ${module}; the flow goes on`);
    return [];
  }
  const replaces = ofMetaflow !== undefined && REPLACING.has(module);
  const unlessBridged = replaces && module === 'intercept' && onlyUnbridged(data);
  data.dropRest('not needed for recording');
  return replaces ? [{ kind: 'replaceParty', unlessBridged }, action] : [action];
}

/** True when nothing after this step is run. */
export function endsFlow(action: FlowAction): boolean {
  return ENDING_KINDS.has(action.kind);
}

function connect(module: string, data: FieldReader, { context }: KazooScope, key = 'id'): FlowAction {
  const id = text(data, key, 'step.to');
  const to = id ?? text(data, 'name', 'step.to') ?? context.call.to;
  const owners = id === null ? [] : metaflowOwners(module, id);
  return { kind: 'connect', to, conference: false, maxDurationMs: null, next: null, ...(owners.length === 0 ? {} : { owners }) };
}

/** Another stored callflow runs, and then the child `_`; where there is none, the child runs at once. */
function callflow(data: FieldReader): FlowAction | undefined {
  const id = text(data, 'id', 'step.to');
  return id === null ? undefined : { kind: 'branch', to: { by: 'id', collection: CALLFLOW_COLLECTION, id, role: 'saved' }, otherwise: [] };
}

/** A metaflow names the callflow by its id, or by a number that its pattern captured. */
function metaflowCallflow(data: FieldReader): FlowAction | undefined {
  const captures = data.value('captures');
  const captured = Array.isArray(captures) ? (captures as readonly JsonValue[])[0] : captures;
  const number = captured ?? data.value('collected');
  const byId = callflow(data);
  if (byId !== undefined || typeof number !== 'string' || number === '') return byId;
  for (const key of ['captures', 'collected']) data.account(key, 'exact', { to: 'step.to' });
  return { kind: 'branch', to: { by: 'number', number }, otherwise: [] };
}

/** The callflow of the number that the call is transferred to; without one, the number itself. */
function transferTarget(data: FieldReader, { document }: KazooScope): FlowAction | undefined {
  const captures = data.value('captures');
  const captured = Array.isArray(captures) ? (captures as readonly JsonValue[])[0] : undefined;
  const number = text(data, 'target', 'step.to') ?? (typeof captured === 'string' ? captured : null);
  if (number === null) return undefined;
  data.account('captures', 'exact', { to: 'step.to' });
  const at = document.positionOf(data.pointer);
  const otherwise = { at, kind: 'connect', to: number, conference: false, maxDurationMs: null, next: null } as const;
  return { kind: 'branch', to: { by: 'number', number }, otherwise: [otherwise] };
}

function interceptedBy(data: FieldReader): string {
  return text(data, 'target_type', 'step.to') ?? 'device';
}

/** `unbridged_only`: true unless it is said otherwise. */
function onlyUnbridged(data: FieldReader): boolean {
  return data.take('unbridged_only', flagRule('step.unlessBridged', true));
}

function conference(data: FieldReader, { context }: KazooScope): FlowAction {
  const to = text(data, 'id', 'step.to') ?? context.call.conferenceId ?? context.call.to;
  return { kind: 'connect', to, conference: true, maxDurationMs: null, next: null };
}

function toNumber(data: FieldReader, { context }: KazooScope): FlowAction {
  return {
    kind: 'connect',
    to: text(data, 'to_did', 'step.to') ?? context.call.to,
    conference: false,
    maxDurationMs: null,
    next: null,
  };
}

/** Media of the account's own library cannot be played here; a URL can. */
function play(data: FieldReader, { document, secrets }: KazooScope): FlowAction | undefined {
  const id = data.value('id');
  if (typeof id !== 'string' || !/^https?:\/\//i.test(id)) return undefined;
  const { url, userinfo } = tryUrl(id, data, document.positionOf(`${data.pointer}/id`));
  if (url === null) return undefined;
  data.account('id', userinfo === null ? 'exact' : 'converted', { to: 'step.url', value: url });
  const secret = `${data.pointer}/id`;
  if (userinfo !== null) secrets[secret] = userinfo;
  const named = userinfo === null ? {} : { userinfo: { secret } };
  return { kind: 'playMedia', url, repeat: 1, background: false, ...named };
}

function speak(data: FieldReader): FlowAction | undefined {
  const spoken = text(data, 'text', 'step.text');
  if (spoken === null) return undefined;
  const language = text(data, 'language', 'step.language');
  return { kind: 'speak', text: spoken, language, voice: text(data, 'voice', 'step.voice'), repeat: 1, pauseMs: 0 };
}

function sleep(data: FieldReader): FlowAction {
  const unit = text(data, 'unit', 'step.durationMs') ?? 's';
  const unitMs = (Object.hasOwn(UNIT_MS, unit) ? UNIT_MS[unit] : undefined) ?? 1000;
  const duration = count(data, 'duration', 'step.durationMs', 0);
  return { kind: 'wait', durationMs: Math.min(DAY_MS, duration * unitMs) };
}

function collectDigits(data: FieldReader): FlowAction {
  const finishKeys = text(data, 'terminator', 'step.finishKeys') ?? '#';
  return {
    kind: 'collectDigits',
    prompts: [],
    maxDigits: Math.max(1, count(data, 'max_digits', 'step.maxDigits', 1)),
    finishKeys: finishKeys.replace(/[^0-9*#A-D]/g, ''),
    timeoutMs: count(data, 'timeout', 'step.timeoutMs', 5000),
    next: null,
    nextWhenEmpty: false,
  };
}

function sendDigits(data: FieldReader): FlowAction | undefined {
  const digits = text(data, 'digits', 'step.digits');
  return digits === null ? undefined : { kind: 'sendDigits', digits };
}

/** Asks the application for the rest of the flow, in the words of `req_format`; its answer is a callflow or TwiML. */
function pivot(data: FieldReader, { document, secrets }: KazooScope): FlowAction | undefined {
  const address = data.value('voice_url');
  if (typeof address !== 'string') return undefined;
  const { url, userinfo } = tryUrl(address, data, document.positionOf(`${data.pointer}/voice_url`));
  if (url === null) return undefined;
  data.account('voice_url', userinfo === null ? 'exact' : 'converted', { to: 'step.request.url', value: url });
  const secret = `${data.pointer}/voice_url`;
  if (userinfo !== null) secrets[secret] = userinfo;
  const method = /^post$/i.test(text(data, 'method', 'step.request.method') ?? 'get') ? 'POST' : 'GET';
  data.take<PivotFormat>('req_format', {
    to: 'step.request',
    fallback: 'kazoo',
    shown: 'kazoo',
    read: (value) => (value === 'kazoo' || value === 'twiml' ? { value } : undefined),
  });
  const request: FlowRequest = { purpose: 'voice_url', url, method, userinfo: userinfo === null ? null : { secret } };
  return { kind: 'fetch', request };
}

function tryUrl(
  address: string,
  data: FieldReader,
  position: { path: string },
): { url: string | null; userinfo: string | null } {
  try {
    return resolveUrl(address, null, position);
  } catch {
    data.warn(position.path.slice(data.pointer.length + 1), 'The URL is malformed');
    return { url: null, userinfo: null };
  }
}

function count(data: FieldReader, key: string, to: string, fallback: number): number {
  return data.take(key, {
    to,
    fallback,
    shown: null,
    read: (value: JsonValue) => {
      const number = asInteger(value);
      return number === undefined || number < 0 || number > 2_147_483_647 ? undefined : { value: number };
    },
  });
}

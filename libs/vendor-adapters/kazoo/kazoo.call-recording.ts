import type {
  CallIdentity,
  DocumentRole,
  FlowStep,
  JsonObject,
  ParseContext,
  ParsedDocument,
  RecordAction,
  RecordingStart,
  SourcePosition,
} from '#libs/recording-model';
import { member } from '../shared/index.js';
import { callRecordings, entryOf, objectIn, type CallRecordings, type Network } from './kazoo.call-recording-settings.js';
import { openDataScope } from './kazoo.open-scope.js';
import { readCallRecording } from './kazoo.request-mapper.js';
import { FieldReader } from './kazoo.scope.js';

/** Where these steps and warnings come from: no document asks for them. */
const SETTING: SourcePosition = { path: 'settings.callRecording' };

/** Left in the flow's state by the first callflow of a call. */
const STARTED = 'callRecording';

/** Under this name the recording of a called endpoint stands apart from those of the flow. */
const CALLED_ENDPOINT = 'endpoint';

/** In the flow's state while such a recording is left to the next callflow to end. */
const CONNECTED = 'calledEndpoint';

const STOP_CALLED: FlowStep = { at: SETTING, kind: 'stopRecording', which: 'all', apart: CALLED_ENDPOINT };

/**
 * A callflow with the recordings that settings begin beside its own (contract §1.3). Metaflows run beside a callflow, and a
 * document that is only read has no call: they stay as they are.
 */
export function withCallRecording(parsed: ParsedDocument, role: DocumentRole, context: ParseContext): ParsedDocument {
  const { flowState } = context;
  if (role === 'metaflow' || flowState === undefined) return parsed;
  const settings = callRecordings(context.application);
  const begun = flowState[STARTED] === true ? [] : recordingsOfCaller(settings, context);
  const called = new Map<FlowStep, Begun>();
  for (const step of parsed.steps) {
    const recorded = recordingOfCalled(step, settings, context);
    if (recorded !== null) called.set(step, recorded);
  }
  const leftover = flowState[CONNECTED] === true;
  if (begun.length + called.size === 0 && !leftover) return parsed;
  const stepsOf = (step: FlowStep): readonly FlowStep[] => {
    const recorded = called.get(step);
    return recorded === undefined ? [step] : [{ at: SETTING, ...recorded.action }, step, STOP_CALLED];
  };
  return {
    ...parsed,
    steps: [
      ...(leftover ? [STOP_CALLED] : []),
      ...begun.map(({ action }) => ({ at: SETTING, ...action })),
      ...parsed.steps.flatMap(stepsOf),
    ],
    warnings: [...parsed.warnings, ...[...begun, ...called.values()].flatMap(({ warnings }) => warnings)],
    flowState: {
      ...parsed.flowState,
      ...(begun.length === 0 ? {} : { [STARTED]: true }),
      // What such a connection is followed by takes the place of this document, its stop included.
      [CONNECTED]: [...called.keys()].some((step) => step.kind === 'connect' && step.next !== null),
    },
  };
}

/** At most one of the account and one of the endpoint that calls. */
function recordingsOfCaller(settings: CallRecordings, context: ParseContext): readonly Begun[] {
  const { call } = context;
  const [from, to] = [networkOfCaller(call), networkOfCallee(call)];
  const inbound = call.direction === 'inbound' ? entryOf([settings.account], 'inbound', from) : null;
  const ofAccount = isEnabled(inbound)
    ? recording(inbound, `inbound from ${from} to account`, 'account', context)
    : recording(entryOf([settings.account], 'outbound', to), `outbound to ${to} from account`, 'account', context);
  const levels = from === 'onnet' ? levelsOfCaller(settings, call) : [];
  const ofCaller = recording(entryOf(levels, 'outbound', to), `outbound to ${to} from endpoint`, 'caller', context);
  return [ofAccount, ofCaller].filter((each) => each !== null);
}

/** Of a connection to a user or device: always from its answer on, until whoever answered is gone; null: it is not recorded. */
function recordingOfCalled(step: FlowStep, settings: CallRecordings, context: ParseContext): Begun | null {
  const owner = step.kind === 'connect' ? step.owners?.[0] : undefined;
  if (owner === undefined) return null;
  const from = networkOfCaller(context.call);
  const entry = entryOf(levelsOf(settings, owner), 'inbound', from);
  return recording(entry, `inbound from ${from} to endpoint`, CALLED_ENDPOINT, context, 'onBridge');
}

function isEnabled(entry: JsonObject | null): entry is JsonObject {
  return entry !== null && member(entry, 'enabled') === true;
}

interface Begun {
  readonly action: RecordAction;
  readonly warnings: ParsedDocument['warnings'];
}

/** The recording of an entry that is enabled; it never follows transfers. */
function recording(
  entry: JsonObject | null,
  origin: string,
  apart: string,
  context: ParseContext,
  start?: RecordingStart,
): Begun | null {
  if (!isEnabled(entry)) return null;
  const scope = openDataScope(entry, context);
  const { spec, secrets } = readCallRecording(new FieldReader(scope, ''), scope);
  const labels = { ...spec.labels, origin };
  return {
    action: { kind: 'record', spec: { ...spec, start: start ?? spec.start, followTransfer: false, labels }, secrets, apart },
    warnings: scope.warnings.map(({ message }) => ({ message: `call_recording, ${origin}: ${message}`, position: SETTING })),
  };
}

/** Settings of the endpoint that calls: its device before its user before what holds for all. */
function levelsOfCaller(settings: CallRecordings, { vendor }: CallIdentity): readonly JsonObject[] {
  const variables = objectIn(vendor, 'custom_channel_vars');
  const authorizing = textIn(variables, 'authorizing_id');
  const isUser = textIn(variables, 'authorizing_type') === 'user';
  const device = textIn(vendor, 'endpoint_id') ?? (isUser ? null : authorizing);
  const user = textIn(vendor, 'owner_id') ?? textIn(variables, 'owner_id') ?? (isUser ? authorizing : null);
  return [
    ...(device === null ? [] : [objectIn(settings.devices, device)]),
    ...(user === null ? [] : [objectIn(settings.users, user)]),
    settings.endpoint,
  ];
}

/** @param owner `user/<id>` or `device/<id>` */
function levelsOf(settings: CallRecordings, owner: string): readonly JsonObject[] {
  const [kind, id] = [owner.slice(0, owner.indexOf('/')), owner.slice(owner.indexOf('/') + 1)];
  return [objectIn(kind === 'user' ? settings.users : settings.devices, id), settings.endpoint];
}

/**
 * Where a call comes from: `inception` and `authorizing_type` of its channel variables tell; where neither is known, a
 * telephone number calls from outside.
 */
function networkOfCaller({ from, direction, vendor }: CallIdentity): Network {
  if (direction === 'outbound') return 'onnet';
  const variables = objectIn(vendor, 'custom_channel_vars');
  const type = textIn(variables, 'authorizing_type');
  if (textIn(variables, 'inception') !== null || type === 'resource') return 'offnet';
  const isEndpoint = [type, textIn(variables, 'authorizing_id'), textIn(vendor, 'endpoint_id')].some((each) => each !== null);
  return isEndpoint || !isTelephoneNumber(from) ? 'onnet' : 'offnet';
}

/** Where a call goes to: what comes from outside has come for somebody of the account. */
function networkOfCallee(call: CallIdentity): Network {
  if (networkOfCaller(call) === 'offnet') return 'onnet';
  return isTelephoneNumber(call.to) ? 'offnet' : 'onnet';
}

/** Longer than any extension. */
function isTelephoneNumber(address: string): boolean {
  const user = address.replace(/^(sips?|tel):/i, '').split('@')[0] ?? '';
  return /^\+?\d{7,15}$/.test(user);
}

function textIn(object: JsonObject, key: string): string | null {
  const value = member(object, key);
  return typeof value === 'string' && value !== '' ? value : null;
}

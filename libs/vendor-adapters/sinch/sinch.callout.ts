import {
  RecgateError,
  toRecgateError,
  type CallIdentity,
  type JsonObject,
  type JsonValue,
} from '#libs/recording-model';
import { isJsonObject, parseJsonDocument } from '../shared/index.js';
import { isCallbackUrl } from './sinch.callback-request.js';
import { CALLOUT, CALLOUT_ROLES, type SinchCalloutRole, type SinchCalloutState } from './sinch.callout-state.js';
import { separatePrompts } from './sinch.prompts.js';
import { SvamlObject, SvamlReading } from './sinch.svaml-reader.js';

/** A call that an application asks for (contract §3), as the gateway makes it. */
export interface SinchCallout {
  readonly identity: Omit<CallIdentity, 'callId'>;
  /** What the call's flow begins with: SVAML of role `ice`, with what the callout brings along in `callout`. */
  readonly document: string;
  /** A custom callout is controlled from its beginning; the others do what they do once they are answered. */
  readonly beginWhen: 'now' | 'answered';
}

const MAX_CUSTOM_BYTES = 1024;
const MAX_ENDPOINT = 256;
const MAX_CALL_S = 14_400;
const SWITCHES = ['enableAce', 'enableDice', 'enablePie'] as const;

type Read = (fields: SvamlObject, asksAce: boolean) => Beginning;

interface Beginning {
  readonly svaml: JsonObject;
  readonly state: SinchCalloutState;
  readonly beginWhen: SinchCallout['beginWhen'];
}

const METHODS: Readonly<Record<string, { readonly custom: boolean; readonly read: Read }>> = {
  ttscallout: {
    custom: false,
    read: (fields, asksAce) => whenAnswered(fields, asksAce, readSpeech(fields), { name: 'hangup' }),
  },
  conferencecallout: {
    custom: false,
    read: (fields, asksAce) => whenAnswered(fields, asksAce, readGreeting(fields), readConference(fields)),
  },
  customcallout: { custom: true, read: readCustom },
};

/** Kinds of addresses (contract §1.1), in any case. */
const DESTINATION_TYPES: ReadonlySet<string> = new Set(['number', 'username', 'sip', 'did', 'conference']);

/**
 * Reads the body of `POST …/callouts` (contract §3). In a customCallout `ice`, `ace`, `pie` and `dice` are SVAML as a
 * JSON-escaped string, or a URL; an object is taken too. `enableAce`, `enableDice` and `enablePie` are false unless
 * they are set; a custom callout, which knows no such switches, has its callbacks unless they are set to false.
 * @throws RecgateError `document.*`, `field.missing`, `field.invalid`.
 */
export function readSinchCallout(body: string): SinchCallout {
  const json = parseJsonDocument(body);
  if (!isJsonObject(json.value))
    throw new RecgateError('document.malformed', 'A callout must be a JSON object', { position: json.positionOf('') });
  const root = new SvamlObject(new SvamlReading(json), '');
  const name = root.requiredText(['method']).trim();
  const method = new Map(Object.entries(METHODS)).get(name.toLowerCase());
  if (method === undefined)
    throw root.reading.invalid('/method', 'method', 'method must be ttsCallout, conferenceCallout or customCallout');
  const fields = root.child(name);
  if (fields === null) throw root.reading.missing('', name);
  const destination = readDestination(fields, !method.custom);
  const type = destination?.type ?? 'number';
  const switches = readSwitches(fields, type, !method.custom);
  const { svaml, state, beginWhen } = method.read(fields, switches['enableAce'] === true);
  const to = destination?.endpoint ?? dialledBy(svaml);
  return {
    identity: {
      from: bounded(fields, 'cli', MAX_ENDPOINT) ?? '',
      to,
      // A custom callout has no party of its own: its flow connects whoever is to be called, as that of an arriving call does.
      direction: method.custom ? 'inbound' : 'outbound',
      vendor: {
        callout: name,
        ...readCustomText(fields),
        ...(destination === null ? {} : { to: { ...destination } }),
        ...readDomain(fields, type),
        ...switches,
      },
    },
    document: JSON.stringify({ ...svaml, [CALLOUT]: state }),
    beginWhen,
  };
}

/** What is done when the called party answers, after ACE where that is enabled. */
function whenAnswered(
  fields: SvamlObject,
  asksAce: boolean,
  instructions: readonly JsonObject[],
  action: JsonObject,
): Beginning {
  const svaml: JsonObject = { instructions: [...readKeys(fields), ...instructions], action };
  const beginWhen = 'answered';
  if (!asksAce) return { svaml, state: { answers: {} }, beginWhen };
  return { svaml: {}, state: { answers: {}, first: 'ace', otherwise: svaml }, beginWhen };
}

/** Keys that are dialled when the called party answers. */
function readKeys(fields: SvamlObject): JsonObject[] {
  const value = fields.text(['dtmf']);
  return value === null || value.trim() === '' ? [] : [{ name: 'sendDtmf', value }];
}

function readSpeech(fields: SvamlObject): JsonObject[] {
  const locale = localeOf(fields);
  const prompts = fields.text(['prompts']);
  if (prompts !== null && prompts.trim() !== '')
    return [{ name: 'playFiles', ids: separatePrompts(prompts), ...locale }];
  return [{ name: 'say', text: fields.requiredText(['text']), ...locale }];
}

function readGreeting(fields: SvamlObject): JsonObject[] {
  const text = fields.text(['greeting']);
  return text === null || text.trim() === '' ? [] : [{ name: 'say', text, ...localeOf(fields) }];
}

function localeOf(fields: SvamlObject): JsonObject {
  const locale = fields.text(['locale']);
  return locale === null ? {} : { locale };
}

function readConference(fields: SvamlObject): JsonObject {
  const moh = fields.text(['mohClass', 'moh']);
  const options = fields.find('conferenceDtmfOptions');
  return {
    name: 'connectConf',
    conferenceId: fields.requiredText(['conferenceId']),
    ...(moh === null ? {} : { moh }),
    ...(options === null ? {} : { conferenceDtmfOptions: fields.value(options) ?? null }),
    ...readMaxDuration(fields),
  };
}

function readCustom(fields: SvamlObject): Beginning {
  const answers: Partial<Record<SinchCalloutRole, string>> = {};
  for (const role of CALLOUT_ROLES) {
    const text = answerOf(fields, role);
    if (text !== null) answers[role] = text;
  }
  const { ice, ...later } = answers;
  const limit = readMaxDuration(fields);
  if (ice === undefined || isCallbackUrl(ice))
    return { svaml: {}, state: { answers, first: 'ice', ...limit }, beginWhen: 'now' };
  const svaml = parseSvaml(ice);
  if (!isJsonObject(svaml)) throw fields.reading.invalid(fields.find('ice') ?? '', 'ice', 'ice must be SVAML or a URL');
  return { svaml, state: { answers: later, ...limit }, beginWhen: 'now' };
}

/** @throws RecgateError `document.*` that says in which field the SVAML cannot be read */
function parseSvaml(ice: string): JsonValue {
  try {
    return parseJsonDocument(ice).value;
  } catch (thrown) {
    const { code, message } = toRecgateError(thrown);
    throw new RecgateError(code, `ice: ${message}`, { field: 'ice', cause: thrown });
  }
}

function answerOf(fields: SvamlObject, role: SinchCalloutRole): string | null {
  const pointer = fields.find(role);
  if (pointer === null) return null;
  const value = fields.value(pointer);
  if (isJsonObject(value)) return JSON.stringify(value);
  if (typeof value !== 'string') throw fields.reading.invalid(pointer, role, `${role} must be SVAML or a URL`);
  return value.trim() === '' ? null : value;
}

function readMaxDuration(fields: SvamlObject): { maxDuration?: number } {
  const maxDuration = fields.integer(['maxDuration'], { min: 0, max: MAX_CALL_S, beyond: 'clamp' });
  return maxDuration === null ? {} : { maxDuration };
}

function readDestination(fields: SvamlObject, isRequired: boolean): { type: string; endpoint: string } | null {
  const destination = fields.child('destination');
  if (destination === null) {
    if (isRequired) throw fields.reading.missing(fields.pointer, 'destination');
    return null;
  }
  const type = destination.text(['type']) ?? 'number';
  if (!DESTINATION_TYPES.has(type.trim().toLowerCase()))
    throw fields.reading.invalid(
      destination.find('type') ?? destination.pointer,
      'type',
      `type must be ${[...DESTINATION_TYPES].join(', ')}`,
    );
  const endpoint = destination.requiredText(['endpoint']);
  if (endpoint.length > MAX_ENDPOINT || type.length > MAX_ENDPOINT)
    throw fields.reading.invalid(destination.pointer, 'destination', 'destination is too long');
  return { type, endpoint };
}

/** Who is called where only the SVAML says it; empty where nobody is. */
function dialledBy(svaml: JsonObject): string {
  const action: JsonValue | undefined = svaml['action'];
  if (!isJsonObject(action)) return '';
  const target = action['number'] ?? action['destination'] ?? action['conferenceId'];
  const endpoint = isJsonObject(target) ? target['endpoint'] : target;
  return typeof endpoint === 'string' ? endpoint.slice(0, MAX_ENDPOINT) : '';
}

function isInApp(type: string): boolean {
  return /^(username|mxp)$/i.test(type);
}

/** No ACE and no DiCE for calls to apps (contract §1). */
function readSwitches(fields: SvamlObject, type: string, offUnlessSet: boolean): JsonObject {
  const switches: Record<string, boolean> = {};
  for (const name of SWITCHES) {
    const written = fields.flag([name]);
    const inApp = isInApp(type) && name !== 'enablePie';
    if (offUnlessSet || written !== null || inApp) switches[name] = written === true && !inApp;
  }
  return switches;
}

function readDomain(fields: SvamlObject, type: string): JsonObject {
  const domain = bounded(fields, 'domain', MAX_ENDPOINT) ?? (isInApp(type) ? 'mxp' : 'pstn');
  return { domain: domain.toLowerCase() };
}

function readCustomText(fields: SvamlObject): JsonObject {
  const custom = fields.text(['custom']);
  if (custom !== null && Buffer.byteLength(custom) > MAX_CUSTOM_BYTES)
    throw fields.reading.invalid(fields.find('custom') ?? '', 'custom', `custom may have ${MAX_CUSTOM_BYTES} bytes`);
  return custom === null ? {} : { custom };
}

function bounded(fields: SvamlObject, name: string, most: number): string | null {
  const text = fields.text([name]);
  if (text !== null && text.length > most)
    throw fields.reading.invalid(fields.find(name) ?? '', name, `${name} may have ${most} characters`);
  return text;
}

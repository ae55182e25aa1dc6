import { isJsonObject, member, parseJsonDocument } from '../shared/index.js';
import { type CallIdentity, type IdSource, type JsonObject, type JsonValue } from '#libs/recording-model';
import { malformed } from './aculab.web-parameters.js';

/** Most calls that one request may start. */
const MOST_CALLS = 100;
const MOST_CHARACTERS = 1024;

/** Where an outbound application calls (contract §9), by its prefix. */
const DESTINATIONS = {
  tel: /^(?=.{1,40}$)\+?[0-9*#]+(?:-[0-9*#]+)*$/,
  sip: /^[^\s@:]{1,128}@[^\s@]{1,253}$|^[a-z0-9.-]{1,253}$/i,
  loc: /^\S{1,255}$/,
  webrtc: /^\S{1,255}$/,
  wss: /^\S{1,1000}$/,
  con: /^\S{1,255}$/,
} as const;
type DestinationKind = keyof typeof DESTINATIONS;

/** One call of a start request. */
export interface RestCall {
  readonly to: string;
  readonly from: string;
  /** Null: the run begins without one. */
  readonly token: string | null;
  readonly outboundParameters: string | null;
}

/**
 * Reads `rest_calls` (contract §9): the JSON text of one object or of a list. `from` is required for telephone
 * destinations only. Unknown members are ignored.
 * @throws RecgateError `field.invalid` naming the element at fault
 */
export function readRestCalls(parameter: string, text: string): readonly RestCall[] {
  const value = jsonOf(parameter, text);
  const list = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  if (list.length === 0 || list.length > MOST_CALLS) throw malformed(parameter, `must hold 1 to ${MOST_CALLS} calls`);
  return list.map((each, index) => {
    if (!isJsonObject(each)) throw malformed(parameter, `holds something else than an object at ${index}`);
    return restCall(parameter, each, index);
  });
}

function jsonOf(parameter: string, text: string): JsonValue {
  try {
    return parseJsonDocument(text).value;
  } catch {
    throw malformed(parameter, 'is not JSON');
  }
}

function restCall(parameter: string, call: JsonObject, index: number): RestCall {
  const read = (name: string): string | null => {
    const value = member(call, name) ?? null;
    if (value !== null && (typeof value !== 'string' || value.length > MOST_CHARACTERS))
      throw malformed(parameter, `holds no text of at most ${MOST_CHARACTERS} characters as ${name} at ${index}`);
    return value;
  };
  const to = read('to') ?? '';
  const kind = destinationKind(to);
  if (kind === null) throw malformed(parameter, `holds no destination as to at ${index}`);
  const from = read('from') ?? '';
  if (kind === 'tel' && from === '') throw malformed(parameter, `holds no from for the telephone number at ${index}`);
  return { to, from, token: read('token'), outboundParameters: read('outbound_parameters') };
}

/** Bare digits, also parted by single hyphens, are a telephone number; everything else without a prefix is a SIP address. */
function destinationKind(to: string): DestinationKind | null {
  const [, prefix = '', rest = ''] = /^(tel|sip|loc|webrtc|wss|con):(.*)$/is.exec(to) ?? [];
  if (prefix !== '') {
    const kind = prefix.toLowerCase() as DestinationKind;
    return DESTINATIONS[kind].test(rest) ? kind : null;
  }
  if (DESTINATIONS.tel.test(to)) return 'tel';
  return DESTINATIONS.sip.test(to) ? 'sip' : null;
}

/** The run of an outbound call: its ids have the vendor's shape (contract §1.3, §1.6). */
export function outboundIdentity(call: RestCall, ids: IdSource): CallIdentity {
  const instanceId = `${ids.hex(16)}.${parseInt(ids.hex(8), 16) % 1_000_000}`;
  return {
    callId: `${instanceId}.1`,
    from: call.from,
    to: call.to,
    direction: 'outbound',
    vendor: {
      application_instance_id: instanceId,
      ...(call.token === null ? {} : { token: call.token }),
      ...(call.outboundParameters === null ? {} : { outbound_parameters: call.outboundParameters }),
    },
  };
}

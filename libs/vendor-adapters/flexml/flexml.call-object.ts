import type { JsonObject } from '#libs/recording-model';
import {
  ADDRESS_DEFAULTS,
  given,
  missing,
  numberOf,
  objectOf,
  readAddresses,
  secondsOf,
  type CallAddresses,
} from './flexml.api-fields.js';

/** Collection of the Call objects (contract §1.6). */
export const FLEXML_CALLS = 'flexml.calls';

/** Longest time ahead that a call is scheduled for, and longest ringing, s. */
const MOST_DELAY_S = 31_536_000;
const MOST_TIMEOUT_S = 600;

/** What an application may write of a call (contract §1.6). */
export interface CallOptions extends CallAddresses {
  readonly attributes: JsonObject;
  /** Before the call is placed, s. */
  readonly delay: number;
  /** How long it rings, s. */
  readonly timeout: number;
}

/** The same with what it must write. */
export interface CallFields extends CallOptions {
  readonly called_did: string;
  readonly calling_did: string;
}

const DEFAULTS: CallOptions = {
  ...ADDRESS_DEFAULTS,
  attributes: {},
  delay: 0,
  timeout: 30,
};

/**
 * The fields of a new call, or of one that is replaced whole.
 * @throws RecgateError `field.missing` without both numbers, `field.invalid`
 */
export function readNewCall(body: JsonObject): CallFields {
  for (const name of ['calling_did', 'called_did']) {
    if ([undefined, null, ''].includes(body[name] as string | null | undefined)) throw missing(name);
  }
  return readCallChange(body, { ...DEFAULTS, called_did: '', calling_did: '' });
}

/**
 * The call with what the body changes; fields that cannot be written are passed over.
 * @throws RecgateError `field.invalid`
 */
export function readCallChange(body: JsonObject, before: CallFields): CallFields {
  return {
    ...readAddresses(body, before),
    attributes: given(body, 'attributes', before.attributes, objectOf),
    called_did: given(body, 'called_did', before.called_did, numberOf),
    calling_did: given(body, 'calling_did', before.calling_did, numberOf),
    delay: given(body, 'delay', before.delay, secondsOf(0, MOST_DELAY_S)),
    timeout: given(body, 'timeout', before.timeout, secondsOf(1, MOST_TIMEOUT_S)),
  };
}

/** The Call object on the wire, exactly the fields of contract §1.6. @param createdAt ISO 8601 with ms */
export function renderCallObject(sid: string, createdAt: string, fields: CallFields): JsonObject {
  return {
    account_sid: '',
    attributes: fields.attributes,
    call_sid: sid,
    called_did: fields.called_did,
    calling_did: fields.calling_did,
    date_created: createdAt,
    delay: fields.delay,
    method: fields.method,
    status_callback_method: fields.status_callback_method,
    status_callback_url: fields.status_callback_url,
    timeout: fields.timeout,
    url: fields.url,
  };
}

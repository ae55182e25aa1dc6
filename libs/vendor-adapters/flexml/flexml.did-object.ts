import { RecgateError, type JsonObject, type JsonValue } from '#libs/recording-model';
import {
  ADDRESS_DEFAULTS,
  bareNumber,
  given,
  invalid,
  missing,
  numberOf,
  readAddresses,
  type CallAddresses,
} from './flexml.api-fields.js';

/** Collection of the DID objects (contract §1.6). */
export const FLEXML_DIDS = 'flexml.dids';

/** What is known of a number of the endpoint. */
export interface DidFields extends CallAddresses {
  readonly phonenumber: string;
  readonly country_code: string;
  readonly in_country_format: string;
  readonly international_format: string;
}

/**
 * The fields of a new DID: its number and, as they are known, its other spellings.
 * @throws RecgateError `field.missing` without `phonenumber`, `field.invalid`
 */
export function readNewDid(body: JsonObject): DidFields {
  if ([undefined, null, ''].includes(body['phonenumber'] as string | null | undefined)) throw missing('phonenumber');
  const phonenumber = bareNumber(given(body, 'phonenumber', '', numberOf));
  return {
    phonenumber,
    country_code: given(body, 'country_code', '', textOf),
    in_country_format: given(body, 'in_country_format', phonenumber, textOf),
    international_format: given(body, 'international_format', `+${phonenumber}`, textOf),
    ...readAddresses(body, ADDRESS_DEFAULTS),
  };
}

/** The DID with the addresses that the body changes; nothing else of it can be written. */
export function readDidChange(body: JsonObject, before: DidFields): DidFields {
  return { ...before, ...readAddresses(body, before) };
}

/** The same for PUT: addresses that the body does not name get their defaults. */
export function readDidReplacement(body: JsonObject, before: DidFields): DidFields {
  return { ...before, ...readAddresses(body, ADDRESS_DEFAULTS) };
}

/** The DID object on the wire (contract §1.6). */
export function renderDid(sid: string, fields: DidFields): JsonObject {
  return {
    account_sid: '',
    country_code: fields.country_code,
    did_sid: sid,
    in_country_format: fields.in_country_format,
    international_format: fields.international_format,
    method: fields.method,
    phonenumber: fields.phonenumber,
    status_callback_method: fields.status_callback_method,
    status_callback_url: fields.status_callback_url,
    url: fields.url,
  };
}

/** The DID of a number, with or without `+`; null when none is kept. */
export function didOf(number: string, dids: readonly DidFields[]): DidFields | null {
  return dids.find(({ phonenumber }) => phonenumber === bareNumber(number)) ?? null;
}

/**
 * Calls are made from a number of the endpoint (contract §1.6); an endpoint whose numbers are not kept may use any.
 * @throws RecgateError `field.invalid`
 */
export function requireOwnNumber(callingDid: string, dids: readonly DidFields[]): void {
  if (dids.length > 0 && didOf(callingDid, dids) === null) {
    throw new RecgateError('field.invalid', 'calling_did must be a DID of the endpoint', { field: 'calling_did' });
  }
}

function textOf(value: JsonValue, name: string): string {
  if (value === null) return '';
  if (typeof value === 'string' && value.length <= 64) return value;
  throw invalid(name, 'a text of at most 64 characters');
}

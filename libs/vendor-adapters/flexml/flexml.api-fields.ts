import { RecgateError, splitUserinfo, type JsonObject, type JsonValue } from '#libs/recording-model';

/** Longest texts of the Calls API. */
const MOST_URL = 2048;
const MOST_NUMBER = 128;
/** Largest and deepest objects that applications attach (`attributes`, `external_attributes`). */
const MOST_OBJECT_BYTES = 16 * 1024;
const MOST_DEPTH = 16;

/** Where a call gets its document and tells of its end; Call and DID objects share these fields (contract §1.6). */
export interface CallAddresses extends JsonObject {
  readonly url: string | null;
  readonly method: 'GET' | 'POST';
  readonly status_callback_url: string | null;
  readonly status_callback_method: 'GET' | 'POST';
}

export const ADDRESS_DEFAULTS: CallAddresses = {
  url: null,
  method: 'POST',
  status_callback_url: null,
  status_callback_method: 'POST',
};

/**
 * The addresses that a body names; the others are those of `base`.
 * @throws RecgateError `field.invalid`
 */
export function readAddresses(body: JsonObject, base: CallAddresses): CallAddresses {
  return {
    url: given(body, 'url', base.url, urlOf),
    method: given(body, 'method', base.method, methodOf),
    status_callback_url: given(body, 'status_callback_url', base.status_callback_url, urlOf),
    status_callback_method: given(body, 'status_callback_method', base.status_callback_method, methodOf),
  };
}

/** What the body names, read; else what there is. */
export function given<T>(body: JsonObject, name: string, otherwise: T, read: (value: JsonValue, name: string) => T): T {
  const value = body[name];
  return value === undefined ? otherwise : read(value, name);
}

/** An absolute http(s) URL, or null for none. Credentials have no place in it: it is shown and kept in the open. */
function urlOf(value: JsonValue, name: string): string | null {
  if (value === null || value === '') return null;
  const text = typeof value === 'string' ? value.trim() : '';
  if (text.length > MOST_URL || !/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw invalid(name, `an absolute http or https URL of at most ${MOST_URL} characters`);
  }
  if (splitUserinfo(text).userinfo !== null) throw invalid(name, 'a URL without credentials');
  return text;
}

function methodOf(value: JsonValue, name: string): 'GET' | 'POST' {
  const word = typeof value === 'string' ? value.trim().toUpperCase() : '';
  if (word === 'GET' || word === 'POST') return word;
  throw invalid(name, 'POST or GET');
}

/** A telephone number or another name of a party, as written. */
export function numberOf(value: JsonValue, name: string): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && text.length <= MOST_NUMBER && /^[^\s\p{C}]+$/u.test(text)) return text;
  throw invalid(name, `a number of at most ${MOST_NUMBER} characters`);
}

/** Seconds; a numeric text is taken as the number, and a fraction is cut off: applications send what is left of a time. */
export function secondsOf(min: number, max: number): (value: JsonValue, name: string) => number {
  return (value, name) => {
    const number = typeof value === 'string' && /^\s*\d{1,15}(\.\d{1,15})?\s*$/.test(value) ? Number(value) : value;
    const seconds = typeof number === 'number' ? Math.trunc(number) : NaN;
    if (seconds >= min && seconds <= max) return seconds;
    throw invalid(name, `a number of seconds from ${min} to ${max}`);
  };
}

/** @throws RecgateError `field.invalid` for what is no object, too large or nested too deeply */
export function objectOf(value: JsonValue, name: string): JsonObject {
  if (value === null) return {};
  const isObject = typeof value === 'object' && !Array.isArray(value);
  // The depth first: what is nested too deeply cannot even be measured.
  if (isObject && isWithin(value, MOST_DEPTH) && JSON.stringify(value).length <= MOST_OBJECT_BYTES) {
    return value as JsonObject;
  }
  throw invalid(name, `an object of at most ${MOST_OBJECT_BYTES} bytes, nested at most ${MOST_DEPTH} deep`);
}

/** Whether the value is nested no deeper; looks no deeper itself. */
function isWithin(value: JsonValue, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isWithin(inner, depth - 1));
}

/** E.164 digits, however the number is written. */
export function bareNumber(number: string): string {
  return number.replace(/^\+/, '');
}

export function invalid(field: string, wanted: string): RecgateError {
  return new RecgateError('field.invalid', `${field} must be ${wanted}`, { field });
}

export function missing(field: string): RecgateError {
  return new RecgateError('field.missing', `${field} is required`, { field });
}

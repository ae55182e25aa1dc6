import { RecgateError, type VendorDocument } from '#libs/recording-model';
import { isJsonObject, parseJsonDocument } from '../shared/index.js';
import { SvamlObject, SvamlReading } from './sinch.svaml-reader.js';

/** Where a callout's answer to one callback comes from: written into the request, or asked for at a URL. */
export type SinchCalloutAnswer = { readonly document: VendorDocument } | { readonly url: string };

/** A callout request with the answers it brings along. */
export interface SinchCallout {
  /** In lower case: `ttscallout`, `conferencecallout`, `customcallout`. */
  readonly method: string;
  readonly custom: string | null;
  readonly answers: Readonly<Partial<Record<'ice' | 'ace' | 'pie', SinchCalloutAnswer>>>;
}

/**
 * Reads the body of `POST …/callouts` (contract §3). In a customCallout `ice`, `ace` and `pie` are SVAML as a
 * JSON-escaped string, or a URL; an object is taken too. Positions within an escaped string count from its own start.
 * @throws RecgateError `document.*`, `field.missing`, `field.invalid`.
 */
export function readSinchCallout(body: string): SinchCallout {
  const json = parseJsonDocument(body);
  if (!isJsonObject(json.value))
    throw new RecgateError('document.malformed', 'A callout must be a JSON object', { position: json.positionOf('') });
  const root = new SvamlObject(new SvamlReading(json), '');
  const method = root.requiredText(['method']).trim().toLowerCase();
  const callout = root.child(method);
  if (callout === null) throw root.reading.missing('', method);
  const answers: Partial<Record<'ice' | 'ace' | 'pie', SinchCalloutAnswer>> = {};
  for (const role of ['ice', 'ace', 'pie'] as const) {
    const answer = answerOf(callout, role);
    if (answer !== null) answers[role] = answer;
  }
  return { method, custom: callout.text(['custom']), answers };
}

function answerOf(callout: SvamlObject, role: 'ice' | 'ace' | 'pie'): SinchCalloutAnswer | null {
  const pointer = callout.find(role);
  if (pointer === null) return null;
  const value = callout.value(pointer);
  if (isJsonObject(value)) return { document: { body: JSON.stringify(value), role, url: null } };
  if (typeof value !== 'string') throw callout.reading.invalid(pointer, role, `${role} must be SVAML or a URL`);
  if (/^\s*https?:\/\//i.test(value)) return { url: value.trim() };
  return { document: { body: value, role, url: null } };
}

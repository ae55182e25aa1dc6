import { createHash } from 'node:crypto';
import { RecgateError, type JsonObject, type JsonValue, type VendorErrorForm } from '#libs/recording-model';
import { isJsonObject, member, parseJsonDocument } from '../shared/index.js';
import { renderKazooError } from './kazoo.errors.js';
import type { KazooVersion } from './kazoo.settings.js';

/** A node takes two levels of nesting, so that a long flow is a deep document. */
const MAX_DEPTH = 256;

/** Release that each generation names in its envelopes. */
const RELEASES: Readonly<Record<KazooVersion, string>> = { '4.3': '4.3.141', master: '4.4.0', '5.x': '5.0.0' };

/** What an envelope tells of the exchange beside its data (contract §4.2). */
export interface EnvelopeFacts {
  readonly requestId: string;
  /** Null: nobody has proved who they are, so `auth_token` and `version` are left out. */
  readonly authenticated: { readonly authToken: string; readonly version: KazooVersion } | null;
  /** Which gateway answered. */
  readonly node: string;
  readonly now: Date;
}

/** A successful answer. */
export interface CrossbarResult {
  readonly data: JsonValue;
  /** Absent: a digest of `data`. */
  readonly revision?: string;
  /** Further members of the envelope: `page_size`, `start_key`, `next_start_key`. */
  readonly extra?: JsonObject;
}

/** The envelope of a success. */
export function successEnvelope({ data, revision, extra }: CrossbarResult, facts: EnvelopeFacts): JsonObject {
  return {
    ...extra,
    data,
    revision: revision ?? createHash('md5').update(JSON.stringify(data)).digest('hex'),
    status: 'success',
    ...common(facts),
  };
}

/** The envelope of an error; `error` is the HTTP status as text. */
export function errorEnvelope(error: RecgateError, facts: EnvelopeFacts): VendorErrorForm {
  const form = renderKazooError(error);
  const body = isJsonObject(form.body) ? form.body : {};
  return { ...form, body: { ...body, ...common(facts) } };
}

function common({ requestId, authenticated, node, now }: EnvelopeFacts): JsonObject {
  return {
    request_id: requestId,
    node,
    timestamp: `${now.toISOString().slice(0, 19)}Z`,
    ...(authenticated === null
      ? {}
      : { auth_token: authenticated.authToken, version: RELEASES[authenticated.version] }),
  };
}

/**
 * Reads the envelope of a request; a request without a body has an empty one.
 * @throws RecgateError `document.*` (`parse_error`) when it is no JSON object
 */
export function readEnvelope(text: string): JsonObject {
  if (text.trim() === '') return {};
  const { value } = parseJsonDocument(text, { maxDepth: MAX_DEPTH });
  if (!isJsonObject(value)) throw new RecgateError('document.malformed', 'The request body must be a JSON object');
  return value;
}

/** `data` of a request's envelope; empty when it has none, or one that is no object. */
export function envelopeData(envelope: JsonObject): JsonObject {
  const data = member(envelope, 'data');
  return isJsonObject(data) ? data : {};
}

/** A member of an envelope that is text and not empty, or null. */
export function textMember(object: JsonObject, key: string): string | null {
  const value = member(object, key);
  return typeof value === 'string' && value !== '' ? value : null;
}

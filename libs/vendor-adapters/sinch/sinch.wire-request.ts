import type { ApplicationView, CallIdentity, JsonObject, JsonValue, WireRequest } from '#libs/recording-model';
import { isJsonObject } from '../shared/index.js';
import { credentialsOf } from './sinch.settings.js';
import { signSinchRequest } from './sinch.signature.js';

const CONTENT_TYPE = 'application/json';

/** Under which name a call keeps the headers that its callout asked to be given back (contract §3). */
const CALLBACK_HEADERS = 'callbackHeaders';

/**
 * A callback as it goes over the wire: JSON in the order of the members, signed over its own path with the
 * application's key and secret (contract §4.2). An application without a secret gets it unsigned.
 */
export function toSinchRequest(
  url: string,
  body: Readonly<Record<string, JsonValue>>,
  {
    application,
    call,
    now,
  }: { readonly application: ApplicationView; readonly call: CallIdentity; readonly now: Date },
): WireRequest {
  const text = JSON.stringify(body);
  const timestamp = now.toISOString();
  const credentials = credentialsOf(application);
  const signed =
    credentials === null
      ? null
      : signSinchRequest(
          { method: 'POST', path: new URL(url).pathname, contentType: CONTENT_TYPE, timestamp, body: text },
          credentials,
        );
  return {
    method: 'POST',
    url,
    headers: {
      ...calloutHeaders(call),
      'content-type': CONTENT_TYPE,
      'x-timestamp': timestamp,
      ...(signed === null ? {} : { authorization: signed.authorization }),
    },
    body: text,
    userinfo: null,
  };
}

function calloutHeaders(call: CallIdentity): Readonly<Record<string, string>> {
  const headers = call.vendor[CALLBACK_HEADERS];
  if (!isJsonObject(headers)) return {};
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])),
  );
}

const MOST_HEADERS = 5;
const MAX_NAME = 32;
const MAX_VALUE = 128;

/**
 * The `X-CB-*` headers of a callout, for the identity of its call; its callbacks carry them (contract §3). Of more than
 * five the first five are kept; longer ones are left out.
 * @param rawHeaders names and values in turn, as they came
 */
export function readSinchCallbackHeaders(rawHeaders: readonly string[]): JsonObject {
  const kept: Record<string, string> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const fits = /^x-cb-[\w-]+$/i.test(name) && name.length <= MAX_NAME && value.length <= MAX_VALUE;
    if (fits && Object.keys(kept).length < MOST_HEADERS) kept[name] = value;
  }
  return Object.keys(kept).length === 0 ? {} : { [CALLBACK_HEADERS]: kept };
}

import type { ApplicationView, JsonValue, WireRequest } from '#libs/recording-model';
import { credentialsOf } from './sinch.settings.js';
import { signSinchRequest } from './sinch.signature.js';

const CONTENT_TYPE = 'application/json';

/**
 * A callback as it goes over the wire: JSON in the order of the members, signed over its own path with the
 * application's key and secret (contract §4.2). An application without a secret gets it unsigned.
 */
export function toSinchRequest(
  url: string,
  body: Readonly<Record<string, JsonValue>>,
  application: ApplicationView,
  now: Date,
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
      'content-type': CONTENT_TYPE,
      'x-timestamp': timestamp,
      ...(signed === null ? {} : { authorization: signed.authorization }),
    },
    body: text,
    userinfo: null,
  };
}

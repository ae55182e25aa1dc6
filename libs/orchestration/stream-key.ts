import { randomBytes } from 'node:crypto';
import type { ApplicationView } from '#libs/recording-model';

/** Reserved among the secrets of an application; no vendor has a setting of this name. */
export const STREAM_KEY = 'streamKey';

/** A key that lets streams in at an application's own address. */
export function newStreamKey(): string {
  return randomBytes(24).toString('hex');
}

/** What stands in the application's stream addresses: a capability that cannot be guessed. Null for an application without a key. */
export function streamTokenOf({ applicationId, secrets }: ApplicationView): string | null {
  const key = secrets[STREAM_KEY];
  return key === undefined ? null : `${applicationId}.${key}`;
}

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApplicationRecord, ApplicationView } from '#libs/recording-model';
import { viewApplication } from './applications.js';
import type { OrchestrationPorts } from './ports.js';

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

/** The application that a stream's token lets in; null when it lets in nowhere. Takes as long for a wrong key as for the right one. */
export async function applicationOfStream(ports: Pick<OrchestrationPorts, 'ledger' | 'vault'>, token: string): Promise<ApplicationRecord | null> {
  const dot = token.lastIndexOf('.');
  const application = dot < 1 ? null : await ports.ledger.applications.get(token.slice(0, dot));
  if (application === null) return null;
  const expected = streamTokenOf(viewApplication(ports, application));
  return expected !== null && timingSafeEqual(digest(expected), digest(token)) ? application : null;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApplicationRecord } from '#libs/recording-model';
import { viewApplication } from './applications.js';
import type { OrchestrationPorts } from './ports.js';
import { streamTokenOf } from './stream-key.js';

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

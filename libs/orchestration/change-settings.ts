import { setTimeout as delay } from 'node:timers/promises';
import { RecgateError, type ApplicationRecord, type ApplicationView } from '#libs/recording-model';
import { changeApplication, viewApplication } from './applications.js';
import type { OrchestrationPorts } from './ports.js';

/** Longer than a change takes, ms. */
const LEASE_MS = 10_000;
const PATIENCE_MS = 5000;
const PAUSE_MS = 20;

/**
 * Changes settings of an application by what they are at that moment: one change at a time, in whatever process, so that
 * none is lost.
 * @param decide null leaves all as it is; what it throws is thrown
 * @throws RecgateError `request.not_found`; `gateway.unavailable` when others change it all the time
 */
export async function changeSettings(
  ports: Pick<OrchestrationPorts, 'ledger' | 'adapters' | 'vault' | 'clock'>,
  applicationId: string,
  decide: (application: ApplicationView) => Readonly<Record<string, string>> | null,
): Promise<ApplicationRecord> {
  const lease = await leaseOf(ports, applicationId);
  try {
    const application = await ports.ledger.applications.get(applicationId);
    if (application === null) throw new RecgateError('request.not_found', `There is no application ${applicationId}`);
    const settings = decide(viewApplication(ports, application));
    return settings === null ? application : await changeApplication(ports, application, settings);
  } finally {
    await lease.release();
  }
}

/** The lease of a delivery chain that no recording has serves as the lock. */
async function leaseOf(ports: Pick<OrchestrationPorts, 'ledger'>, applicationId: string) {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const lease = await ports.ledger.deliveries.lease(applicationId, 'settings', LEASE_MS);
    if (lease !== null) return lease;
    if (performance.now() > giveUpAt) {
      throw new RecgateError('gateway.unavailable', 'The application is being changed by others; try again');
    }
    await delay(PAUSE_MS);
  }
}

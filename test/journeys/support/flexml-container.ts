import { FileCatalogue } from '#libs/orchestration';
import type { LiveGateway } from './live-gateway.js';

/**
 * A FlexML application with containers of these sids, as if they had been made through the Storage API.
 * @returns its id
 */
export async function flexmlApplicationWith(
  gateway: LiveGateway,
  settings: Readonly<Record<string, string>>,
  ...sids: readonly string[]
): Promise<string> {
  const applicationId = await gateway.api.application('flexml', settings);
  const { ports } = gateway.roles.runtime;
  const application = await ports.ledger.applications.get(applicationId);
  const catalogue = FileCatalogue.of(ports, 'flexml', { tenantId: application?.tenantId ?? '', applicationId });
  for (const sid of sids) await catalogue?.containers.create(sid, { bytes: 100_000_000, files: 100 }, {});
  return applicationId;
}

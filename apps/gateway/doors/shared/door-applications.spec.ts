import { describe, expect, it } from '@jest/globals';
import { createMemoryLedger } from '#libs/ledger';
import type { ApplicationRecord } from '#libs/recording-model';
import type { GatewayContext } from '../../runtime-token.js';
import { DoorApplications } from './door-applications.js';

function application(id: string, createdAt: string): ApplicationRecord {
  const facts = { name: id, settings: {}, addresses: ['key'], sealedSecrets: null };
  return { ...facts, id, tenantId: 'tenant', vendor: 'sinch', createdAt, updatedAt: createdAt };
}

describe('applications of the same credentials', () => {
  it('are found the oldest first, in whatever order the ledger has them', async () => {
    const ledger = createMemoryLedger();
    await ledger.applications.save(application('app_a', '2026-02-01T00:00:00.000Z'));
    await ledger.applications.save(application('app_c', '2026-01-01T00:00:00.000Z'));
    await ledger.applications.save(application('app_b', '2026-01-01T00:00:00.000Z'));
    const found = await new DoorApplications({ ports: { ledger } } as GatewayContext).find('sinch', 'key');
    expect(found.map(({ record }) => record.id)).toEqual(['app_b', 'app_c', 'app_a']);
  });
});

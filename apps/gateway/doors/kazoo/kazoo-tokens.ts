import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { viewApplication } from '#libs/orchestration';
import { kazoo } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';

/** Tokens are good for an hour, as Crossbar's are. */
export const TOKEN_LIFE_MS = 3_600_000;

/** Tokens that were given back before their time. */
const REVOKED = 'kazoo.revoked_tokens';
/** No token of the door is longer; what is, is not looked at. */
const LONGEST_TOKEN = 1024;

/**
 * Makes and checks `auth_token`s. A token is sealed, so it needs no table: it holds its end and a digest of the account's
 * credentials, and is good no longer when either has changed.
 */
@Injectable()
export class KazooTokens {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  make({ record, view }: DoorApplication): string {
    const { vault, clock } = this.gateway.ports;
    const expiresAt = String(clock.now().getTime() + TOKEN_LIFE_MS);
    const bag = { expiresAt, print: kazoo.credentialPrint(view) };
    return `${Buffer.from(record.id).toString('base64url')}.${vault.seal(bag, owner(record.tenantId, record.id))}`;
  }

  /** The application whose token it is; null for every token that is not good. */
  async check(token: string): Promise<DoorApplication | null> {
    const { ports } = this.gateway;
    const [encoded = '', ...seal] = token.split('.');
    if (token.length > LONGEST_TOKEN || encoded === '') return null;
    const record = await ports.ledger.applications.get(Buffer.from(encoded, 'base64url').toString('utf8'));
    if (record === null || record.vendor !== 'kazoo') return null;
    const bag = this.open(seal.join('.'), record.tenantId, record.id);
    if (bag === null || !(Number(bag['expiresAt']) > ports.clock.now().getTime())) return null;
    const view = viewApplication(ports, record);
    if (bag['print'] !== kazoo.credentialPrint(view)) return null;
    const revoked = await ports.ledger.documents.get(REVOKED, record.id, nameOf(token));
    return revoked === null ? { record, view } : null;
  }

  /** Makes a token useless before its time, and forgets those whose time is over. */
  async revoke({ record }: DoorApplication, token: string): Promise<void> {
    const { documents } = this.gateway.ports.ledger;
    const now = this.gateway.ports.clock.now().getTime();
    await documents.update(REVOKED, record.id, nameOf(token), () => ({
      body: { expires_at: now + TOKEN_LIFE_MS },
      sealed: null,
    }));
    for (const { id, body } of await documents.list(REVOKED, record.id)) {
      if (Number(body['expires_at']) < now) await documents.update(REVOKED, record.id, id, () => 'remove');
    }
  }

  private open(seal: string, tenantId: string, applicationId: string): Readonly<Record<string, string>> | null {
    try {
      return this.gateway.ports.vault.open(seal, owner(tenantId, applicationId));
    } catch {
      return null;
    }
  }
}

/** A seal of its own kind: no other sealed thing of the application passes for a token. */
function owner(tenantId: string, applicationId: string): { readonly tenantId: string; readonly ownerId: string } {
  return { tenantId, ownerId: `${applicationId}/auth_token` };
}

function nameOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

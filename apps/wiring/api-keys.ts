import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TenantConfig } from '#libs/config';

/** Finds the tenant of a bearer key. Only digests of keys are kept in memory. */
export interface ApiKeys {
  tenantOf(key: string): string | null;
  /** The key that was made because the configuration names none; null otherwise. */
  readonly generated: { readonly key: string; readonly file: string } | null;
}

/** Keys of the configuration; without any, one is made for tenant `main` and kept in the data directory (mode 0600). */
export function createApiKeys(tenants: readonly TenantConfig[], dataDirectory: string): ApiKeys {
  const configured = tenants.flatMap((tenant) => tenant.apiKeys.map((key) => ({ tenantId: tenant.id, digest: digestOf(key) })));
  const generated = configured.length === 0 ? loadOrCreateKey(dataDirectory) : null;
  const known = generated === null ? configured : [{ tenantId: 'main', digest: digestOf(generated.key) }];
  return {
    generated,
    tenantOf(key) {
      const digest = digestOf(key);
      let found: string | null = null;
      // Every key is compared, so that the time does not tell which one came close.
      for (const candidate of known) if (timingSafeEqual(candidate.digest, digest)) found = candidate.tenantId;
      return found;
    },
  };
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function loadOrCreateKey(dataDirectory: string): { key: string; file: string } {
  const file = join(dataDirectory, 'api-key');
  if (existsSync(file)) return { key: readFileSync(file, 'utf8').trim(), file };
  mkdirSync(dataDirectory, { recursive: true });
  const key = `rg_${randomBytes(24).toString('base64url')}`;
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return { key, file };
}

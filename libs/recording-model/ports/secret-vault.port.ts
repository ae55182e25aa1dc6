import type { SecretBag } from '../secret.js';

/** Seals credentials before anything is written. The seal is bound to tenant and owner: it opens nowhere else. */
export interface SecretVault {
  seal(bag: SecretBag, owner: SecretOwner): string;
  /** @throws RecgateError `gateway.internal` when the seal is broken or belongs to another owner. */
  open(sealed: string, owner: SecretOwner): SecretBag;
}

export interface SecretOwner {
  readonly tenantId: string;
  /** Recording or application id. */
  readonly ownerId: string;
}

import type { Provider, Type } from '@nestjs/common';
import type { Request } from 'express';
import type { RecgateError, VendorErrorForm, VendorName } from '#libs/recording-model';

/** Under which path a vendor's door stands. */
export const DOOR_MOUNTS = {
  flexml: 'carrierx',
  kazoo: 'kazoo',
  aculab: 'aculab',
  sinch: 'sinch',
} as const satisfies Record<VendorName, string>;

export type DoorMount = (typeof DOOR_MOUNTS)[VendorName];

/** The HTTP side that stands in for one vendor. */
export interface Door {
  readonly vendor: VendorName;
  readonly controllers: readonly Type[];
  readonly providers: readonly Provider[];
  /** The vendor's own answer to a request that failed, whatever it failed of. */
  readonly renderError: (error: RecgateError, request: Request) => VendorErrorForm;
}

/** Vendor whose door a path belongs to; null for the own API. */
export function vendorOfPath(path: string): VendorName | null {
  const mount = /^\/+([^/?]+)/.exec(path)?.[1];
  for (const [vendor, own] of Object.entries(DOOR_MOUNTS)) if (own === mount) return vendor as VendorName;
  return null;
}

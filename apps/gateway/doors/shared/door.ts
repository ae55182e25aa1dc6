import type { Provider, Type } from '@nestjs/common';
import type { Request, RequestHandler } from 'express';
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
  /** Looks at a request below the mount before its route is looked for, when its body has been read. */
  readonly prepare?: RequestHandler;
  /** The vendor's own answer to a request that failed, whatever it failed of. */
  readonly renderError: (error: RecgateError, request: Request) => VendorErrorForm;
}

/** Vendor whose door a path belongs to; null for the own API. */
export function vendorOfPath(path: string): VendorName | null {
  const mount = /^\/+([^/?]+)/.exec(path)?.[1];
  for (const [vendor, own] of Object.entries(DOOR_MOUNTS)) if (own === mount) return vendor as VendorName;
  return null;
}

/** Lets each door prepare the requests below its mount. */
export function prepareDoors(doors: readonly Door[]): RequestHandler {
  return (request, response, next) => {
    const vendor = vendorOfPath(request.url);
    const prepare = doors.find((door) => door.vendor === vendor)?.prepare;
    if (prepare === undefined) next();
    else prepare(request, response, next);
  };
}

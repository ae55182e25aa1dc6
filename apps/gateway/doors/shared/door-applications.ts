import { Inject, Injectable } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import { viewApplication } from '#libs/orchestration';
import type { ApplicationRecord, ApplicationView, VendorName } from '#libs/recording-model';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';

/** An application that a request has proved to be. */
export interface DoorApplication {
  readonly record: ApplicationRecord;
  /** With its credentials opened; never leaves the process. */
  readonly view: ApplicationView;
}

/** Finds applications by the names that their vendor's API knows them by. */
@Injectable()
export class DoorApplications {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  /**
   * All that bear the name, the oldest first: which one is meant, the request's secret decides, and of several with the
   * same secret it is always the one that was there before the others came.
   */
  async find(vendor: VendorName, address: string): Promise<readonly DoorApplication[]> {
    const { ports } = this.gateway;
    const found = await ports.ledger.applications.findByAddress(vendor, address);
    return found.toSorted(byAge).map((record) => ({ record, view: viewApplication(ports, record) }));
  }

  /** The first whose secret setting is the one that was sent; null when none is. Takes the same time for all. */
  async authenticate(
    vendor: VendorName,
    address: string,
    setting: string,
    sent: string,
  ): Promise<DoorApplication | null> {
    const candidates = await this.find(vendor, address);
    const matching = candidates.filter(({ view }) => sameSecret(view.secrets[setting] ?? '', sent));
    return sent === '' ? null : (matching[0] ?? null);
  }
}

function byAge(a: ApplicationRecord, b: ApplicationRecord): number {
  return a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id);
}

/** Compares in a time that tells nothing of the secret. */
export function sameSecret(expected: string, sent: string): boolean {
  return timingSafeEqual(digest(expected), digest(sent));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

import type { ChainLease, DeliveryLedger, DeliveryRecord } from '#libs/recording-model';
import { chainName } from '../chain-name.js';

interface Lease {
  readonly until: number;
}

/** Delivery chains in maps. */
export class MemoryDeliveryLedger implements DeliveryLedger {
  private readonly deliveries = new Map<string, DeliveryRecord>();
  private readonly leases = new Map<string, Lease>();

  enqueue(delivery: DeliveryRecord): Promise<boolean> {
    if (this.deliveries.has(delivery.id)) return Promise.resolve(false);
    this.deliveries.set(delivery.id, delivery);
    return Promise.resolve(true);
  }

  get(deliveryId: string): Promise<DeliveryRecord | null> {
    return Promise.resolve(this.deliveries.get(deliveryId) ?? null);
  }

  head(recordingId: string, subscription: string): Promise<DeliveryRecord | null> {
    const chain = [...this.deliveries.values()]
      .filter((delivery) => delivery.recordingId === recordingId && delivery.subscription === subscription)
      .filter((delivery) => delivery.status === 'pending')
      .sort((a, b) => a.eventSequence - b.eventSequence);
    return Promise.resolve(chain[0] ?? null);
  }

  update(delivery: DeliveryRecord): Promise<void> {
    this.deliveries.set(delivery.id, delivery);
    return Promise.resolve();
  }

  listOfRecording(recordingId: string): Promise<readonly DeliveryRecord[]> {
    return Promise.resolve([...this.deliveries.values()].filter((delivery) => delivery.recordingId === recordingId));
  }

  lease(recordingId: string, subscription: string, leaseMs: number): Promise<ChainLease | null> {
    const name = chainName(recordingId, subscription);
    const now = Date.now();
    const held = this.leases.get(name);
    if (held !== undefined && held.until > now) return Promise.resolve(null);
    const lease = { until: now + leaseMs };
    this.leases.set(name, lease);
    const release = () => {
      if (this.leases.get(name) === lease) this.leases.delete(name);
      return Promise.resolve();
    };
    return Promise.resolve({ release });
  }

  overdue(before: Date, limit: number): Promise<readonly { recordingId: string; subscription: string }[]> {
    const time = before.toISOString();
    const due = [...this.deliveries.values()].filter(
      (delivery) => delivery.status === 'pending' && (delivery.nextAttemptAt ?? delivery.createdAt) < time,
    );
    const chains = new Map(
      due.map(({ recordingId, subscription }) => [chainName(recordingId, subscription), { recordingId, subscription }]),
    );
    return Promise.resolve([...chains.values()].slice(0, limit));
  }
}

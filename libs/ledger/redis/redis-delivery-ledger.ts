import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { ChainLease, DeliveryLedger, DeliveryRecord } from '#libs/recording-model';
import { ALL_PARTITIONS, partitionOf, type Keys } from './keys.js';

/** Delivery chains in Redis: a sorted set of pending ids a chain, a document a delivery, one list of what is due. */
export class RedisDeliveryLedger implements DeliveryLedger {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async enqueue(delivery: DeliveryRecord): Promise<boolean> {
    const { recordingId, subscription } = delivery;
    const added = await this.redis.recgateEnqueue(
      this.keys.delivery(recordingId, delivery.id),
      this.keys.chain(recordingId, subscription),
      this.keys.deliveriesOf(recordingId),
      this.keys.due(partitionOf(recordingId)),
      JSON.stringify(delivery),
      delivery.id,
      delivery.eventSequence,
      dueMs(delivery),
      JSON.stringify([recordingId, subscription]),
    );
    return added === 1;
  }

  async get(deliveryId: string): Promise<DeliveryRecord | null> {
    const recordingId = deliveryId.split('.')[0] ?? '';
    const document = await this.redis.get(this.keys.delivery(recordingId, deliveryId));
    return document === null ? null : (JSON.parse(document) as DeliveryRecord);
  }

  async head(recordingId: string, subscription: string): Promise<DeliveryRecord | null> {
    const [id] = await this.redis.zrange(this.keys.chain(recordingId, subscription), '0', '0');
    return id === undefined ? null : this.get(id);
  }

  async update(delivery: DeliveryRecord): Promise<void> {
    const { recordingId, subscription } = delivery;
    await this.redis.recgateUpdateDelivery(
      this.keys.delivery(recordingId, delivery.id),
      this.keys.chain(recordingId, subscription),
      this.keys.due(partitionOf(recordingId)),
      JSON.stringify(delivery),
      delivery.id,
      delivery.status === 'pending' ? '1' : '0',
      dueMs(delivery),
      delivery.eventSequence,
      JSON.stringify([recordingId, subscription]),
    );
  }

  async listOfRecording(recordingId: string): Promise<readonly DeliveryRecord[]> {
    const ids = await this.redis.lrange(this.keys.deliveriesOf(recordingId), 0, -1);
    const deliveries = await Promise.all(ids.map((id) => this.get(id)));
    return deliveries.filter((delivery) => delivery !== null);
  }

  async lease(recordingId: string, subscription: string, leaseMs: number): Promise<ChainLease | null> {
    const key = this.keys.lease(recordingId, subscription);
    const token = randomUUID();
    const taken = await this.redis.set(key, token, 'PX', leaseMs, 'NX');
    if (taken === null) return null;
    return {
      release: async () => {
        await this.redis.recgateRelease(key, token);
      },
    };
  }

  async overdue(before: Date, limit: number): Promise<readonly { recordingId: string; subscription: string }[]> {
    const slices = await Promise.all(
      ALL_PARTITIONS.map((partition) =>
        this.redis.zrangebyscore(this.keys.due(partition), '-inf', before.getTime() - 1, 'LIMIT', 0, limit),
      ),
    );
    return slices
      .flat()
      .slice(0, limit)
      .map((member) => JSON.parse(member) as [string, string])
      .map(([recordingId, subscription]) => ({ recordingId, subscription }));
  }
}

function dueMs(delivery: DeliveryRecord): number {
  return Date.parse(delivery.nextAttemptAt ?? delivery.createdAt);
}


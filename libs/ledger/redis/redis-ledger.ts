import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Ledger, RecordingEvent } from '#libs/recording-model';
import { createKeys } from './keys.js';
import { RedisDeliveryLedger } from './redis-delivery-ledger.js';
import { RedisDocumentLedger } from './redis-document-ledger.js';
import { RedisOutbox } from './redis-outbox.js';
import { RedisRecordingLedger } from './redis-recording-ledger.js';
import { RedisApplicationLedger, RedisCallLedger, RedisLeftoverLedger, RedisNodeLedger } from './redis-registries.js';
import { defineScripts } from './scripts.js';

export interface RedisLedgerOptions {
  /** Opens a connection for the given use; `blocking` ones must have no command timeout. Closed by the ledger. */
  readonly connect: (use: 'commands' | 'blocking' | 'subscriber') => Redis;
  /** First part of every key. */
  readonly prefix: string;
}

/** The ledger on Redis (single, Sentinel or Cluster): survives everything that Redis itself survives. */
export function createRedisLedger(options: RedisLedgerOptions): Ledger {
  const redis = defineScripts(options.connect('commands'));
  const keys = createKeys(options.prefix);
  return {
    recordings: new RedisRecordingLedger(redis, keys),
    outbox: new RedisOutbox(redis, () => options.connect('blocking'), keys, `relay-${randomUUID()}`),
    applications: new RedisApplicationLedger(redis, keys),
    calls: new RedisCallLedger(redis, keys),
    documents: new RedisDocumentLedger(redis, keys),
    deliveries: new RedisDeliveryLedger(redis, keys),
    leftovers: new RedisLeftoverLedger(redis, keys),
    nodes: new RedisNodeLedger(redis, keys),
    watch: (tenantId, listener) => watchChannel(options.connect('subscriber'), keys.channel(tenantId), listener),
    close: async () => {
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}

async function watchChannel(
  subscriber: Redis,
  channel: string,
  listener: (event: RecordingEvent) => void,
): Promise<() => Promise<void>> {
  subscriber.on('message', (_channel, message) => listener(JSON.parse(message) as RecordingEvent));
  await subscriber.subscribe(channel);
  return () => {
    subscriber.disconnect();
    return Promise.resolve();
  };
}

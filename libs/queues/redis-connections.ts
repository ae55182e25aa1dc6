import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** What a connection is for; each use has its own rules about waiting. */
export type ConnectionUse = 'commands' | 'blocking' | 'subscriber';

/** Back within a second after Redis is. */
const RETRY_STRATEGY = (attempt: number): number => Math.min(50 * 2 ** attempt, 1000);

/** A producer fails fast when Redis is away; a blocking reader waits for ever and must have no command timeout. */
const OPTIONS_BY_USE = {
  commands: { enableOfflineQueue: true, commandTimeout: 5000, maxRetriesPerRequest: 3 },
  blocking: { maxRetriesPerRequest: null },
  subscriber: { maxRetriesPerRequest: null },
} as const satisfies Record<ConnectionUse, RedisOptions>;

/** Opens connections to one Redis, whichever way it is set up. */
export interface RedisConnections {
  open(use: ConnectionUse): Redis;
  /** Closes every connection that was opened here. */
  close(): Promise<void>;
}

/**
 * @param url `redis://` or `rediss://` for one server; `redis+sentinel://host:port,host:port/master-name`;
 *   `redis+cluster://host:port,host:port`
 */
export function createRedisConnections(url: string): RedisConnections {
  const opened = new Set<Redis>();
  return {
    open(use) {
      const redis = connect(url, { ...OPTIONS_BY_USE[use], retryStrategy: RETRY_STRATEGY });
      redis.on('error', () => undefined); // Every caller sees its own failed command; the event would end the process.
      opened.add(redis);
      return redis;
    },
    async close() {
      await Promise.all([...opened].map((redis) => redis.quit().catch(() => redis.disconnect())));
      opened.clear();
    },
  };
}

function connect(url: string, options: RedisOptions): Redis {
  const special = /^redis\+(sentinel|cluster):\/\/([^/]+)(?:\/(.+))?$/.exec(url);
  if (special === null) return new Redis(url, options);
  const [, kind, hosts = '', name = 'mymaster'] = special;
  const nodes = hosts.split(',').map((host) => {
    const [address = '127.0.0.1', port = '6379'] = host.split(':');
    return { host: address, port: Number(port) };
  });
  if (kind === 'sentinel') return new Redis({ ...options, sentinels: nodes, name });
  // A cluster client has the same commands; ioredis types the two apart.
  return new Cluster(nodes, { redisOptions: options, clusterRetryStrategy: RETRY_STRATEGY }) as unknown as Redis;
}

import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { RecgateError } from '#libs/recording-model';

/** What a connection is for; each use has its own rules about waiting. */
export type ConnectionUse = 'commands' | 'blocking' | 'subscriber';

/** Back within a second after Redis is. */
const RETRY_STRATEGY = (attempt: number): number => Math.min(50 * 2 ** attempt, 1000);

const QUIT_TIMEOUT_MS = 1000;
/** How long a closed socket may linger before it is destroyed, ms. */
const DISCONNECT_TIMEOUT_MS = 200;

const COMMON = { retryStrategy: RETRY_STRATEGY, disconnectTimeout: DISCONNECT_TIMEOUT_MS } as const;

type UseOptions = Pick<RedisOptions, 'enableOfflineQueue' | 'commandTimeout' | 'maxRetriesPerRequest'>;

/** A producer fails fast when Redis is away; a blocking reader waits for ever and must have no command timeout. */
const OPTIONS_BY_USE: Record<ConnectionUse, UseOptions> = {
  commands: { enableOfflineQueue: false, commandTimeout: 1000, maxRetriesPerRequest: 1 },
  blocking: { maxRetriesPerRequest: null },
  subscriber: { maxRetriesPerRequest: null },
};

/** Opens connections to one Redis, whichever way it is set up. */
export interface RedisConnections {
  open(use: ConnectionUse): Redis;
  /**
   * Waits until every connection opened so far can take commands.
   * @throws RecgateError `gateway.unavailable` when that takes longer than `timeoutMs`
   */
  ready(timeoutMs: number): Promise<void>;
  /** True while no connection can take commands: then there is nothing to wait for. */
  isAway(): boolean;
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
      const redis = connect(url, OPTIONS_BY_USE[use]);
      redis.on('error', () => undefined); // Every caller sees its own failed command; the event would end the process.
      opened.add(redis);
      // A connection that was closed by its user is forgotten: listeners come and go for as long as the process lives.
      redis.once('end', () => opened.delete(redis));
      return redis;
    },
    async ready(timeoutMs) {
      await Promise.all([...opened].map((redis) => untilReady(redis, timeoutMs)));
    },
    isAway: () => [...opened].every(({ status }) => status !== 'ready'),
    async close() {
      await Promise.all([...opened].map(quitSoon));
      opened.clear();
    },
  };
}

/** A Redis that is away or frozen must not hold up the end of the process. */
async function quitSoon(redis: Redis): Promise<void> {
  if (redis.status === 'ready') {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, QUIT_TIMEOUT_MS)));
    await Promise.race([redis.quit().then(() => undefined, () => undefined), late]);
    clearTimeout(timer);
  }
  redis.disconnect();
}

function untilReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const expired = setTimeout(() => {
      reject(new RecgateError('gateway.unavailable', `Redis did not answer within ${timeoutMs} ms; is REDIS_URL right?`));
    }, timeoutMs);
    redis.once('ready', () => {
      clearTimeout(expired);
      resolve();
    });
  });
}

function connect(url: string, options: UseOptions): Redis {
  const special = /^redis\+(sentinel|cluster):\/\/([^/]+)(?:\/(.+))?$/.exec(url);
  if (special === null) return new Redis(url, { ...options, ...COMMON });
  const [, kind, hosts = '', name = 'mymaster'] = special;
  const nodes = hosts.split(',').map((host) => {
    const [address = '127.0.0.1', port = '6379'] = host.split(':');
    return { host: address, port: Number(port) };
  });
  if (kind === 'sentinel') return new Redis({ ...options, ...COMMON, sentinels: nodes, name });
  const { enableOfflineQueue, ...redisOptions } = options;
  const cluster = new Cluster(nodes, {
    redisOptions,
    enableOfflineQueue: enableOfflineQueue ?? true,
    clusterRetryStrategy: RETRY_STRATEGY,
  });
  // A cluster client has the same commands; ioredis types the two apart.
  return cluster as unknown as Redis;
}

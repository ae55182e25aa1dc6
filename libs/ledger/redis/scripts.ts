import type { Redis, Result } from 'ioredis';

/**
 * KEYS: recording, outbox, active, tenant listing, names. ARGV: document, state, outbox entry, created ms, id, names.
 * Answers the document that is there, or nil when this call created it.
 */
const ACCEPT = `
local existing = redis.call('HGET', KEYS[1], 'doc')
if existing then return existing end
redis.call('HSET', KEYS[1], 'doc', ARGV[1], 'state', ARGV[2], 'version', '0')
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[5])
redis.call('ZADD', KEYS[4], ARGV[4], ARGV[5])
for i = 6, #ARGV do redis.call('HSET', KEYS[5], ARGV[i], ARGV[5]) end
return nil
`;

/**
 * KEYS: recording, events, outbox, active, deletions. ARGV: expected version, document, state, outbox entry, updated
 * ms, id, '1' when nothing is left to be done, ms of the deletion (empty: none), then the events. Answers 1 when written, 0 when another writer was faster.
 */
const TRANSITION = `
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'doc', ARGV[2], 'state', ARGV[3], 'version', tostring(tonumber(ARGV[1]) + 1))
for i = 9, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[4])
if ARGV[7] == '1' then redis.call('ZREM', KEYS[4], ARGV[6]) else redis.call('ZADD', KEYS[4], ARGV[5], ARGV[6]) end
if ARGV[8] == '' then redis.call('ZREM', KEYS[5], ARGV[6]) else redis.call('ZADD', KEYS[5], ARGV[8], ARGV[6]) end
return 1
`;

/** KEYS: delivery, chain, deliveries of the recording, due. ARGV: document, id, sequence, due ms, chain member. */
const ENQUEUE = `
if redis.call('SETNX', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
redis.call('RPUSH', KEYS[3], ARGV[2])
redis.call('ZADD', KEYS[4], 'NX', ARGV[4], ARGV[5])
return 1
`;

/** KEYS: delivery, chain, due. ARGV: document, id, '1' when still pending, due ms, sequence, chain member. */
const UPDATE_DELIVERY = `
redis.call('SET', KEYS[1], ARGV[1])
if ARGV[3] == '1' then redis.call('ZADD', KEYS[2], ARGV[5], ARGV[2]) else redis.call('ZREM', KEYS[2], ARGV[2]) end
if redis.call('ZCARD', KEYS[2]) == 0 then redis.call('ZREM', KEYS[3], ARGV[6]) else redis.call('ZADD', KEYS[3], ARGV[4], ARGV[6]) end
return 1
`;

/** KEYS: lease. ARGV: token. Only the holder gives a lease back. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;

/**
 * KEYS: documents of a collection, collections of the application. ARGV: id, the document as it was read (empty: there
 * was none), the new one (empty: remove), collection. Answers 1 when written, 0 when another writer was faster.
 */
const UPDATE_DOCUMENT = `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  redis.call('SADD', KEYS[2], ARGV[4])
end
return 1
`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    recgateAccept(...args: (string | number)[]): Result<string | null, Context>;
    recgateTransition(...args: (string | number)[]): Result<number, Context>;
    recgateEnqueue(...args: (string | number)[]): Result<number, Context>;
    recgateUpdateDelivery(...args: (string | number)[]): Result<number, Context>;
    recgateUpdateDocument(...args: (string | number)[]): Result<number, Context>;
    recgateRelease(...args: (string | number)[]): Result<number, Context>;
  }
}

/** Teaches a connection the ledger's scripts; each runs by its hash after the first time. */
export function defineScripts(redis: Redis): Redis {
  redis.defineCommand('recgateAccept', { numberOfKeys: 5, lua: ACCEPT });
  redis.defineCommand('recgateTransition', { numberOfKeys: 5, lua: TRANSITION });
  redis.defineCommand('recgateEnqueue', { numberOfKeys: 4, lua: ENQUEUE });
  redis.defineCommand('recgateUpdateDelivery', { numberOfKeys: 3, lua: UPDATE_DELIVERY });
  redis.defineCommand('recgateUpdateDocument', { numberOfKeys: 2, lua: UPDATE_DOCUMENT });
  redis.defineCommand('recgateRelease', { numberOfKeys: 1, lua: RELEASE });
  return redis;
}

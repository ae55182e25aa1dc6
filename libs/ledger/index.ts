export { createMemoryLedger } from './memory/memory-ledger.js';
export { createRedisLedger, type RedisLedgerOptions } from './redis/redis-ledger.js';

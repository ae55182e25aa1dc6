import type { Redis } from 'ioredis';
import type { WorkerOptions } from 'bullmq';
import { queuePrefix } from './queue-names.js';
import { cappedPause } from './retry-plan.js';

const TAKEOVER_MS = 20_000;

/**
 * Options of every worker. A crashed worker's job is taken over in about lockDuration + 2 × stalledInterval; crashes
 * alone must never fail a job for good, hence the high stalled count.
 * @param connection a `blocking` connection (`maxRetriesPerRequest: null`)
 * @param takeoverMs that time
 */
export function workerOptions(connection: Redis, prefix: string, concurrency: number, takeoverMs = TAKEOVER_MS): WorkerOptions {
  return {
    connection,
    prefix: queuePrefix(prefix),
    concurrency,
    lockDuration: takeoverMs / 2,
    stalledInterval: takeoverMs / 4,
    maxStalledCount: 25,
    settings: { backoffStrategy: (attemptsMade, _type, _error, job) => cappedPause(attemptsMade, job?.data, Math.random()) },
  };
}

import type { QueueOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { queuePrefix } from './queue-names.js';

/**
 * Options of every queue that jobs are added to. A queue asks for the server's version once, and when that fails it never
 * takes a job again; on a connection whose commands give up after a second, a moment's delay at the start would do. The
 * workers, whose connections wait, check the version.
 * @param connection a `commands` connection: adding fails within seconds when Redis is away
 */
export function producerOptions(connection: Redis, prefix: string): QueueOptions {
  return { connection, prefix: queuePrefix(prefix), skipVersionCheck: true };
}

import { Queue, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import type { WorkQueue, WorkStage } from '#libs/recording-model';
import type { DeliverJob, StageJob } from './job-payloads.js';
import { QUEUE_NAMES, queuePrefix } from './queue-names.js';

/** The ledger is the truth, so finished jobs leave nothing behind; a failed one is found again by the reconciler. */
const CLEAN: JobsOptions = { removeOnComplete: true, removeOnFail: true };

/** Tries and pauses of each stage within one job; beyond them the reconciler starts afresh. */
const STAGE_OPTIONS = {
  capture: { ...CLEAN, attempts: 5, backoff: { type: 'exponential', delay: 1000 } },
  encode: { ...CLEAN, attempts: 5, backoff: { type: 'exponential', delay: 500 } },
  store: { ...CLEAN, attempts: 8, backoff: { type: 'exponential', delay: 1000, jitter: 0.3 } },
} as const satisfies Record<WorkStage, JobsOptions>;

/** The work queue on BullMQ. */
export interface BullWorkQueue extends WorkQueue {
  close(): Promise<void>;
}

/** @param connection a `commands` connection: adding fails within seconds when Redis is away */
export function createBullWorkQueue(connection: Redis, prefix: string): BullWorkQueue {
  const options = { connection, prefix: queuePrefix(prefix) };
  const stages = {
    capture: new Queue<StageJob>(QUEUE_NAMES.capture, options),
    encode: new Queue<StageJob>(QUEUE_NAMES.encode, options),
    store: new Queue<StageJob>(QUEUE_NAMES.store, options),
  } satisfies Record<WorkStage, Queue<StageJob>>;
  const deliver = new Queue<DeliverJob>(QUEUE_NAMES.deliver, options);
  for (const queue of [...Object.values(stages), deliver]) queue.on('error', () => undefined);
  return {
    async enqueueStage(stage, recordingId, epoch) {
      const jobId = `rec_${recordingId}-${stage}-${epoch}`;
      await stages[stage].add(stage, { recordingId, epoch }, { ...STAGE_OPTIONS[stage], jobId });
    },
    async enqueueDelivery(recordingId, subscription, attempt, delayMs) {
      const jobId = `dlv_${recordingId}-${jobIdPart(subscription)}-${attempt}`;
      await deliver.add('deliver', { recordingId, subscription }, { ...CLEAN, attempts: 1, delay: delayMs, jobId });
    },
    async close() {
      await Promise.all([...Object.values(stages), deliver].map((queue) => queue.close()));
    },
  };
}

/** BullMQ forbids `:` in ids of one's own. */
function jobIdPart(text: string): string {
  return text.replace(/[^A-Za-z0-9_.-]/g, '_');
}

import { Queue, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import type { WorkQueue, WorkStage } from '#libs/recording-model';
import type { DeliverJob, StageJob } from './job-payloads.js';
import { producerOptions } from './producer-options.js';
import { QUEUE_NAMES } from './queue-names.js';
import { CAPPED, DEFAULT_RETRY_PLANS, type RetryPlans } from './retry-plan.js';

/** The ledger is the truth, so finished jobs leave nothing behind; a failed one is found again by the reconciler. */
const CLEAN: JobsOptions = { removeOnComplete: true, removeOnFail: true };

/** The work queue on BullMQ. */
export interface BullWorkQueue extends WorkQueue {
  close(): Promise<void>;
}

/** @param connection a `commands` connection: adding fails within seconds when Redis is away */
export function createBullWorkQueue(connection: Redis, prefix: string, plans: RetryPlans = DEFAULT_RETRY_PLANS): BullWorkQueue {
  const options = producerOptions(connection, prefix);
  const stages = {
    capture: new Queue<StageJob>(QUEUE_NAMES.capture, options),
    encode: new Queue<StageJob>(QUEUE_NAMES.encode, options),
    store: new Queue<StageJob>(QUEUE_NAMES.store, options),
    transcribe: new Queue<StageJob>(QUEUE_NAMES.transcribe, options),
  } satisfies Record<WorkStage, Queue<StageJob>>;
  const deliver = new Queue<DeliverJob>(QUEUE_NAMES.deliver, options);
  for (const queue of [...Object.values(stages), deliver]) queue.on('error', () => undefined);
  return {
    async enqueueStage(stage, recordingId, epoch) {
      // One job a stage and recording: as long as it waits, runs or pauses, adding it again adds nothing. With the epoch
      // in the name a slow or pausing job would get a rival each time somebody looks after it.
      const jobId = `rec_${recordingId}-${stage}`;
      const { attempts, firstPauseMs, longestPauseMs } = plans[stage];
      const data = { recordingId, epoch, pause: { firstPauseMs, longestPauseMs } };
      await stages[stage].add(stage, data, { ...CLEAN, attempts, backoff: { type: CAPPED }, jobId });
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

import type { Job } from 'bullmq';

/** Whether the queue will not try the job again. */
export function isLastTry(job: Job): boolean {
  return job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}

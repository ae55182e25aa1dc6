/**
 * Short, idempotent commands to the workers. Adding the same work twice adds it once; a lost job is found again by
 * the reconciler, so the ledger stays the truth.
 */
export interface WorkQueue {
  /** @param epoch of the record when the work became due, for the log; a job is one a stage and recording */
  enqueueStage(stage: WorkStage, recordingId: string, epoch: number): Promise<void>;
  /** @param attempt counts the attempts already made at the chain's head; part of the job's identity */
  enqueueDelivery(recordingId: string, subscription: string, attempt: string, delayMs: number): Promise<void>;
}

/** The stages that run as jobs. `capture` is for files and URLs only; live audio belongs to a media node. */
export type WorkStage = 'capture' | 'encode' | 'store' | 'transcribe';

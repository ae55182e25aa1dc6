import { Queue, UnrecoverableError, Worker, type Job } from 'bullmq';
import type { WorkerStage } from '#libs/config';
import {
  DeliveryChain,
  encodeStage,
  runStage,
  storeStage,
  type Housekeeping,
  type OrchestrationPorts,
  type Reconciler,
  type Retention,
  type Stage,
} from '#libs/orchestration';
import { DeliverJob, parseJob, producerOptions, QUEUE_NAMES, StageJob, workerOptions, type RedisConnections } from '#libs/queues';
import { RecgateError } from '#libs/recording-model';
import { isLastTry } from './last-try.js';
import { TRANSCRIBE_JOBS, TranscribeJobs } from './transcribe-jobs.js';

export interface StageWorkersOptions {
  readonly ports: OrchestrationPorts;
  readonly connections: RedisConnections;
  readonly prefix: string;
  readonly reconciler: Reconciler;
  readonly housekeeping: Housekeeping;
  /** Stages this process works on. */
  readonly stages: readonly WorkerStage[];
  readonly concurrency: Readonly<Record<'encode' | 'store' | 'transcribe' | 'deliver', number>>;
  readonly reconcileSeconds: number;
  /** When the jobs of a dead worker are taken over. */
  readonly takeoverSeconds: number;
  readonly housekeepingSeconds: number;
  readonly retention: Retention;
  readonly retentionCheckSeconds: number;
  /** Reads files and URLs; null where this process has no media to read them with. */
  readonly captureFile: ((recordingId: string, lastTry: boolean) => Promise<void>) | null;
}

/** The BullMQ workers of this process: short, idempotent commands, each checked at the door. */
export class StageWorkers {
  private readonly workers: Worker[] = [];
  private scheduler: Queue | null = null;

  constructor(private readonly options: StageWorkersOptions) {}

  async start(): Promise<void> {
    const { ports, concurrency, stages, captureFile } = this.options;
    if (stages.includes('encode')) this.runStageQueue('encode', encodeStage(ports), concurrency.encode);
    if (stages.includes('store')) this.runStageQueue('store', storeStage(ports), concurrency.store);
    if (stages.includes('capture') && captureFile !== null) {
      this.run(QUEUE_NAMES.capture, concurrency.encode, (job) => captureFile(parseJob(StageJob, job.data).recordingId, isLastTry(job)));
    }
    if (stages.includes('transcribe')) {
      const jobs = new TranscribeJobs(ports, concurrency.transcribe);
      this.run(QUEUE_NAMES.transcribe, TRANSCRIBE_JOBS, (job, token) => jobs.work(job, token));
    }
    if (stages.includes('deliver')) this.runDeliveries(concurrency.deliver);
    if (stages.includes('housekeeping')) await this.runHousekeeping();
  }

  /**
   * Lets running jobs finish, then closes; what is still running after `patienceMs` is given up, and another worker
   * takes it over when its lock has run out.
   */
  async stop(patienceMs: number): Promise<void> {
    const late = setTimeout(() => {
      for (const worker of this.workers) void worker.close(true).catch(() => undefined);
    }, patienceMs);
    await Promise.all(this.workers.map((worker) => worker.close()));
    clearTimeout(late);
    await this.scheduler?.close();
  }

  private runStageQueue(name: 'encode' | 'store', stage: Stage, concurrency: number): void {
    this.run(QUEUE_NAMES[name], concurrency, async (job) => {
      const { recordingId } = parseJob(StageJob, job.data);
      const timer = this.options.ports.metrics.stageSeconds.startTimer({ stage: name });
      try {
        timer({ outcome: await runStage(this.options.ports, stage, recordingId, isLastTry(job)) });
      } catch (error) {
        timer({ outcome: 'retry' });
        throw error instanceof RecgateError && !error.retry ? new UnrecoverableError(error.message) : error;
      }
    });
  }

  private runDeliveries(concurrency: number): void {
    const chain = new DeliveryChain(this.options.ports, concurrency);
    this.run(QUEUE_NAMES.deliver, concurrency, async (job) => {
      const { recordingId, subscription } = parseJob(DeliverJob, job.data);
      await chain.work(recordingId, subscription);
    });
  }

  private async runHousekeeping(): Promise<void> {
    const { connections, prefix, reconcileSeconds, housekeepingSeconds, retentionCheckSeconds, ports } = this.options;
    const { reconciler, housekeeping, retention } = this.options;
    const queue = new Queue(QUEUE_NAMES.housekeeping, producerOptions(connections.open('commands'), prefix));
    queue.on('error', () => undefined);
    this.scheduler = queue;
    const clean = { removeOnComplete: true, removeOnFail: true };
    const plan = (name: string, seconds: number) =>
      queue.upsertJobScheduler(name, { every: seconds * 1000 }, { name, opts: clean });
    await plan('reconcile', reconcileSeconds);
    await plan('sweep', housekeepingSeconds);
    await plan('retention', retentionCheckSeconds);
    const tasks: Readonly<Record<string, () => Promise<object>>> = {
      sweep: () => housekeeping.run(),
      retention: () => retention.run(),
      reconcile: () => reconciler.run(),
    };
    const busy = new Set<string>();
    // A long sweep must not hold up the deletions that are due; none of them runs beside itself.
    this.run(QUEUE_NAMES.housekeeping, Object.keys(tasks).length, async (job) => {
      const task = tasks[job.name];
      if (task === undefined || busy.has(job.name)) return;
      busy.add(job.name);
      const report = await task().finally(() => busy.delete(job.name));
      if (Object.values(report).some((count) => count > 0)) ports.log.info(job.name, { ...report });
    });
  }

  private run(queue: string, concurrency: number, work: (job: Job<unknown>, token?: string) => Promise<void>): void {
    const { connections, prefix, ports, takeoverSeconds } = this.options;
    const worker = new Worker(queue, work, workerOptions(connections.open('blocking'), prefix, concurrency, takeoverSeconds * 1000));
    worker.on('error', (error) => ports.log.warn('queue', { queue, reason: error.message }));
    this.workers.push(worker);
  }
}

import {
  DeliveryChain,
  encodeStage,
  OutboxRelay,
  runStage,
  storeStage,
  transcribeRecording,
  type OrchestrationPorts,
  type Stage,
} from '#libs/orchestration';
import type { WorkQueue, WorkStage } from '#libs/recording-model';

type Job = { readonly recordingId: string } & ({ readonly stage: WorkStage } | { readonly subscription: string });

/** Jobs in the order they were given; whoever owns the simulation works them off. */
export class JobList implements WorkQueue {
  private readonly jobs: Job[] = [];

  enqueueStage(stage: WorkStage, recordingId: string): Promise<void> {
    this.jobs.push({ stage, recordingId });
    return Promise.resolve();
  }

  enqueueDelivery(recordingId: string, subscription: string): Promise<void> {
    this.jobs.push({ subscription, recordingId });
    return Promise.resolve();
  }

  next(): Job | undefined {
    return this.jobs.shift();
  }
}

/** What the gateway's workers do, one thing after the other: outbox entries, stages, deliveries. */
export class Pipeline {
  private readonly relay: OutboxRelay;
  private readonly deliveries: DeliveryChain;
  private readonly stages: Readonly<Partial<Record<WorkStage, Stage>>>;

  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly jobs: JobList,
  ) {
    this.relay = new OutboxRelay(ports);
    this.deliveries = new DeliveryChain(ports);
    this.stages = { encode: encodeStage(ports), store: storeStage(ports) };
  }

  /** Handles the oldest outbox entry with everything it brings about; false when there is none. */
  async step(): Promise<boolean> {
    const { outbox } = this.ports.ledger;
    if ((await outbox.pending()) === 0) return false;
    const one = new AbortController();
    const outcome: { thrown?: unknown } = {};
    await outbox.consume(async (entry) => {
      try {
        await this.relay.handle(entry);
        await this.workOff();
      } catch (thrown) {
        outcome.thrown = thrown;
      }
      one.abort();
    }, one.signal);
    if ('thrown' in outcome) throw outcome.thrown;
    return true;
  }

  private async workOff(): Promise<void> {
    for (let job = this.jobs.next(); job !== undefined; job = this.jobs.next()) {
      if ('subscription' in job) await this.deliveries.work(job.recordingId, job.subscription);
      else await this.runStage(job.stage, job.recordingId);
    }
  }

  /** Every try is the last: nobody waits here for a destination to come back. */
  private async runStage(name: WorkStage, recordingId: string): Promise<void> {
    if (name === 'transcribe') return transcribeRecording(this.ports, recordingId, true);
    const stage = this.stages[name];
    if (stage !== undefined) await runStage(this.ports, stage, recordingId, true);
  }
}

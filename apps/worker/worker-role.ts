import type { WorkerStage } from '#libs/config';
import { expireFiles, Retention } from '#libs/orchestration';
import { tenantsOf, type Runtime } from '../wiring/runtime.js';
import { within } from '../wiring/within.js';
import { StageWorkers } from './stage-workers.js';

const STOP_MARGIN_MS = 1000;

/** The background side of a process: stages, deliveries, housekeeping, and the relay that feeds them. */
export interface WorkerRole {
  stop(): Promise<void>;
}

export async function startWorker(
  runtime: Runtime,
  stages: readonly WorkerStage[],
  captureFile: ((recordingId: string, lastTry: boolean) => Promise<void>) | null,
): Promise<WorkerRole> {
  const { ports, connections, config, reconciler, housekeeping, relay, log } = runtime;
  const { encodeThreads, storeConcurrency, deliverConcurrency, reconcileSeconds, housekeepingSeconds, retentionCheckSeconds, stopSeconds, takeoverSeconds } =
    config.worker;
  const workers = new StageWorkers({
    ports,
    connections,
    prefix: config.redis.prefix,
    reconciler,
    housekeeping,
    stages,
    concurrency: {
      encode: encodeThreads,
      store: storeConcurrency,
      transcribe: config.transcription.concurrency,
      deliver: deliverConcurrency,
    },
    reconcileSeconds,
    takeoverSeconds,
    housekeepingSeconds,
    retention: new Retention(ports, [(now) => expireFiles(ports, tenantsOf(config), now)]),
    retentionCheckSeconds,
    captureFile,
  });
  await workers.start();
  relay.start();
  return {
    async stop() {
      await within(log, 'outbox', STOP_MARGIN_MS, relay.stop());
      // Without Redis no job can be finished; another worker takes it over.
      const patienceMs = connections.isAway() ? 0 : stopSeconds * 1000;
      await within(log, 'workers', patienceMs + STOP_MARGIN_MS, workers.stop(patienceMs));
    },
  };
}

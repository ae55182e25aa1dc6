import type { WorkerStage } from '#libs/config';
import type { Runtime } from '../wiring/runtime.js';
import { StageWorkers } from './stage-workers.js';

/** The background side of a process: stages, deliveries, housekeeping, and the relay that feeds them. */
export interface WorkerRole {
  stop(): Promise<void>;
}

export async function startWorker(
  runtime: Runtime,
  stages: readonly WorkerStage[],
  captureFile: ((recordingId: string, lastTry: boolean) => Promise<void>) | null,
): Promise<WorkerRole> {
  const { ports, connections, config, reconciler, relay } = runtime;
  const { encodeThreads, storeConcurrency, deliverConcurrency, reconcileSeconds } = config.worker;
  const workers = new StageWorkers({
    ports,
    connections,
    prefix: config.redis.prefix,
    reconciler,
    stages,
    concurrency: { encode: encodeThreads, store: storeConcurrency, deliver: deliverConcurrency },
    reconcileSeconds,
    captureFile,
  });
  await workers.start();
  relay.start();
  return {
    async stop() {
      await relay.stop();
      await workers.stop();
    },
  };
}

import type { RecgateConfig } from '#libs/config';
import type { Logger } from '#libs/telemetry';
import { startGateway, type GatewayRole } from '../gateway/gateway-role.js';
import { startMediaNode, type MediaNodeRole } from '../media-node/media-node-role.js';
import { startWorker } from '../worker/worker-role.js';
import { createFileCapture } from './file-capture.js';
import { startPrivateRedis } from './private-redis.js';
import { createRuntime, type Runtime } from './runtime.js';

/** A whole gateway in one process. */
export interface AllRoles {
  readonly runtime: Runtime;
  readonly gateway: GatewayRole;
  readonly mediaNode: MediaNodeRole;
  /** Finishes and keeps running recordings, then lets go of everything. */
  stop(): Promise<void>;
}

/** Starts Redis (unless the configuration names one), media node, workers and HTTP, in this order. */
export async function startAllRoles(config: RecgateConfig, log: Logger): Promise<AllRoles> {
  const redis = config.redis.url === undefined ? await startPrivateRedis(config.dataDirectory) : null;
  const undo: (() => Promise<void>)[] = redis === null ? [] : [() => redis.stop()];
  const stop = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const runtime = await createRuntime(config, config.redis.url ?? redis?.url ?? '', log);
    undo.push(() => runtime.close());
    const worker = await startWorker(runtime, config.worker.stages, createFileCapture(runtime));
    undo.push(() => worker.stop());
    const mediaNode = await startMediaNode(runtime);
    undo.push(() => mediaNode.stop());
    const gateway = await startGateway(runtime);
    undo.push(() => gateway.stop());
    return { runtime, gateway, mediaNode, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

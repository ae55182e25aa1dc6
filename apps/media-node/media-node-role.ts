import { MediaNode } from '#libs/capture';
import { CallRegistry } from '#libs/orchestration';
import { serveNodeCommands } from '#libs/queues';
import { isAtRest } from '#libs/recording-model';
import type { Runtime } from '../wiring/runtime.js';
import { within } from '../wiring/within.js';
import { welcomeStream } from './application-streams.js';
import { createLiveMediaFactory } from './live-media-factory.js';
import { startWebsocketListener, type WebsocketListener } from './websocket-listener.js';

const HEARTBEAT_MS = 2000;
/** Missed beats after which a node counts as lost. */
const HEARTBEAT_TTL_MS = 3 * HEARTBEAT_MS + 1000;
const STOP_MARGIN_MS = 1000;
/** Long enough for the last audio to reach the spool, when nothing can be written to the ledger anyway. */
const SPOOL_PATIENCE_MS = 3000;
const MAX_LAG_MS = 150;
/** The newest calls, among which those of a dead process are looked for. */
const MOST_CALLS = 10_000;

/** The live side of a process: sockets, calls in progress, their spool. */
export interface MediaNodeRole {
  readonly nodeId: string;
  readonly websocketUrl: string;
  /** Refuses new calls, finishes and keeps what is running, lets go of the sockets. */
  stop(): Promise<void>;
}

export async function startMediaNode(runtime: Runtime): Promise<MediaNodeRole> {
  const { config, ports, outbound, connections, spool, log } = runtime;
  const { nodeId, address, rtpPortFrom, rtpPortTo, maxCalls, timeoutSeconds, websocketPort } = config.media;
  await finishOrphans(runtime);
  const node = new MediaNode({
    spool,
    rtp: { address, from: rtpPortFrom, to: rtpPortTo },
    maxCalls,
    maxLagMs: MAX_LAG_MS,
    mediaTimeoutMs: timeoutSeconds * 1000,
    welcome: (stream) => welcomeStream(runtime.ports, (call) => registry.open(call), stream),
  });
  const websocket: WebsocketListener = await startWebsocketListener(node, address, websocketPort);
  const registry: CallRegistry = new CallRegistry(ports, nodeId, createLiveMediaFactory(node, () => websocket.url), outbound.flow);
  const commands = serveNodeCommands(connections, config.redis.prefix, nodeId, (name, data) => registry.handle(name, data));
  const beat = async (accepting: boolean) => {
    const { calls, lagMs } = node.load;
    ports.metrics.callsActive.set(calls);
    const status = { nodeId, calls, maxCalls, accepting: accepting && calls < maxCalls && lagMs <= MAX_LAG_MS, websocketUrl: websocket.url };
    await ports.ledger.nodes.heartbeat(status, HEARTBEAT_TTL_MS).catch((error: Error) => {
      ports.log.warn('heartbeat failed', { nodeId, reason: error.message });
    });
  };
  await beat(true);
  const timer = setInterval(() => void beat(true), HEARTBEAT_MS);
  return {
    nodeId,
    websocketUrl: websocket.url,
    async stop() {
      clearInterval(timer);
      await beat(false);
      await registry.stop(connections.isAway() ? SPOOL_PATIENCE_MS : config.worker.stopSeconds * 1000);
      await within(log, 'media', STOP_MARGIN_MS, node.close());
      await within(log, 'websocket', STOP_MARGIN_MS, websocket.close());
      await within(log, 'commands', STOP_MARGIN_MS, commands.close());
      await ports.ledger.nodes.remove(nodeId).catch(() => undefined);
    },
  };
}

/** What an earlier process of this node left: unfinished captures are finished from their spool, confirmed ones are let go. */
async function finishOrphans(runtime: Runtime): Promise<void> {
  const { ports, spool, reconciler, config } = runtime;
  const finished = await reconciler.finishOwn(config.media.nodeId);
  if (finished > 0) ports.log.info('recordings of an earlier run were finished', { finished });
  await endCalls(runtime);
  for (const { recordingId } of await spool.list()) {
    const record = await ports.ledger.recordings.get(recordingId);
    // Audio without a record was never acknowledged; it is kept all the same, nobody throws audio away on that ground.
    if (record === null) ports.log.warn('spool without a recording is kept', { recordingId });
    else if (isAtRest(record) && record.state !== 'failed') await spool.delete(recordingId);
  }
}

/** Calls that were up when an earlier process of this node died are over; the API must not show them as live. */
async function endCalls({ ports, config }: Runtime): Promise<void> {
  const tenants = config.tenants.length === 0 ? ['main'] : config.tenants.map(({ id }) => id);
  for (const tenantId of tenants) {
    for (const call of await ports.ledger.calls.list(tenantId, MOST_CALLS)) {
      if (call.nodeId !== config.media.nodeId || call.state === 'ended') continue;
      const warnings = [...call.warnings, 'The media node was lost; the call ended with it'];
      await ports.ledger.calls.save({ ...call, state: 'ended', endedAt: ports.clock.now().toISOString(), endedBy: 'gateway', endReason: 'nodeLost', warnings });
    }
  }
}

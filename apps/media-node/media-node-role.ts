import { MediaNode } from '#libs/capture';
import { CallRegistry, LostCalls } from '#libs/orchestration';
import { serveNodeCommands } from '#libs/queues';
import { isAtRest } from '#libs/recording-model';
import { tenantsOf, type Runtime } from '../wiring/runtime.js';
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

/** The live side of a process: sockets, calls in progress, their spool. */
export interface MediaNodeRole {
  readonly nodeId: string;
  readonly websocketUrl: string;
  /** Refuses new calls, finishes and keeps what is running, lets go of the sockets. */
  stop(): Promise<void>;
}

export async function startMediaNode(runtime: Runtime): Promise<MediaNodeRole> {
  const { config, ports, outbound, connections, spool, log } = runtime;
  const { nodeId, address, publicAddress, rtpPortFrom, rtpPortTo, maxCalls, timeoutSeconds } = config.media;
  const lostCalls = new LostCalls(ports, outbound.flow);
  await finishOrphans(runtime, lostCalls);
  const node = new MediaNode({
    spool,
    rtp: { address, from: rtpPortFrom, to: rtpPortTo },
    maxCalls,
    maxLagMs: MAX_LAG_MS,
    mediaTimeoutMs: timeoutSeconds * 1000,
    welcome: (stream) => welcomeStream(runtime.ports, (call) => registry.open(call), stream),
  });
  const websocket: WebsocketListener = await startWebsocketListener(node, config.media);
  const registry: CallRegistry = new CallRegistry(ports, nodeId, createLiveMediaFactory(node, () => websocket.url, publicAddress), outbound.flow);
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
      await within(log, 'lost calls', STOP_MARGIN_MS, lostCalls.close());
      await registry.stop(connections.isAway() ? SPOOL_PATIENCE_MS : config.worker.stopSeconds * 1000);
      await within(log, 'media', STOP_MARGIN_MS, node.close());
      await within(log, 'websocket', STOP_MARGIN_MS, websocket.close());
      await within(log, 'commands', STOP_MARGIN_MS, commands.close());
      await ports.ledger.nodes.remove(nodeId).catch(() => undefined);
    },
  };
}

/** What an earlier process of this node left: unfinished captures are finished from their spool, confirmed ones are let go. */
async function finishOrphans(runtime: Runtime, lostCalls: LostCalls): Promise<void> {
  const { ports, spool, reconciler, config } = runtime;
  const finished = await reconciler.finishOwn(config.media.nodeId);
  if (finished > 0) ports.log.info('recordings of an earlier run were finished', { finished });
  const ended = await lostCalls.end(config.media.nodeId, tenantsOf(config));
  if (ended > 0) ports.log.info('calls of an earlier run have ended', { ended });
  for (const { recordingId } of await spool.list()) {
    const record = await ports.ledger.recordings.get(recordingId);
    // Audio without a record was never acknowledged; it is kept all the same, nobody throws audio away on that ground.
    if (record === null) ports.log.warn('spool without a recording is kept', { recordingId });
    else if (isAtRest(record) && record.state !== 'failed') await spool.delete(recordingId);
  }
}

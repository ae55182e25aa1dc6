import { Queue, QueueEvents, Worker } from 'bullmq';
import { ERROR_CATALOGUE, RecgateError, toRecgateError, type ErrorCode, type JsonValue } from '#libs/recording-model';
import { nodeQueueName, queuePrefix } from './queue-names.js';
import { producerOptions } from './producer-options.js';
import { workerOptions } from './worker-options.js';
import type { RedisConnections } from './redis-connections.js';

/** What a node answers: a value, or an error of the catalogue that the caller rethrows. */
type NodeReply =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly field?: string };

/** Sends commands to media nodes and waits for their answers. */
export interface NodeCommander {
  /**
   * @throws RecgateError what the node threw, or `gateway.unavailable` when it did not answer in time
   */
  send(nodeId: string, command: string, data: JsonValue): Promise<JsonValue>;
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 10_000;
const LOOK_AGAIN_MS = 1000;
/** A frozen Redis may carry out an `add` long after its caller was told that it failed: such a command must do nothing. */
const MOST_AGE_MS = 2000;

/** @param patienceMs how long an answer is waited for, ms */
export function createNodeCommander(connections: RedisConnections, prefix: string, patienceMs = ANSWER_TIMEOUT_MS): NodeCommander {
  const channels = new Map<string, { queue: Queue; events: QueueEvents }>();
  const connection = connections.open('commands');
  const channelOf = (nodeId: string) => {
    let channel = channels.get(nodeId);
    if (channel === undefined) {
      const name = nodeQueueName(nodeId);
      const queue = new Queue(name, producerOptions(connection, prefix));
      const events = new QueueEvents(name, { connection: connections.open('blocking'), prefix: queuePrefix(prefix) });
      queue.on('error', () => undefined);
      events.on('error', () => undefined);
      // One listener for each command that waits.
      events.setMaxListeners(0);
      channel = { queue, events };
      channels.set(nodeId, channel);
    }
    return channel;
  };
  return {
    async send(nodeId, command, data) {
      const { queue, events } = channelOf(nodeId);
      await soon(events.waitUntilReady(), nodeId);
      const job = await queue.add(command, data, { removeOnComplete: { age: 60 }, removeOnFail: { age: 60 }, attempts: 1 });
      const reply = await answerTo(job.id ?? '', { queue, events, patienceMs });
      if (reply === null) throw new RecgateError('gateway.unavailable', `Media node ${nodeId} did not answer "${command}"`);
      if (reply.ok) return reply.value;
      throw new RecgateError(reply.code, reply.message, reply.field === undefined ? {} : { field: reply.field });
    },
    async close() {
      await Promise.all([...channels.values()].flatMap(({ queue, events }) => [queue.close(), events.close()]));
    },
  };
}

/**
 * What the node has answered, by its announcement or by looking for it; null when it did not answer in time. Not BullMQ's own
 * waiting: where Redis fails in the middle of that, the process ends.
 */
function answerTo(
  jobId: string,
  { queue, events, patienceMs }: { readonly queue: Queue; readonly events: QueueEvents; readonly patienceMs: number },
): Promise<NodeReply | null> {
  return new Promise((resolve) => {
    const done = (reply: unknown): void => {
      clearTimeout(late);
      clearInterval(again);
      events.off('completed', onCompleted);
      events.off('failed', onFailed);
      resolve(reply as NodeReply | null);
    };
    const onCompleted = (event: { readonly jobId: string; readonly returnvalue: unknown }): void => {
      if (event.jobId === jobId) done(event.returnvalue);
    };
    const onFailed = (event: { readonly jobId: string }): void => {
      if (event.jobId === jobId) done(null);
    };
    const look = async (): Promise<void> => {
      const job = await queue.getJob(jobId).catch(() => undefined);
      if (job?.finishedOn !== undefined) done(job.failedReason === undefined ? job.returnvalue : null);
    };
    const late = setTimeout(() => done(null), patienceMs);
    const again = setInterval(() => void look(), LOOK_AGAIN_MS);
    events.on('completed', onCompleted);
    events.on('failed', onFailed);
    // It may have answered before anybody listened.
    void look();
  });
}

/** @throws RecgateError `gateway.unavailable` when Redis is away */
async function soon<T>(ready: Promise<T>, nodeId: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new RecgateError('gateway.unavailable', `Media node ${nodeId} cannot be reached: Redis does not answer`);
    timer = setTimeout(() => reject(error), MOST_AGE_MS);
  });
  try {
    return await Promise.race([ready, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Serves the commands of one node until closed. Commands run at once, side by side; each call keeps its own order. */
export function serveNodeCommands(
  connections: RedisConnections,
  prefix: string,
  nodeId: string,
  handle: (command: string, data: JsonValue) => Promise<JsonValue>,
): { close(): Promise<void> } {
  const worker = new Worker(
    nodeQueueName(nodeId),
    async (job): Promise<NodeReply> => {
      try {
        if (Date.now() - job.timestamp > MOST_AGE_MS) {
          throw new RecgateError('gateway.unavailable', `"${job.name}" came too late and was not carried out`);
        }
        return { ok: true, value: await handle(job.name, job.data as JsonValue) };
      } catch (thrown) {
        const error = toRecgateError(thrown);
        const code = error.code in ERROR_CATALOGUE ? error.code : 'gateway.internal';
        return { ok: false, code, message: error.message, ...(error.field === undefined ? {} : { field: error.field }) };
      }
    },
    // A command that was begun is not begun again: its caller has long had an answer.
    { ...workerOptions(connections.open('blocking'), prefix, 64), maxStalledCount: 0 },
  );
  worker.on('error', () => undefined);
  return { close: () => worker.close() };
}

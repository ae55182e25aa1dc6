/** One queue a stage. */
export const QUEUE_NAMES = {
  capture: 'capture',
  encode: 'encode',
  store: 'store',
  transcribe: 'transcribe',
  deliver: 'deliver',
  housekeeping: 'housekeeping',
} as const;

export type QueueName = (typeof QUEUE_NAMES)[keyof typeof QUEUE_NAMES];

/** Queue of commands to the media node that owns a call. */
export function nodeQueueName(nodeId: string): string {
  return `capture-${nodeId}`;
}

/** First part of all queue keys; the braces keep a queue in one Redis Cluster slot. */
export function queuePrefix(prefix: string): string {
  return `{${prefix}:queues}`;
}

import type { Redis } from 'ioredis';
import type { Outbox, OutboxEntry } from '#libs/recording-model';
import { ALL_PARTITIONS, type Keys } from './keys.js';

const GROUP = 'relay';
const BLOCK_MS = 2000;
const BATCH = 64;
/** An entry that a relay took and did not finish is taken over by another after this time. */
const CLAIM_AFTER_MS = 10_000;
const RETRY_PAUSE_MS = 200;

interface StreamEntry {
  readonly id: string;
  readonly entry: OutboxEntry;
}

/** The outbox streams, one a slice, read by a consumer group so that several relays share the work. */
export class RedisOutbox implements Outbox {
  constructor(
    private readonly redis: Redis,
    private readonly openBlocking: () => Redis,
    private readonly keys: Keys,
    private readonly consumer: string,
  ) {}

  async consume(handle: (entry: OutboxEntry) => Promise<void>, signal: AbortSignal): Promise<void> {
    await Promise.all(ALL_PARTITIONS.map((partition) => this.ensureGroup(this.keys.outbox(partition))));
    // One blocking connection a slice: in a cluster the slices live on different nodes.
    await Promise.all(ALL_PARTITIONS.map((partition) => this.consumeSlice(this.keys.outbox(partition), handle, signal)));
  }

  private async consumeSlice(stream: string, handle: (entry: OutboxEntry) => Promise<void>, signal: AbortSignal): Promise<void> {
    const blocking = this.openBlocking();
    const stop = () => blocking.disconnect();
    signal.addEventListener('abort', stop, { once: true });
    let claimDue = 0;
    let complete = true;
    while (!signal.aborted) {
      try {
        if (Date.now() >= claimDue) {
          await this.handleAll(stream, await this.claimAbandoned(stream), handle);
          claimDue = Date.now() + CLAIM_AFTER_MS;
        }
        complete = await this.handleAll(stream, await this.read(blocking, stream, complete ? '>' : '0'), handle);
        if (!complete) await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof Error && error.message.includes('NOGROUP')) await this.ensureGroup(stream).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    }
    signal.removeEventListener('abort', stop);
    blocking.disconnect();
  }

  private async ensureGroup(stream: string): Promise<void> {
    try {
      await this.redis.xgroup('CREATE', stream, GROUP, '0', 'MKSTREAM');
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('BUSYGROUP')) throw error;
    }
  }

  /** From `>` it waits for new entries; from `0` it returns at once those this relay took and did not finish. */
  private async read(redis: Redis, stream: string, from: '>' | '0'): Promise<readonly StreamEntry[]> {
    const answer = (await redis.xreadgroup(
      'GROUP', GROUP, this.consumer, 'COUNT', BATCH, 'BLOCK', BLOCK_MS, 'STREAMS', stream, from,
    )) as [string, [string, string[]][]][] | null;
    return answer === null ? [] : answer.flatMap(([, entries]) => entries.map(toStreamEntry));
  }

  private async claimAbandoned(stream: string): Promise<readonly StreamEntry[]> {
    const answer = (await this.redis.xautoclaim(
      stream, GROUP, this.consumer, CLAIM_AFTER_MS, '0', 'COUNT', BATCH,
    )) as [string, [string, string[]][]];
    return answer[1].map(toStreamEntry);
  }

  /**
   * In order; an entry that fails holds back the later ones of its recording, so that order is kept on the retry.
   * Answers whether all were handled.
   */
  private async handleAll(
    stream: string,
    entries: readonly StreamEntry[],
    handle: (entry: OutboxEntry) => Promise<void>,
  ): Promise<boolean> {
    const failed = new Set<string>();
    for (const { id, entry } of entries) {
      if (failed.has(entry.recordingId)) continue;
      try {
        await handle(entry);
        await this.redis.multi().xack(stream, GROUP, id).xdel(stream, id).exec();
      } catch {
        failed.add(entry.recordingId);
      }
    }
    return failed.size === 0;
  }

  async pending(): Promise<number> {
    const lengths = await Promise.all(ALL_PARTITIONS.map((partition) => this.redis.xlen(this.keys.outbox(partition))));
    return lengths.reduce((sum, length) => sum + length, 0);
  }
}

function toStreamEntry([id, fields]: [string, string[]]): StreamEntry {
  return { id, entry: JSON.parse(fields[1] ?? '{}') as OutboxEntry };
}

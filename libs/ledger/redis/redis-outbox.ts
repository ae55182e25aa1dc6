import type { Redis } from 'ioredis';
import type { Outbox, OutboxEntry } from '#libs/recording-model';
import { ALL_PARTITIONS, type Keys } from './keys.js';

const GROUP = 'relay';
const BLOCK_MS = 2000;
const BATCH = 64;
/** An entry that a relay took and did not finish is taken over by another after this time. */
const CLAIM_AFTER_MS = 10_000;
const RETRY_PAUSE_MS = 200;
const LONGEST_RETRY_PAUSE_MS = 5000;

interface StreamEntry {
  readonly id: string;
  readonly entry: OutboxEntry;
}

type Handler = (entry: OutboxEntry) => Promise<void>;

/** The outbox streams, one a slice, read by a consumer group so that several relays share the work. */
export class RedisOutbox implements Outbox {
  constructor(
    private readonly redis: Redis,
    private readonly openBlocking: () => Redis,
    private readonly keys: Keys,
    private readonly consumer: string,
  ) {}

  async consume(handle: Handler, signal: AbortSignal): Promise<void> {
    // One blocking connection a slice: in a cluster the slices live on different nodes.
    await Promise.all(ALL_PARTITIONS.map((partition) => this.consumeSlice(this.keys.outbox(partition), handle, signal)));
  }

  /**
   * Entries that could not be handled are tried again beside the new ones: what fails for one recording holds up the
   * later entries of that recording and nothing else.
   */
  private async consumeSlice(stream: string, handle: Handler, signal: AbortSignal): Promise<void> {
    const blocking = this.openBlocking();
    const stop = () => blocking.disconnect();
    signal.addEventListener('abort', stop, { once: true });
    let claimDue = 0;
    let retryDue = Infinity;
    let pause = RETRY_PAUSE_MS;
    let held = new Set<string>();
    while (!signal.aborted) {
      try {
        if (Date.now() >= claimDue) {
          await this.ensureGroup(stream);
          if (await this.claimAbandoned(stream)) retryDue = 0;
          claimDue = Date.now() + CLAIM_AFTER_MS;
        }
        if (Date.now() >= retryDue) {
          held = await this.retryTaken(stream, handle);
          pause = held.size === 0 ? RETRY_PAUSE_MS : Math.min(pause * 2, LONGEST_RETRY_PAUSE_MS);
          retryDue = held.size === 0 ? Infinity : Date.now() + pause;
        }
        const fresh = await this.readNew(blocking, stream, held.size === 0 ? BLOCK_MS : pause);
        await this.handleAll(stream, fresh, handle, held);
        if (held.size > 0 && retryDue === Infinity) retryDue = Date.now() + pause;
      } catch (error) {
        if (signal.aborted) break;
        // What was taken by a read whose answer was lost, or was handled and could not be acknowledged, is among the taken.
        retryDue = 0;
        if (error instanceof Error && error.message.includes('NOGROUP')) claimDue = 0;
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

  private async readNew(redis: Redis, stream: string, blockMs: number): Promise<readonly StreamEntry[]> {
    const answer = (await redis.xreadgroup(
      'GROUP', GROUP, this.consumer, 'COUNT', BATCH, 'BLOCK', blockMs, 'STREAMS', stream, '>',
    ));
    return answer === null ? [] : answer.flatMap(([, entries]) => entries.flatMap(toStreamEntry));
  }

  /** Handles in order what this relay took and did not finish; returns the recordings that must still wait. */
  private async retryTaken(stream: string, handle: Handler): Promise<Set<string>> {
    const held = new Set<string>();
    for (let from = '0'; ; ) {
      const answer = (await this.redis.xreadgroup(
        'GROUP', GROUP, this.consumer, 'COUNT', BATCH, 'STREAMS', stream, from,
      ));
      const entries = answer?.flatMap(([, found]) => found) ?? [];
      await this.handleAll(stream, entries.flatMap(toStreamEntry), handle, held);
      const last = entries.at(-1);
      if (last === undefined) return held;
      [from] = last;
    }
  }

  /** Takes over what another relay took and did not finish in time; false when there was nothing. */
  private async claimAbandoned(stream: string): Promise<boolean> {
    let taken = false;
    for (let from = '0-0'; ; ) {
      const [next, ids] = (await this.redis.xautoclaim(
        stream, GROUP, this.consumer, CLAIM_AFTER_MS, from, 'COUNT', BATCH, 'JUSTID',
      )) as [string, string[]];
      taken ||= ids.length > 0;
      if (next === '0-0') return taken;
      from = next;
    }
  }

  /**
   * Recordings side by side, each in order; an entry that fails holds back the later ones of its recording, so that
   * order is kept on the retry.
   */
  private async handleAll(stream: string, entries: readonly StreamEntry[], handle: Handler, held: Set<string>): Promise<void> {
    const byRecording = Map.groupBy(entries, ({ entry }) => entry.recordingId);
    await Promise.all([...byRecording].map(([recordingId, own]) => this.handleOwn(stream, recordingId, own, handle, held)));
  }

  private async handleOwn(stream: string, recordingId: string, own: readonly StreamEntry[], handle: Handler, held: Set<string>): Promise<void> {
    for (const { id, entry } of own) {
      if (held.has(recordingId)) return;
      try {
        await handle(entry);
        await this.redis.multi().xack(stream, GROUP, id).xdel(stream, id).exec();
      } catch {
        held.add(recordingId);
      }
    }
  }

  async pending(): Promise<number> {
    const lengths = await Promise.all(ALL_PARTITIONS.map((partition) => this.redis.xlen(this.keys.outbox(partition))));
    return lengths.reduce((sum, length) => sum + length, 0);
  }
}

/** Fields are missing when the entry was deleted after it was taken. */
type RawEntry = [id: string, fields: string[] | null];

function toStreamEntry([id, fields]: RawEntry): StreamEntry[] {
  return fields === null ? [] : [{ id, entry: JSON.parse(fields[1] ?? '{}') as OutboxEntry }];
}

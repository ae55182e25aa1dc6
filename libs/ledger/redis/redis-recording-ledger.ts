import type { Redis } from 'ioredis';
import {
  isAtRest,
  RecgateError,
  type OutboxEntry,
  type RecordingEvent,
  type RecordingLedger,
  type RecordingMove,
  type RecordingPage,
  type RecordingQuery,
  type RecordingRecord,
  type TransitionOutcome,
} from '#libs/recording-model';
import { applyMove, deletionDue } from '../apply-move.js';
import { cursorOf, matches, startsAfter } from '../recording-query.js';
import { ALL_PARTITIONS, partitionOf, type Keys } from './keys.js';

const MAX_RACES = 50;
/** How many records one listing step reads from a slice. */
const LIST_STEP = 64;

/** Recordings in Redis: a hash each, moved by one script that also writes events and outbox. */
export class RedisRecordingLedger implements RecordingLedger {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async accept(record: RecordingRecord): Promise<{ record: RecordingRecord; created: boolean }> {
    const partition = partitionOf(record.id);
    const entry: OutboxEntry = { recordingId: record.id, state: record.state, entered: true, epoch: record.epoch, eventSequences: [] };
    const existing = await this.redis.recgateAccept(
      this.keys.recording(record.id),
      this.keys.outbox(partition),
      this.keys.active(partition),
      this.keys.tenantRecordings(partition, record.tenantId),
      this.keys.names(partition, record.applicationId),
      JSON.stringify(record),
      record.state,
      JSON.stringify(entry),
      Date.parse(record.createdAt),
      record.id,
      ...new Set(Object.values(record.names)),
    );
    if (existing === null) return { record, created: true };
    return { record: JSON.parse(existing) as RecordingRecord, created: false };
  }

  async get(recordingId: string): Promise<RecordingRecord | null> {
    const document = await this.redis.hget(this.keys.recording(recordingId), 'doc');
    return document === null ? null : (JSON.parse(document) as RecordingRecord);
  }

  async transition(
    recordingId: string,
    decide: (current: RecordingRecord) => RecordingMove | null,
  ): Promise<TransitionOutcome> {
    for (let race = 0; race < MAX_RACES; race += 1) {
      const current = await this.get(recordingId);
      if (current === null) return { applied: false, record: null };
      const move = decide(current);
      if (move === null) return { applied: false, record: current };
      const written = await this.write(current, move);
      if (written !== null) return { applied: true, record: written };
    }
    throw new RecgateError('gateway.unavailable', `Recording ${recordingId} is being moved by too many writers at once`);
  }

  private async write(current: RecordingRecord, move: RecordingMove): Promise<RecordingRecord | null> {
    const { record, events, entry } = applyMove(current, move);
    const partition = partitionOf(record.id);
    const written = await this.redis.recgateTransition(
      this.keys.recording(record.id),
      this.keys.events(record.id),
      this.keys.outbox(partition),
      this.keys.active(partition),
      this.keys.deletions(partition),
      String(current.version),
      JSON.stringify(record),
      record.state,
      JSON.stringify(entry),
      move.at.getTime(),
      record.id,
      isAtRest(record) ? '1' : '0',
      deletionDue(record) ?? '',
      ...events.map((event) => JSON.stringify(event)),
    );
    if (written === 0) return null;
    // Live listeners are told in passing: the events are written, and whoever missed one finds it there.
    for (const event of events) this.redis.publish(this.keys.channel(record.tenantId), JSON.stringify(event)).catch(() => undefined);
    return record;
  }

  async list(query: RecordingQuery): Promise<RecordingPage> {
    const slices = await Promise.all(ALL_PARTITIONS.map((partition) => this.listSlice(partition, query)));
    const found = slices.flat().sort((a, b) => (cursorOf(a) < cursorOf(b) ? 1 : -1));
    const items = found.slice(0, query.limit);
    const last = items.at(-1);
    return { items, nextCursor: found.length > query.limit && last !== undefined ? cursorOf(last) : null };
  }

  /** The slices know names by the recording they belong to, so all of them are asked. */
  async findByName(applicationId: string, name: string): Promise<RecordingRecord | null> {
    const ids = await Promise.all(ALL_PARTITIONS.map((partition) => this.redis.hget(this.keys.names(partition, applicationId), name)));
    const found = await Promise.all(ids.filter((id) => id !== null).map((id) => this.get(id)));
    return found.filter((record) => record !== null).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0] ?? null;
  }

  /** The newest matching records of one slice, one more than asked for. */
  private async listSlice(partition: number, query: RecordingQuery): Promise<RecordingRecord[]> {
    const key = this.keys.tenantRecordings(partition, query.tenantId);
    // Nothing outside the time asked for is read, however long the history is.
    const newest = Math.min(cursorTime(query.cursor), query.createdBefore?.getTime() ?? Infinity);
    const oldest = query.createdAfter?.getTime() ?? -Infinity;
    const found: RecordingRecord[] = [];
    for (let offset = 0; found.length <= query.limit; offset += LIST_STEP) {
      const ids = await this.redis.zrevrangebyscore(key, scoreOf(newest), scoreOf(oldest), 'LIMIT', offset, LIST_STEP);
      const records = await Promise.all(ids.map((id) => this.get(id)));
      for (const record of records) {
        if (record !== null && matches(record, query) && startsAfter(record, query.cursor)) found.push(record);
      }
      if (ids.length < LIST_STEP) break;
    }
    return found;
  }

  async events(recordingId: string): Promise<readonly RecordingEvent[]> {
    const documents = await this.redis.lrange(this.keys.events(recordingId), 0, -1);
    return documents.map((document) => JSON.parse(document) as RecordingEvent);
  }

  async stuckSince(before: Date, limit: number): Promise<readonly RecordingRecord[]> {
    return this.longestWaiting((partition) => this.keys.active(partition), before.getTime() - 1, limit);
  }

  async dueForDeletion(now: Date, limit: number): Promise<readonly RecordingRecord[]> {
    return this.longestWaiting((partition) => this.keys.deletions(partition), now.getTime(), limit);
  }

  /** Records of a listing by time, up to and with `until`, ms. */
  private async longestWaiting(listing: (partition: number) => string, until: number, limit: number): Promise<readonly RecordingRecord[]> {
    const slices = await Promise.all(
      ALL_PARTITIONS.map((partition) => this.redis.zrangebyscore(listing(partition), '-inf', until, 'LIMIT', 0, limit)),
    );
    const found: RecordingRecord[] = [];
    // Step by step: thousands of live recordings are listed too, and the connection serves others meanwhile.
    for (const ids of chunksOf(interleave(slices).slice(0, limit), LIST_STEP)) {
      const records = await Promise.all(ids.map((id) => this.get(id)));
      found.push(...records.filter((record) => record !== null));
    }
    return found;
  }
}

/** Time that a cursor stands at, ms; without one the latest there is. */
function cursorTime(cursor: string | undefined): number {
  const time = Number(cursor?.split('_')[0] ?? Infinity);
  return Number.isNaN(time) ? Infinity : time;
}

/** A time as Redis writes the bound of a range. */
function scoreOf(time: number): string {
  return Number.isFinite(time) ? String(time) : time < 0 ? '-inf' : '+inf';
}

/** One of each slice in turn, the longest waiting first: no slice is starved by a limit. */
function interleave(slices: readonly (readonly string[])[]): string[] {
  const longest = Math.max(0, ...slices.map((slice) => slice.length));
  return Array.from({ length: longest }, (_, index) => slices.flatMap((slice) => slice[index] ?? [])).flat();
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

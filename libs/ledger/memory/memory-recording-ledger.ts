import {
  isAtRest,
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
import type { MemoryOutbox } from './memory-outbox.js';

/** Recordings in a map; a move is one synchronous step, so it is as atomic as the Redis script. */
export class MemoryRecordingLedger implements RecordingLedger {
  private readonly records = new Map<string, RecordingRecord>();
  private readonly eventLists = new Map<string, RecordingEvent[]>();

  constructor(
    private readonly outbox: MemoryOutbox,
    private readonly announce: (tenantId: string, event: RecordingEvent) => void,
  ) {}

  accept(record: RecordingRecord): Promise<{ record: RecordingRecord; created: boolean }> {
    const existing = this.records.get(record.id);
    if (existing !== undefined) return Promise.resolve({ record: existing, created: false });
    this.records.set(record.id, record);
    this.outbox.append({ recordingId: record.id, state: record.state, entered: true, epoch: record.epoch, eventSequences: [] });
    return Promise.resolve({ record, created: true });
  }

  get(recordingId: string): Promise<RecordingRecord | null> {
    return Promise.resolve(this.records.get(recordingId) ?? null);
  }

  /** Asynchronous so that a forbidden move rejects, as it does in Redis. */
  async transition(
    recordingId: string,
    decide: (current: RecordingRecord) => RecordingMove | null,
  ): Promise<TransitionOutcome> {
    const current = this.records.get(recordingId);
    if (current === undefined) return { applied: false, record: null };
    const move = decide(current);
    if (move === null) return { applied: false, record: current };
    const { record, events, entry } = applyMove(current, move);
    this.records.set(recordingId, record);
    this.eventLists.set(recordingId, [...(this.eventLists.get(recordingId) ?? []), ...events]);
    this.outbox.append(entry);
    for (const event of events) this.announce(record.tenantId, event);
    return { applied: true, record };
  }

  list(query: RecordingQuery): Promise<RecordingPage> {
    const found = [...this.records.values()]
      .filter((record) => matches(record, query) && startsAfter(record, query.cursor))
      .sort((a, b) => (cursorOf(a) < cursorOf(b) ? 1 : -1));
    const items = found.slice(0, query.limit);
    const last = items.at(-1);
    return Promise.resolve({ items, nextCursor: found.length > query.limit && last !== undefined ? cursorOf(last) : null });
  }

  findByName(applicationId: string, name: string): Promise<RecordingRecord | null> {
    const found = [...this.records.values()].findLast(
      (record) => record.applicationId === applicationId && Object.values(record.names).includes(name),
    );
    return Promise.resolve(found ?? null);
  }

  events(recordingId: string): Promise<readonly RecordingEvent[]> {
    return Promise.resolve(this.eventLists.get(recordingId) ?? []);
  }

  dueForDeletion(now: Date, limit: number): Promise<readonly RecordingRecord[]> {
    const dated = [...this.records.values()].map((record) => ({ record, due: deletionDue(record) ?? Infinity }));
    const due = dated.filter(({ due }) => due <= now.getTime()).sort((a, b) => a.due - b.due);
    return Promise.resolve(due.slice(0, limit).map(({ record }) => record));
  }

  stuckSince(before: Date, limit: number): Promise<readonly RecordingRecord[]> {
    const time = before.toISOString();
    const stuck = [...this.records.values()].filter((record) => !isAtRest(record) && record.updatedAt < time);
    return Promise.resolve(stuck.slice(0, limit));
  }
}

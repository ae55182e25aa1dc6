import type { RecordingEvent, RecordingLedger, RecordingRecord } from '#libs/recording-model';
import type { EventStream } from './event-stream.js';

export interface EventFilter {
  readonly recordingId?: string;
  readonly callRef?: string;
  readonly applicationId?: string;
}

/**
 * The events for one client in their order. Of a single recording none is missing and none comes twice: announcements
 * may overtake each other and may be lost with a connection, so gaps are filled from what is stored.
 */
export class EventLine {
  private stream: EventStream | null = null;
  private tail: Promise<void> = Promise.resolve();
  private readonly early: RecordingEvent[] = [];
  private readonly known = new Map<string, Promise<RecordingRecord | null>>();

  /**
   * @param complete adds to an event what the ledger does not hold
   * @param last sequence of the last event of the one recording that the client has seen; null: only new ones are wanted
   */
  constructor(
    private readonly recordings: RecordingLedger,
    private readonly complete: (event: RecordingEvent) => Promise<RecordingEvent>,
    private readonly filter: EventFilter,
    private last: number | null,
  ) {}

  push(event: RecordingEvent): void {
    if (this.stream === null) this.early.push(event);
    else this.enqueue(event, this.stream);
  }

  /** From now on events go to the stream: first the stored ones that the client missed, then those that came meanwhile. */
  flowTo(stream: EventStream): void {
    this.stream = stream;
    if (this.last !== null) this.then(() => this.fill(Number.POSITIVE_INFINITY, stream));
    for (const event of this.early.splice(0)) this.enqueue(event, stream);
  }

  private enqueue(event: RecordingEvent, stream: EventStream): void {
    const { recordingId } = this.filter;
    if (recordingId === undefined) {
      this.then(async () => {
        if (await this.isWanted(event)) stream.send(await this.complete(event));
      });
    } else if (event.recordingId === recordingId) {
      this.then(() => this.sendNext(event, stream));
    }
  }

  /** A step that fails ends the stream: the client comes back with its last event. */
  private then(step: () => Promise<void>): void {
    this.tail = this.tail.then(step).catch(() => this.stream?.end());
  }

  private async sendNext(event: RecordingEvent, stream: EventStream): Promise<void> {
    const expected = (this.last ?? event.sequence - 1) + 1;
    if (event.sequence < expected) return;
    if (event.sequence > expected) return this.fill(event.sequence, stream);
    this.last = event.sequence;
    stream.send(await this.complete(event));
  }

  private async fill(until: number, stream: EventStream): Promise<void> {
    const after = this.last ?? 0;
    const stored = await this.recordings.events(this.filter.recordingId ?? '');
    for (const event of stored.filter(({ sequence }) => sequence > after && sequence <= until)) {
      this.last = event.sequence;
      stream.send(await this.complete(event));
    }
  }

  private async isWanted(event: RecordingEvent): Promise<boolean> {
    const { callRef, applicationId } = this.filter;
    if (callRef === undefined && applicationId === undefined) return true;
    const record = await this.recordOf(event);
    if (record === null) return false;
    return (
      (callRef === undefined || record.callRef === callRef) &&
      (applicationId === undefined || record.applicationId === applicationId)
    );
  }

  /** Identity never changes, so each recording is looked up once while it runs. */
  private recordOf({ recordingId, name }: RecordingEvent): Promise<RecordingRecord | null> {
    const found = this.known.get(recordingId) ?? this.recordings.get(recordingId);
    if (name === 'recording.started' || name === 'recording.finished') this.known.set(recordingId, found);
    else this.known.delete(recordingId);
    return found;
  }
}

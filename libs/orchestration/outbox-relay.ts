import {
  isTerminal,
  toRecgateError,
  type ApplicationView,
  type DeliveryRecord,
  type OutboxEntry,
  type RecordingEvent,
  type RecordingRecord,
  type RecordingState,
  type WorkStage,
} from '#libs/recording-model';
import { viewApplication } from './applications.js';
import { deletionDate } from './deletion-date.js';
import { catalogueOf, releaseRoom } from './files/recorded-files.js';
import type { OrchestrationPorts } from './ports.js';
import { releaseLocalAudio } from './stages/store-stage.js';

/** The stage that becomes due when a recording enters a state. */
const STAGE_DUE_IN: Partial<Record<RecordingState, WorkStage>> = { captured: 'encode', storing: 'store' };

/**
 * Turns outbox entries into stage jobs and deliveries. Ids follow from the recording, so an entry that comes twice
 * adds nothing.
 */
export class OutboxRelay {
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;

  constructor(private readonly ports: OrchestrationPorts) {}

  start(): void {
    this.running ??= this.ports.ledger.outbox.consume((entry) => this.handleOrSay(entry), this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  async handle(entry: OutboxEntry): Promise<void> {
    if (!entry.entered && entry.eventSequences.length === 0) return;
    const record = await this.ports.ledger.recordings.get(entry.recordingId);
    if (record === null) return;
    // The next stage does not wait for the telling.
    const begun = entry.entered ? this.beginStage(record, entry.state) : Promise.resolve();
    const told = entry.eventSequences.length > 0 ? this.makeDeliveries(record, new Set(entry.eventSequences)) : Promise.resolve(0);
    await bothOrThrow(begun, told);
    if (!entry.entered) return;
    this.count(record, entry);
    if (entry.state === 'available') await this.afterStoring(record);
    if (isTerminal(entry.state) && entry.state !== 'available') await this.releaseRoom(record);
    if (entry.state === 'failed') await this.planDeletion(record);
    if (entry.state === 'discarded' || entry.state === 'absent' || entry.state === 'cancelled') {
      await this.ports.spools.delete(record.id);
    }
  }

  /** The audio of a recording that failed is kept for whoever can mend it, but no longer than that of others. */
  private async planDeletion(record: RecordingRecord): Promise<void> {
    const application = await this.ports.ledger.applications.get(record.applicationId);
    const settings = application?.tenantId === record.tenantId ? application.settings : {};
    const dated = deletionDate(this.ports, record, { settings }, new Date(record.updatedAt));
    if (dated.deleteAt === undefined) return;
    await this.ports.ledger.recordings.transition(record.id, (current) =>
      current.deleteAt === undefined && current.deletedAt === undefined
        ? { to: current.state, at: this.ports.clock.now(), patch: dated }
        : null,
    );
  }

  /** What was promised to a recording that left no file. */
  private async releaseRoom(record: RecordingRecord): Promise<void> {
    if (catalogueOf(this.ports, record) === null) return;
    const application = await this.ports.ledger.applications.get(record.applicationId);
    if (application !== null) await releaseRoom(this.ports, record, viewApplication(this.ports, application));
  }

  /** The audio is kept until it is written down. */
  private async afterStoring(record: RecordingRecord): Promise<void> {
    if (record.transcription === 'pending') await this.ports.work.enqueueStage('transcribe', record.id, record.epoch);
    else await releaseLocalAudio(this.ports, record);
  }

  private async beginStage(record: RecordingRecord, state: RecordingState): Promise<void> {
    const stage = STAGE_DUE_IN[state];
    if (stage !== undefined && record.state === state) await this.ports.work.enqueueStage(stage, record.id, record.epoch);
  }

  /**
   * Makes every delivery that the events of a recording lack, for the reconciler.
   * @returns how many were made
   */
  completeDeliveries(record: RecordingRecord): Promise<number> {
    return record.eventCount === 0 ? Promise.resolve(0) : this.makeDeliveries(record, null);
  }

  private async handleOrSay(entry: OutboxEntry): Promise<void> {
    try {
      await this.handle(entry);
    } catch (thrown) {
      const { recordingId, state } = entry;
      this.ports.log.warn('an outbox entry waits', { recordingId, state, reason: toRecgateError(thrown).message });
      throw thrown;
    }
  }

  private count(record: RecordingRecord, entry: OutboxEntry): void {
    const { metrics, clock } = this.ports;
    metrics.recordingsByState.inc({ vendor: record.vendor, state: entry.state });
    if (entry.state === 'available' && record.capture !== null) {
      metrics.hangupToAvailableSeconds.observe((clock.now().getTime() - Date.parse(record.capture.endedAt)) / 1000);
    }
  }

  /**
   * Earlier events come first, also those of entries that another relay has taken and not finished: a chain must never
   * begin with its second link.
   * @param due sequence numbers that have just come; null: all
   */
  private async makeDeliveries(record: RecordingRecord, due: ReadonlySet<number> | null): Promise<number> {
    const found = await this.ports.ledger.applications.get(record.applicationId);
    if (found === null || found.tenantId !== record.tenantId) {
      this.ports.log.warn('nobody is told: the application was deleted', { recordingId: record.id });
      return 0;
    }
    const application = viewApplication(this.ports, found);
    const last = due === null ? Infinity : Math.max(...due);
    let made = 0;
    for (const event of await this.ports.ledger.recordings.events(record.id)) {
      if (event.sequence > last) break;
      made += await this.enqueueEvent(record, event, application, due?.has(event.sequence) === true);
    }
    return made;
  }

  private async enqueueEvent(
    record: RecordingRecord,
    event: RecordingEvent,
    application: ApplicationView,
    wake: boolean,
  ): Promise<number> {
    const { ledger, adapters, clock, work } = this.ports;
    const notifications = adapters[record.vendor].render(event, { recording: record, application, now: clock.now(), fallback: false });
    let made = 0;
    for (const { subscription, purpose } of notifications) {
      const delivery: DeliveryRecord = {
        id: `${record.id}.${subscription}.${event.sequence}`,
        tenantId: record.tenantId,
        recordingId: record.id,
        subscription,
        purpose,
        eventSequence: event.sequence,
        status: 'pending',
        attempts: [],
        fallbackNext: false,
        nextAttemptAt: null,
        createdAt: clock.now().toISOString(),
      };
      const added = await ledger.deliveries.enqueue(delivery);
      if (added) made += 1;
      if (added || wake) await work.enqueueDelivery(record.id, subscription, `${event.sequence}-0`, 0);
    }
    return made;
  }
}

/** Waits for both whatever happens: nothing of an entry may still be under way when it is tried again. */
async function bothOrThrow(...work: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === 'rejected') throw outcome.reason;
}

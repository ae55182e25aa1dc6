import type { DeliveryRecord, OutboxEntry, RecordingEvent, RecordingRecord, RecordingState, WorkStage } from '#libs/recording-model';
import { requireApplication, viewApplication } from './applications.js';
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
    this.running ??= this.ports.ledger.outbox.consume((entry) => this.handle(entry), this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Also called by the reconciler for recordings whose entry may have been lost. */
  async handle(entry: OutboxEntry): Promise<void> {
    const record = await this.ports.ledger.recordings.get(entry.recordingId);
    if (record === null) return;
    await this.enqueueDeliveries(record, entry.eventSequences);
    if (!entry.entered) return;
    this.count(record, entry);
    const stage = STAGE_DUE_IN[entry.state];
    if (stage !== undefined && record.state === entry.state) {
      await this.ports.work.enqueueStage(stage, record.id, record.epoch);
    }
    if (entry.state === 'available') await releaseLocalAudio(this.ports, record);
    if (entry.state === 'discarded' || entry.state === 'absent' || entry.state === 'cancelled') {
      await this.ports.spools.delete(record.id);
    }
  }

  private count(record: RecordingRecord, entry: OutboxEntry): void {
    const { metrics, clock } = this.ports;
    metrics.recordingsByState.inc({ vendor: record.vendor, state: entry.state });
    if (entry.state === 'available' && record.capture !== null) {
      metrics.hangupToAvailableSeconds.observe((clock.now().getTime() - Date.parse(record.capture.endedAt)) / 1000);
    }
  }

  private async enqueueDeliveries(record: RecordingRecord, sequences: readonly number[]): Promise<void> {
    if (sequences.length === 0) return;
    const events = await this.ports.ledger.recordings.events(record.id);
    for (const event of events) {
      if (sequences.includes(event.sequence)) await this.enqueueEvent(record, event);
    }
  }

  private async enqueueEvent(record: RecordingRecord, event: RecordingEvent): Promise<void> {
    const { ledger, adapters, clock, work } = this.ports;
    const application = viewApplication(this.ports, await requireApplication(this.ports, record.tenantId, record.applicationId));
    const notifications = adapters[record.vendor].render(event, { recording: record, application, now: clock.now(), fallback: false });
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
      await ledger.deliveries.enqueue(delivery);
      await work.enqueueDelivery(record.id, subscription, `${event.sequence}-0`, 0);
    }
  }
}

import {
  RecgateError,
  toRecgateError,
  type DeliveryAttempt,
  type DeliveryRecord,
  type NextStep,
  type RecordingEvent,
  type RecordingRecord,
  type SendOutcome,
  type Subscription,
} from '#libs/recording-model';
import { recordingSecrets } from '../accept-recording.js';
import { requireApplication, viewApplication } from '../applications.js';
import type { OrchestrationPorts } from '../ports.js';

/** Longer than the slowest attempt with its fallback. */
const LEASE_MS = 90_000;

/** For notifications of subscriptions that stand at the application, not in the spec. */
const DEFAULT_POLICY: Pick<Subscription, 'policy' | 'fallbackUrl'> = { policy: 'durable', fallbackUrl: null };

/**
 * Works off one chain: its deliveries in order, each until it is delivered, given up, or has to wait. One worker at a
 * time holds a chain.
 */
export class DeliveryChain {
  constructor(private readonly ports: OrchestrationPorts) {}

  /** Sends what is due; returns when the chain is empty or its head must wait (a delayed job is then in the queue). */
  async work(recordingId: string, subscription: string): Promise<void> {
    const { deliveries } = this.ports.ledger;
    let head = await deliveries.head(recordingId, subscription);
    while (head !== null && this.isDue(head)) {
      const lease = await deliveries.lease(recordingId, subscription, LEASE_MS);
      if (lease === null) return; // The holder looks again after giving the lease back.
      try {
        head = await this.drain(recordingId, subscription);
      } finally {
        await lease.release();
      }
      if (head !== null && !this.isDue(head)) return;
      head = await deliveries.head(recordingId, subscription);
    }
  }

  private async drain(recordingId: string, subscription: string): Promise<DeliveryRecord | null> {
    for (;;) {
      const head = await this.ports.ledger.deliveries.head(recordingId, subscription);
      if (head === null || !this.isDue(head)) return head;
      await this.attempt(head);
    }
  }

  private isDue(delivery: DeliveryRecord): boolean {
    return delivery.nextAttemptAt === null || Date.parse(delivery.nextAttemptAt) <= this.ports.clock.now().getTime();
  }

  private async attempt(delivery: DeliveryRecord): Promise<void> {
    const { record, event, policy } = await this.load(delivery);
    const now = this.ports.clock.now();
    const { request, outcome } = await this.send(delivery, record, event, now);
    const { retryAfter: _retryAfter, refused: _refused, ...told } = outcome;
    const attempts = [...delivery.attempts, { ...told, request }];
    const step = this.ports.sender.next(policy, attempts.length, outcome, this.ports.clock.now());
    this.ports.metrics.deliveryAttempts.inc({ outcome: step.kind });
    await this.settle({ ...delivery, attempts }, step);
  }

  private async load(delivery: DeliveryRecord) {
    const record = await this.ports.ledger.recordings.get(delivery.recordingId);
    const events = await this.ports.ledger.recordings.events(delivery.recordingId);
    const event = events.find((candidate) => candidate.sequence === delivery.eventSequence);
    if (record === null || event === undefined) {
      throw new RecgateError('gateway.internal', `Delivery ${delivery.id} has lost its event`);
    }
    const policy = record.spec.subscriptions.find(({ name }) => name === delivery.subscription) ?? DEFAULT_POLICY;
    return { record, event, policy };
  }

  /** Rendered anew on each attempt: a signature holds the time of its own attempt, the body stays the same. */
  private async send(
    delivery: DeliveryRecord,
    record: RecordingRecord,
    event: RecordingEvent,
    now: Date,
  ): Promise<{ request: DeliveryAttempt['request']; outcome: SendOutcome }> {
    const fallback = delivery.fallbackNext;
    try {
      const { notification, secrets, signingKey } = await this.render(delivery, record, event, now);
      const { method, url } = notification.request;
      const options = { webhookId: delivery.id, secrets, signingKey, now, fallback };
      return { request: { method, url }, outcome: await this.ports.sender.send(notification.request, options) };
    } catch (thrown) {
      const nothing = { status: null, durationMs: 0, responseExcerpt: '', retryAfter: null, refused: false };
      const outcome = { ...nothing, at: now.toISOString(), fallback, error: toRecgateError(thrown).message };
      return { request: { method: 'POST', url: '' }, outcome };
    }
  }

  private async render(delivery: DeliveryRecord, record: RecordingRecord, event: RecordingEvent, now: Date) {
    const application = viewApplication(this.ports, await requireApplication(this.ports, record.tenantId, record.applicationId));
    const context = { recording: record, application, now, fallback: delivery.fallbackNext };
    const rendered = this.ports.adapters[record.vendor].render(event, context);
    const notification = rendered.find(({ subscription }) => subscription === delivery.subscription);
    if (notification === undefined) throw new RecgateError('gateway.internal', `Nothing to send for delivery ${delivery.id}`);
    const secrets = { ...application.secrets, ...recordingSecrets(this.ports, record) };
    return { notification, secrets, signingKey: application.secrets['webhookSigningKey'] ?? null };
  }

  private async settle(delivery: DeliveryRecord, step: NextStep): Promise<void> {
    const { deliveries } = this.ports.ledger;
    switch (step.kind) {
      case 'delivered':
        return deliveries.update({ ...delivery, status: 'delivered', nextAttemptAt: null });
      case 'gone':
        return deliveries.update({ ...delivery, status: 'gone', nextAttemptAt: null });
      case 'exhausted':
        return deliveries.update({ ...delivery, status: 'exhausted', nextAttemptAt: null });
      case 'fallback':
        return deliveries.update({ ...delivery, nextAttemptAt: null, fallbackNext: true });
      case 'retry': {
        await deliveries.update({ ...delivery, nextAttemptAt: step.at.toISOString() });
        const waitMs = Math.max(0, step.at.getTime() - this.ports.clock.now().getTime());
        const attempt = `${delivery.eventSequence}-${delivery.attempts.length}`;
        return this.ports.work.enqueueDelivery(delivery.recordingId, delivery.subscription, attempt, waitMs);
      }
    }
  }
}

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
import { withHeardText } from '../transcription/heard-text.js';
import { EndpointGate } from './endpoint-gate.js';
import { noteFailedAttempt } from './failed-attempts.js';

/** Beside the attempt itself: reading, rendering, writing down. */
const LEASE_MARGIN_MS = 5000;

/** Attempts at a time when nobody says otherwise. */
const DEFAULT_SENDERS = 64;

/** For notifications of subscriptions that stand at the application, not in the spec. */
const DEFAULT_POLICY: Pick<Subscription, 'policy' | 'fallbackUrl'> = { policy: 'durable', fallbackUrl: null };

/** One attempt, made. */
interface Sent {
  readonly request: DeliveryAttempt['request'];
  readonly outcome: SendOutcome;
}

/** What became of the head of a chain: a number of ms to wait when its endpoint has enough under way. */
type HeadOutcome = 'settled' | 'notDue' | { readonly crowdedMs: number };

/**
 * Works off one chain: its deliveries in order, each until it is delivered, given up, or has to wait. One worker at a
 * time holds a chain, and for one attempt only: a worker that dies holds it up no longer than that.
 */
export class DeliveryChain {
  private readonly gate: EndpointGate;

  /** @param senders how many chains this process works on at a time */
  constructor(
    private readonly ports: OrchestrationPorts,
    senders = DEFAULT_SENDERS,
  ) {
    this.gate = new EndpointGate(senders);
  }

  /** Sends what is due; returns when the chain is empty or its head must wait (a delayed job is then in the queue). */
  async work(recordingId: string, subscription: string): Promise<void> {
    const { deliveries } = this.ports.ledger;
    const leaseMs = this.ports.settings.attemptTimeoutMs + LEASE_MARGIN_MS;
    for (;;) {
      const head = await deliveries.head(recordingId, subscription);
      if (head === null || !this.isDue(head)) return;
      const lease = await deliveries.lease(recordingId, subscription, leaseMs);
      if (lease === null) return; // The holder looks again after giving the lease back.
      let outcome: HeadOutcome;
      try {
        outcome = await this.workHead(recordingId, subscription);
      } finally {
        await lease.release();
      }
      if (typeof outcome === 'object') return this.comeAgain(head, outcome.crowdedMs);
    }
  }

  private async workHead(recordingId: string, subscription: string): Promise<HeadOutcome> {
    const head = await this.ports.ledger.deliveries.head(recordingId, subscription);
    return head === null || !this.isDue(head) ? 'notDue' : this.attempt(head);
  }

  private comeAgain({ recordingId, subscription }: DeliveryRecord, waitMs: number): Promise<void> {
    const name = `crowded-${this.ports.clock.now().getTime()}`;
    return this.ports.work.enqueueDelivery(recordingId, subscription, name, Math.round(waitMs));
  }

  private isDue(delivery: DeliveryRecord): boolean {
    return delivery.nextAttemptAt === null || Date.parse(delivery.nextAttemptAt) <= this.ports.clock.now().getTime();
  }

  private async attempt(delivery: DeliveryRecord): Promise<HeadOutcome> {
    const loaded = await this.load(delivery);
    if (loaded === null) {
      this.ports.log.error('a delivery has lost its event', { delivery: delivery.id });
      await this.settle(delivery, { kind: 'exhausted' });
      return 'settled';
    }
    const { record, event, policy } = loaded;
    const now = this.ports.clock.now();
    const sent = await this.send(delivery, record, event, now);
    if ('crowdedMs' in sent) return sent;
    const { request, outcome } = sent;
    const { retryAfter: _retryAfter, refused: _refused, ...told } = outcome;
    const attempts = [...delivery.attempts, { ...told, request }];
    const step = this.ports.sender.next(policy, attempts.length, outcome, this.ports.clock.now());
    this.ports.metrics.deliveryAttempts.inc({ outcome: step.kind });
    await this.settle({ ...delivery, attempts }, step);
    // What was not even sent is no failure of the receiver.
    if (step.kind !== 'delivered' && request.url !== '') await noteFailedAttempt(this.ports, record, { ...delivery, attempts });
    return 'settled';
  }

  private async load(delivery: DeliveryRecord) {
    const record = await this.ports.ledger.recordings.get(delivery.recordingId);
    const events = await this.ports.ledger.recordings.events(delivery.recordingId);
    const event = events.find((candidate) => candidate.sequence === delivery.eventSequence);
    if (record === null || event === undefined) return null;
    const policy = record.spec.subscriptions.find(({ name }) => name === delivery.subscription) ?? DEFAULT_POLICY;
    return { record, event, policy };
  }

  /** Rendered anew on each attempt: a signature holds the time of its own attempt, the body stays the same. */
  private async send(
    delivery: DeliveryRecord,
    record: RecordingRecord,
    event: RecordingEvent,
    now: Date,
  ): Promise<Sent | { readonly crowdedMs: number }> {
    const fallback = delivery.fallbackNext;
    try {
      const { notification, secrets, signingKey } = await this.render(delivery, record, event, now);
      const { method, url } = notification.request;
      const entrance = this.gate.enter(originOf(url));
      if (typeof entrance === 'number') return { crowdedMs: entrance };
      let status: number | null = null;
      try {
        const options = { webhookId: delivery.id, secrets, signingKey, now, fallback };
        const outcome = await this.ports.sender.send(notification.request, options);
        ({ status } = outcome);
        return { request: { method, url: event.transcript === undefined ? url : withoutQuery(url) }, outcome };
      } finally {
        entrance.leave(status !== null && status < 500);
      }
    } catch (thrown) {
      const nothing = { status: null, durationMs: 0, responseExcerpt: '', retryAfter: null, refused: false };
      const outcome = { ...nothing, at: now.toISOString(), fallback, error: toRecgateError(thrown).message };
      return { request: { method: 'POST', url: '' }, outcome };
    }
  }

  private async render(delivery: DeliveryRecord, record: RecordingRecord, event: RecordingEvent, now: Date) {
    const application = viewApplication(this.ports, await requireApplication(this.ports, record.tenantId, record.applicationId));
    const { gatewayUrl } = this.ports.settings;
    const known = gatewayUrl === undefined ? {} : { gatewayUrl };
    const context = { recording: record, application, now, fallback: delivery.fallbackNext, ...known };
    const heard = await withHeardText(this.ports, event, record);
    const rendered = this.ports.adapters[record.vendor].render(heard, context);
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

/** A GET carries what was said in its query. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

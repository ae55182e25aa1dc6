import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The gateway's metrics in one registry; `text()` is what Prometheus reads. */
export interface Metrics {
  readonly recordingsByState: Counter<'vendor' | 'state'>;
  readonly deliveryAttempts: Counter<'outcome'>;
  readonly callsActive: Gauge;
  readonly stageSeconds: Histogram<'stage' | 'outcome'>;
  readonly hangupToAvailableSeconds: Histogram;
  readonly outboxPending: Gauge;
  text(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    recordingsByState: new Counter({
      name: 'recgate_recordings_total',
      help: 'Recordings that entered a state.',
      labelNames: ['vendor', 'state'],
      registers,
    }),
    deliveryAttempts: new Counter({
      name: 'recgate_delivery_attempts_total',
      help: 'Notification attempts by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    callsActive: new Gauge({ name: 'recgate_calls_active', help: 'Calls in progress on this node.', registers }),
    stageSeconds: new Histogram({
      name: 'recgate_stage_seconds',
      help: 'Time one run of a stage took.',
      labelNames: ['stage', 'outcome'],
      buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 30, 120],
      registers,
    }),
    hangupToAvailableSeconds: new Histogram({
      name: 'recgate_hangup_to_available_seconds',
      help: 'From the end of a capture to the confirmed object.',
      buckets: [0.05, 0.1, 0.3, 0.5, 1, 1.5, 5, 30, 120],
      registers,
    }),
    outboxPending: new Gauge({ name: 'recgate_outbox_pending', help: 'Outbox entries not yet handled.', registers }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

import {
  RecgateError,
  type FlowAnswer,
  type FlowClient,
  type FlowContext,
  type FlowRequest,
  type NotificationSender,
  type SendOutcome,
  type VendorAdapter,
  type WireRequest,
} from '#libs/recording-model';
import type { Ledger } from '#libs/recording-model';
import type { Activity } from './activity.js';
import type { CallClock } from './call-clock.js';
import type { OutputLines } from './output-lines.js';

/** What a flow request is about; its wire form does not say it. */
interface FlowRequestFacts {
  readonly purpose: string;
  readonly recordingId: string | null;
  /** The call is over or the flow is broken: whatever the application answers has no effect. */
  readonly answerIgnored: boolean;
}

/** Remembers what the rendered flow requests are about. */
export class FlowRequestTrace {
  private readonly facts = new WeakMap<WireRequest, FlowRequestFacts>();

  /** The same adapter, traced. */
  of(adapter: VendorAdapter): VendorAdapter {
    const renderFlowRequest = (request: FlowRequest, context: FlowContext): WireRequest => {
      const wire = adapter.renderFlowRequest(request, context);
      this.facts.set(wire, {
        purpose: request.purpose,
        recordingId: recordingIdOf(context),
        answerIgnored: context.callState === 'ended' || context.error !== null,
      });
      return wire;
    };
    return { ...adapter, renderFlowRequest };
  }

  factsOf(wire: WireRequest): FlowRequestFacts {
    return this.facts.get(wire) ?? { purpose: 'request', recordingId: null, answerIgnored: false };
  }
}

/** The application at the other end: prints what it would be sent and answers as `--respond` says; with a way out, really asks it. */
export class SimulatedApplication {
  /** How many answers each URL has given. */
  private readonly turns = new Map<string, number>();

  constructor(
    private readonly parts: {
      readonly lines: OutputLines;
      readonly clock: CallClock;
      readonly activity: Activity;
      readonly trace: FlowRequestTrace;
      /** Documents by URL, in order. */
      readonly answers: ReadonlyMap<string, readonly string[]>;
      /** The way out; null: nothing leaves the machine. */
      readonly outbound: { readonly flow: FlowClient; readonly sender: NotificationSender } | null;
    },
  ) {}

  /** Takes flow requests. */
  readonly flow: FlowClient = {
    fetch: (request, secrets) =>
      this.parts.activity.during(this.ask(request, () => this.parts.outbound?.flow.fetch(request, secrets) ?? null)),
  };

  /** Takes notifications; `deliveries` tells what they are about. */
  senderFor(deliveries: Ledger['deliveries']): NotificationSender {
    const { outbound, lines } = this.parts;
    return {
      send: async (request, options) => {
        const delivery = await deliveries.get(options.webhookId);
        const outcome =
          outbound === null
            ? acknowledged(options.now, options.fallback)
            : await outbound.sender.send(request, options);
        const recordingId = delivery?.recordingId ?? '';
        const atMs = lines.placeOf(recordingId, delivery?.eventSequence ?? 0) ?? this.parts.clock.mediaTimeMs;
        const answer = outbound === null ? {} : { answer: { status: outcome.status, error: outcome.error } };
        lines.addOf(recordingId, atMs, {
          type: 'request',
          purpose: delivery?.purpose ?? 'notification',
          ...wireOf(request),
          ...answer,
        });
        return outcome;
      },
      /** Nothing is tried again later: a simulation does not wait for days. */
      next: (policy, attempts, outcome, now) => {
        if (outbound === null) return { kind: 'delivered' };
        const step = outbound.sender.next(policy, attempts, outcome, now);
        return step.kind === 'retry' ? { kind: 'exhausted' } : step;
      },
    };
  }

  private async ask(request: WireRequest, send: () => Promise<FlowAnswer> | null): Promise<FlowAnswer> {
    const { purpose, recordingId, answerIgnored } = this.parts.trace.factsOf(request);
    const { lines, clock } = this.parts;
    const atMs = clock.mediaTimeMs;
    const line = { purpose, ...wireOf(request) };
    if (recordingId === null) lines.add(atMs, { type: 'request', recording: null, ...line });
    else lines.addOf(recordingId, atMs, { type: 'request', ...line });
    const known = answerIgnored ? null : this.answerTo(request.url);
    if (known !== null) return known;
    const sent = send();
    if (sent !== null) return sent;
    if (answerIgnored) return { status: 200, contentType: null, body: '' };
    throw new RecgateError('outbound.failed', `${bare(request.url)} answered 404: no --respond says what it answers`);
  }

  /** The next answer at the URL, or at the same without the query; the last one is given again and again. */
  private answerTo(url: string): FlowAnswer | null {
    const given = [...this.parts.answers.keys()];
    const matches = [
      (key: string) => key === url,
      (key: string) => key === bare(url),
      (key: string) => bare(key) === bare(url),
    ];
    const key = matches.map((fits) => given.find(fits)).find((found) => found !== undefined);
    if (key === undefined) return null;
    const bodies = this.parts.answers.get(key) ?? [];
    const turn = this.turns.get(key) ?? 0;
    this.turns.set(key, turn + 1);
    return { status: 200, contentType: null, body: bodies[Math.min(turn, bodies.length - 1)] ?? '' };
  }
}

/** A request as it goes out; credentials of URLs travel apart and are not shown. */
function wireOf({ method, url, headers, body }: WireRequest) {
  return { method, url, headers, body };
}

/** The URL without query and fragment. */
function bare(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

function acknowledged(now: Date, fallback: boolean): SendOutcome {
  return {
    at: now.toISOString(),
    fallback,
    status: 200,
    durationMs: 0,
    error: null,
    responseExcerpt: '',
    retryAfter: null,
    refused: false,
  };
}

function recordingIdOf({ recording }: FlowContext): string | null {
  return recording?.id ?? null;
}

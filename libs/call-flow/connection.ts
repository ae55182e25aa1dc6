import type { ConnectAction, FlowRequest } from '#libs/recording-model';

/** Requests that are made when the connected leg answers, and whose steps run while the connection lasts (Sinch ACE, contract §1). */
const ASKED_WHEN_CONNECTED: ReadonlySet<string> = new Set(['ace']);

/** A connected leg, for as long as the flow waits for its end. Its time counts from the answer, or from the call to it. */
export class Connection {
  readonly kind = 'connect';
  legEnded = false;
  private asked = false;
  private limit: number | null = null;
  private answeredAt: number | null = null;

  constructor(
    private readonly step: ConnectAction,
    now: number,
  ) {
    const { conference, rules } = step;
    this.countFrom(now);
    if (!conference && rules?.answerMs !== undefined) this.limit = now + rules.answerMs;
  }

  /** How long it has lasted, ms; 0 before the answer. */
  connectedMs(now: number): number {
    return this.answeredAt === null ? 0 : now - this.answeredAt;
  }

  /** Media time at which the leg has had its time, or its time to answer. */
  get until(): number | null {
    return this.limit;
  }

  /** The request to make because the leg answered; null for none. */
  legAnswered(now: number): FlowRequest | null {
    const { next } = this.step;
    this.countFrom(now);
    this.answeredAt ??= now;
    if (this.asked || next === null || !ASKED_WHEN_CONNECTED.has(next.purpose)) return null;
    this.asked = true;
    return next;
  }

  /** The request to make when the connection is over; null for none. */
  get afterEnd(): FlowRequest | null {
    const { next } = this.step;
    return next === null || ASKED_WHEN_CONNECTED.has(next.purpose) ? null : next;
  }

  private countFrom(now: number): void {
    this.limit = this.step.maxDurationMs === null ? null : now + this.step.maxDurationMs;
  }
}

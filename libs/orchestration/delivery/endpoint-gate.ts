/** An answer that takes longer marks its endpoint as slow, ms. */
const SLOW_MS = 1000;
/** How long an endpoint that failed or was slow is kept to few attempts at a time, ms. */
const TROUBLE_MS = 30_000;
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Endpoints without anything under way are forgotten beyond this number. */
const MOST_IDLE = 1000;

interface Endpoint {
  /** When each attempt under way began. */
  readonly begun: Map<symbol, number>;
  troubledUntil: number;
  /** Attempts that were sent away since one was let in. */
  turnedAway: number;
}

/** An attempt that was let in; `leave` must be called once. */
export interface Entrance {
  leave(worked: boolean): void;
}

/**
 * Shares the senders of a process out among endpoints: one that is dead or slow may hold only few of them, so that it
 * slows nobody else; a quick one may have most.
 */
export class EndpointGate {
  private readonly endpoints = new Map<string, Endpoint>();
  private readonly most: number;
  private readonly mostSlow: number;

  /** @param senders how many attempts the process makes at a time */
  constructor(
    senders: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.most = Math.max(1, Math.floor((senders * 3) / 4));
    this.mostSlow = Math.max(1, Math.floor(senders / 8));
  }

  /** Lets an attempt in, or says after how many ms to come again. */
  enter(origin: string): Entrance | number {
    const endpoint = this.endpointOf(origin);
    const limit = this.isSlow(endpoint) ? this.mostSlow : this.most;
    if (endpoint.begun.size >= limit) {
      endpoint.turnedAway += 1;
      return Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS + (endpoint.turnedAway / limit) * SLOW_MS);
    }
    const attempt = Symbol(origin);
    endpoint.begun.set(attempt, this.nowMs());
    endpoint.turnedAway = 0;
    return { leave: (worked) => this.leave(origin, endpoint, attempt, worked) };
  }

  private leave(origin: string, endpoint: Endpoint, attempt: symbol, worked: boolean): void {
    const now = this.nowMs();
    const begun = endpoint.begun.get(attempt) ?? now;
    endpoint.begun.delete(attempt);
    endpoint.troubledUntil = worked && now - begun < SLOW_MS ? 0 : now + TROUBLE_MS;
    if (endpoint.begun.size === 0 && endpoint.troubledUntil === 0) this.endpoints.delete(origin);
    if (this.endpoints.size > MOST_IDLE) this.forgetIdle(now);
  }

  private isSlow(endpoint: Endpoint): boolean {
    const now = this.nowMs();
    if (endpoint.troubledUntil > now) return true;
    const [oldest] = endpoint.begun.values();
    return oldest !== undefined && now - oldest > SLOW_MS;
  }

  private endpointOf(origin: string): Endpoint {
    const known = this.endpoints.get(origin);
    if (known !== undefined) return known;
    const endpoint: Endpoint = { begun: new Map(), troubledUntil: 0, turnedAway: 0 };
    this.endpoints.set(origin, endpoint);
    return endpoint;
  }

  private forgetIdle(now: number): void {
    for (const [origin, { begun, troubledUntil }] of this.endpoints) {
      if (begun.size === 0 && troubledUntil <= now) this.endpoints.delete(origin);
    }
  }
}

/** More steps than this without media time passing is a document that runs in circles. */
const MOST_STEPS_AT_ONCE = 1000;
/** The same for requests that follow one another at once: documents that redirect to each other. */
const MOST_REQUESTS_AT_ONCE = 30;
/** A request so soon after the one before follows at once: between the two nothing was heard, only the answer waited for, ms. */
const AT_ONCE_MS = 500;
/** The same for documents that branch to stored ones, however much media time passes (`max_branch_count` of Kazoo). */
const MOST_BRANCHES = 50;

/** Media time as the flow has come to know it, and what happened since it last moved. */
export class FlowClock {
  private mediaTimeMs = 0;
  private steps = 0;
  private requests = 0;
  private askedAtMs = 0;
  private branches = 0;

  get now(): number {
    return this.mediaTimeMs;
  }

  passTo(mediaTimeMs: number): void {
    if (mediaTimeMs <= this.mediaTimeMs) return;
    this.mediaTimeMs = mediaTimeMs;
    this.steps = 0;
  }

  /** Counts a step; false when there have been too many at this moment. */
  mayStep(): boolean {
    return ++this.steps <= MOST_STEPS_AT_ONCE;
  }

  /** Counts a request; false when too many have followed one another at once. */
  mayAsk(): boolean {
    if (this.mediaTimeMs - this.askedAtMs >= AT_ONCE_MS) this.requests = 0;
    this.askedAtMs = this.mediaTimeMs;
    return ++this.requests <= MOST_REQUESTS_AT_ONCE;
  }

  /** Counts a branch to a stored document; false when the flow has had too many. */
  mayBranch(): boolean {
    return ++this.branches <= MOST_BRANCHES;
  }
}

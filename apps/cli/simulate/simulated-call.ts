import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { CallSession } from '#libs/orchestration';
import type { Party } from '#libs/recording-model';
import type { Activity } from './activity.js';
import type { KeyPress, LaterDocument } from './option-values.js';
import type { Pipeline } from './pipeline.js';
import type { SimulatedMedia } from './simulated-media.js';
import { UsageError } from './usage-error.js';

/** A call that has not ended by itself after a day is ended. */
const LONGEST_CALL_MS = 86_400_000;
/** How long past everything it can wait for a recording is given to end, ms. */
const GRACE_MS = 1000;
/** Wall time a call may take to come to rest after its end, ms. */
const REST_MS = 600_000;

export interface CallPlan {
  readonly answerAtMs: number | null;
  readonly bridgeAtMs: number | null;
  readonly hangupAtMs: number | null;
  readonly hangupBy: Party;
  readonly keys: readonly KeyPress[];
  readonly laterDocuments: readonly LaterDocument[];
  /** Length of the longest audio, ms; 0 without audio. */
  readonly audioMs: number;
}

export interface CallParts {
  readonly session: CallSession;
  readonly media: SimulatedMedia;
  readonly pipeline: Pipeline;
  readonly activity: Activity;
  /** Hands the call another document. */
  readonly instruct: (document: LaterDocument) => void;
  readonly warn: (message: string) => void;
  /** Told now and then how far media time has come. */
  readonly progress: (mediaTimeMs: number) => void;
}

interface PlannedEvent {
  readonly atMs: number;
  readonly happen: () => void;
}

/** Lets one call run from media time 0 to its end. Media time stands still while anything else is under way. */
export class SimulatedCall {
  private readonly planned: PlannedEvent[];

  constructor(
    private readonly parts: CallParts,
    private readonly plan: CallPlan,
  ) {
    this.planned = this.plannedEvents();
  }

  /** @param begin hands the session its document */
  async run(begin: () => void): Promise<void> {
    const { session } = this.parts;
    if (this.plan.answerAtMs === null) session.answered();
    begin();
    for (;;) {
      this.happenNow();
      await this.settle();
      if (session.state === 'ended') return this.comeToRest();
      const stop = this.nextStop();
      if (stop === null) this.end();
      else await this.advanceTo(stop);
    }
  }

  /** In the order of their places; of one place: answer, bridge, keys, documents, hang-up. */
  private plannedEvents(): PlannedEvent[] {
    const { session, media } = this.parts;
    const { answerAtMs, bridgeAtMs, hangupAtMs, hangupBy, keys } = this.plan;
    const events: PlannedEvent[] = [];
    if (answerAtMs !== null) events.push({ atMs: answerAtMs, happen: () => session.answered() });
    if (bridgeAtMs !== null) events.push({ atMs: bridgeAtMs, happen: () => session.bridged() });
    for (const { atMs, key } of keys) events.push({ atMs, happen: () => media.key(key, 'caller') });
    for (const document of this.plan.laterDocuments)
      events.push({ atMs: document.atMs, happen: () => this.parts.instruct(document) });
    if (hangupAtMs !== null) events.push({ atMs: hangupAtMs, happen: () => void session.hangup(hangupBy) });
    return events.sort((a, b) => a.atMs - b.atMs);
  }

  private happenNow(): void {
    const { session, media } = this.parts;
    for (let event = this.planned[0]; event !== undefined && event.atMs <= media.mediaTimeMs; event = this.planned[0]) {
      this.planned.shift();
      if (session.state !== 'ended') event.happen();
    }
  }

  /** Everything that has happened is carried through: by the call, then by the workers, until nothing is left to do. */
  private async settle(): Promise<void> {
    const { activity, media, pipeline } = this.parts;
    do {
      do {
        await media.tellEndings();
        await turn();
        await activity.answered();
      } while (activity.take());
    } while (await pipeline.step());
  }

  /** Media time up to which nothing is known to happen, ms; null when the call has come to its end. */
  private nextStop(): number | null {
    const { session, media } = this.parts;
    const now = media.mediaTimeMs;
    if (this.plan.hangupAtMs === null && !this.goesOn(now)) return null;
    const ahead = [this.planned[0]?.atMs, session.nextDeadlineMs].map((at) =>
      Math.max(Math.ceil(at ?? LONGEST_CALL_MS), now + 1),
    );
    const patience = this.patienceMs();
    return Math.min(...ahead, this.plan.hangupAtMs === null && patience > now ? patience : LONGEST_CALL_MS);
  }

  /** Whether, without a planned hang-up, there is still anything to wait for. */
  private goesOn(now: number): boolean {
    const { session } = this.parts;
    if (now >= LONGEST_CALL_MS) {
      this.parts.warn('The call did not end within a day of media time; it is ended');
      return false;
    }
    const timed = session.nextDeadlineMs !== null && !session.waitsForParty;
    return this.planned.length > 0 || timed || now < this.patienceMs();
  }

  /** How long the call is waited on: to the end of the audio, or of the blocking recording that will end by its own rules. */
  private patienceMs(): number {
    const { audioMs } = this.plan;
    let until = audioMs;
    for (const { spec, startedMs } of this.parts.media.running) {
      const { maxDurationMs, silence, mode } = spec;
      if (mode !== 'blocking' || (maxDurationMs === null && silence === null)) continue;
      const longest = (maxDurationMs ?? 0) + (silence?.initialMs ?? 0) + (silence?.finalMs ?? 0) + GRACE_MS;
      until = Math.max(until, Math.max(audioMs, startedMs) + longest);
    }
    return Math.min(until, LONGEST_CALL_MS);
  }

  private async advanceTo(mediaTimeMs: number): Promise<void> {
    const { media, progress } = this.parts;
    await media.advanceTo(mediaTimeMs);
    progress(media.mediaTimeMs);
  }

  /** Nothing ends the call by itself: its parties do. */
  private end(): void {
    const { audioMs, hangupBy } = this.plan;
    if (audioMs === 0) {
      throw new UsageError('Nothing ends this call: give --audio, or say with --hangup-at when it is hung up');
    }
    void this.parts.session.hangup(hangupBy);
  }

  private async comeToRest(): Promise<void> {
    const { session } = this.parts;
    for (let waited = 0; ; waited += 5) {
      await this.settle();
      if (session.over) break;
      if (waited > REST_MS) throw new Error('The call did not come to rest after its end');
      await delay(5);
    }
    await this.settle();
  }
}

import {
  isTerminal,
  renditionDurationMs,
  toRecgateError,
  type RecgateError,
  type CallMedia,
  type CaptureListener,
  type CaptureResult,
  type FinishReason,
  type NewRecordingEvent,
  type RecordingControl,
  type RecordingMove,
  type RecordingRecord,
  type RecordingSpec,
  type RecordingState,
} from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { failureMove } from '../stages/stage-run.js';
import { PatientWriter } from './patient-writer.js';

/** Facts of the call that a recording keeps; read anew at each move. */
export interface CallFacts {
  readonly callState: RecordingRecord['callState'];
  readonly callDurationMs: number;
}

/**
 * One recording of a live or simulated call: passes what its capture reports to the ledger, in order, and tells its
 * owner when the capture has settled.
 */
export class RecordingRun implements CaptureListener {
  private readonly writer: PatientWriter;
  private control: RecordingControl | null = null;
  /** What was asked for before the media had the recording. */
  private early: ((control: RecordingControl) => void)[] = [];
  private ended = false;
  readonly recordingId: string;
  readonly spec: RecordingSpec;
  /** Resolves when the recording is in the ledger: only then is its start acknowledged. */
  readonly accepted: Promise<void>;
  /** Resolves when the capture has ended and the ledger knows how. */
  readonly over: Promise<void>;
  private markOver: () => void = () => undefined;
  /** Resolves with the first recorded sample; never when there is none. */
  readonly begun: Promise<void>;
  private markBegun: () => void = () => undefined;

  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly fresh: RecordingRecord,
    private readonly facts: () => CallFacts,
    /** Called once, after the ledger knows how the capture ended. */
    private readonly settled: (run: RecordingRun, record: RecordingRecord) => void,
    /** Whether whoever runs it will capture it anew after this failure; then the ledger hears nothing of it. */
    private readonly comesAgain: (error: RecgateError) => boolean = () => false,
  ) {
    this.recordingId = fresh.id;
    this.spec = fresh.spec;
    this.writer = new PatientWriter(ports.log);
    this.over = new Promise((resolve) => (this.markOver = resolve));
    this.begun = new Promise((resolve) => (this.markBegun = resolve));
    this.accepted = this.writer.write('accepted', () => ports.ledger.recordings.accept(fresh)).then(() => undefined);
    this.accepted.catch((thrown: unknown) => this.report('accepted', thrown));
  }

  /** As it was accepted; the ledger has the current state. */
  get record(): RecordingRecord {
    return this.fresh;
  }

  /** True until the capture has ended. */
  get running(): boolean {
    return !this.ended;
  }

  /** Hands the recording to the call's media. */
  begin(media: CallMedia, answered: boolean, bridged: boolean): void {
    this.move('armed', (current) => (current.state === 'accepted' ? { to: 'armed', at: this.now() } : null));
    const job = { recordingId: this.recordingId, spec: this.spec, callAnswered: answered, callBridged: bridged };
    try {
      const control = media.startRecording(job, this);
      this.control = control;
      for (const act of this.early.splice(0)) act(control);
    } catch (thrown) {
      this.failed(toRecgateError(thrown));
    }
  }

  /** The call ended before the recording could begin. */
  missed(mediaTimeMs: number): void {
    this.absent('hangup', mediaTimeMs);
  }

  private steer(act: (control: RecordingControl) => void): void {
    if (this.control !== null) act(this.control);
    else if (!this.ended) this.early.push(act);
  }

  /** Ends a recording that cannot begin. */
  refuse(error: RecgateError): void {
    this.ended = true;
    this.settle('failed', (current) => (isTerminal(current.state) ? null : failureMove(this.ports, current, error, 'accept')));
  }

  stop(reason: FinishReason): void {
    this.steer((control) => control.stop(reason));
  }

  pause(): void {
    this.steer((control) => control.pause());
  }

  resume(): void {
    this.steer((control) => control.resume());
  }

  mask(): void {
    this.steer((control) => control.mask());
  }

  unmask(): void {
    this.steer((control) => control.unmask());
  }

  /** Resolves when the ledger knows everything that has happened so far. */
  drained(): Promise<void> {
    return this.writer.drained();
  }

  capturing(startedAt: string, mediaTimeMs: number): void {
    this.markBegun();
    const started: NewRecordingEvent = { name: 'recording.started', at: startedAt, mediaTimeMs };
    this.move('capturing', (current) =>
      current.state === 'accepted' || current.state === 'armed'
        ? { to: 'capturing', at: this.now(), patch: { startedAt, ...this.facts() }, events: [started] }
        : null,
    );
  }

  paused(): void {
    this.move('paused', (current) => (current.state === 'capturing' ? { to: 'paused', at: this.now() } : null));
  }

  resumed(): void {
    this.move('resumed', (current) => (current.state === 'paused' ? { to: 'capturing', at: this.now() } : null));
  }

  finished(capture: CaptureResult): void {
    this.ended = true;
    const facts = this.facts();
    this.settle('finished', (current) => (isCapturing(current.state) ? finishedMove(current, capture, facts, this.now()) : null));
  }

  absent(reason: FinishReason, mediaTimeMs: number, key?: string, media: CaptureResult['media'] = []): void {
    this.ended = true;
    const facts = this.facts();
    this.settle('absent', (current) => {
      if (isTerminal(current.state)) return null;
      const at = this.now();
      const event: NewRecordingEvent = { name: 'recording.absent', at: at.toISOString(), mediaTimeMs };
      const capture = emptyCapture(current, at, mediaTimeMs, { reason, media, ...(key === undefined ? {} : { key }) });
      return { to: 'absent', at, cause: reason, patch: { ...facts, capture }, events: [event] };
    });
  }

  /** What lies in the spool by then is kept, as when a node is lost; without any the recording fails. */
  failed(error: RecgateError): void {
    this.ended = true;
    const comesAgain = this.comesAgain(error);
    const { code, message: reason } = error;
    this.ports.log.error('capture failed', { recordingId: this.recordingId, code, reason, comesAgain });
    if (comesAgain) return this.markOver();
    const facts = this.facts();
    let kept: CaptureResult | null = null;
    const recover = async () => {
      kept = await this.recovered();
    };
    const decide = (current: RecordingRecord) => {
      if (isTerminal(current.state)) return null;
      if (kept === null || !isCapturing(current.state)) return failureMove(this.ports, current, error, 'capture');
      return finishedMove(current, kept, facts, this.now(), code);
    };
    this.settle('failed', decide, recover);
  }

  private now(): Date {
    return this.ports.clock.now();
  }

  private move(what: string, decide: (current: RecordingRecord) => RecordingMove | null): void {
    this.write(what, decide).catch((thrown: unknown) => this.report(what, thrown));
  }

  /** What a call left in the spool; null when that is nothing, or cannot be read. A file is still there to be captured anew. */
  private async recovered(): Promise<CaptureResult | null> {
    if (this.fresh.source !== undefined) return null;
    try {
      return await this.ports.spools.recover(this.recordingId);
    } catch (thrown) {
      this.ports.log.error('a spool cannot be recovered', { recordingId: this.recordingId, reason: toRecgateError(thrown).message });
      return null;
    }
  }

  private settle(what: string, decide: (current: RecordingRecord) => RecordingMove | null, prepare?: () => Promise<void>): void {
    this.write(what, decide, prepare)
      .then((record) => {
        if (record !== null) this.settled(this, record);
      })
      .catch((thrown: unknown) => this.report(what, thrown))
      .finally(() => this.markOver());
  }

  private async write(
    what: string,
    decide: (current: RecordingRecord) => RecordingMove | null,
    prepare: () => Promise<void> = () => Promise.resolve(),
  ): Promise<RecordingRecord | null> {
    const { recordings } = this.ports.ledger;
    const outcome = await this.writer.write(what, async () => {
      await prepare();
      return recordings.transition(this.recordingId, decide);
    });
    return outcome.record;
  }

  private report(what: string, thrown: unknown): void {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    this.ports.log.error('a fact of the recording could not be written', { recordingId: this.recordingId, what, reason });
  }
}

/** True while the capture has not ended. A write whose answer was lost is made again and must then change nothing. */
export function isCapturing(state: RecordingState): boolean {
  return state === 'accepted' || state === 'armed' || state === 'capturing' || state === 'paused';
}

/** What a capture without a single sample came to; tells how it ended. */
function emptyCapture(
  { spec }: RecordingRecord,
  at: Date,
  mediaTimeMs: number,
  ending: Pick<CaptureResult, 'reason' | 'key' | 'media'>,
): CaptureResult {
  return {
    ...ending,
    startedAt: at.toISOString(),
    endedAt: at.toISOString(),
    mediaStartMs: mediaTimeMs,
    mediaEndMs: mediaTimeMs,
    sampleRate: spec.sampleRate,
    channels: spec.channels,
    capturedSamples: 0,
    trimLeadingSamples: 0,
    trimTrailingSamples: 0,
    containsSound: false,
  };
}

/** A capture that ended: kept, too short, or of a kind that the vendor does not store. */
export function finishedMove(
  current: RecordingRecord,
  capture: CaptureResult,
  facts: Partial<CallFacts>,
  at: Date,
  cause: string = capture.reason,
): RecordingMove {
  const patch = { capture, startedAt: capture.startedAt, ...facts };
  const base = { at: at.toISOString(), mediaTimeMs: capture.mediaEndMs, capture };
  if (renditionDurationMs(capture) < current.spec.minDurationMs) {
    return { to: 'discarded', at, cause: 'shorter than the minimum', patch, events: [{ name: 'recording.discarded', ...base }] };
  }
  if (current.spec.destination.kind === 'none') {
    return { to: 'discarded', at, cause: current.spec.destination.reason, patch };
  }
  return { to: 'captured', at, cause, patch, events: [{ name: 'recording.finished', ...base }] };
}

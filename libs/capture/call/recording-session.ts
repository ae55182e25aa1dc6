import { RecordingEngine, type Beep, type EngineResult } from '#libs/recording-engine';
import {
  toRecgateError,
  type CaptureJob,
  type CaptureListener,
  type CaptureResult,
  type FinishReason,
  type LegMediaCounts,
  type Party,
  type Playback,
  type RecgateError,
} from '#libs/recording-model';
import type { Spool } from '../spool/spool.js';
import type { SpoolWriter } from '../spool/spool-writer.js';
import { countsSince, type LegCounts, type LegParty, type LegSource } from './leg-source.js';

/** What a recording needs of its call. */
export interface SessionCall {
  readonly callRef: string;
  readonly legs: readonly LegSource[];
  readonly spool: Spool;
  wallTime(mediaMs: number): Date;
  /** How long after the place it was asked for a sound is heard on the line, ms of media time: the playout delay. */
  readonly soundDelayMs: number;
  play(playback: Playback): void;
  /** The recording takes no further audio. */
  ended(session: RecordingSession): void;
  /** The recording's files are closed and its listener was told. */
  settled(session: RecordingSession): void;
}

/** One recording on a call: an engine, its spool and whoever listens. Positions are kept in samples of the recording. */
export class RecordingSession {
  readonly sampleRate: number;
  private engine: RecordingEngine | null = null;
  private writer: SpoolWriter | null = null;
  private processed = 0;
  /** Samples left out before the engine sees more: the beep it asked for is heard on the line that much later. */
  private toSkip = 0;
  private skipped = 0;
  private over = false;
  private readonly countsBefore: readonly LegCounts[];
  private readonly legs: readonly LegSource[];
  /** A conference is one mix; on two channels it stands on both. */
  private readonly doubled: boolean;

  constructor(
    private readonly job: CaptureJob,
    private readonly listener: CaptureListener,
    private readonly call: SessionCall,
    /** Media time of the first sample the engine is given. */
    private readonly beginMs: number,
  ) {
    const { spec } = job;
    this.sampleRate = spec.sampleRate;
    this.legs = call.legs.filter(({ party }) => isRecorded(party, spec.parties));
    this.doubled = spec.channels === 2 && this.legs[0]?.party === 'conference';
    this.countsBefore = this.legs.map((leg) => leg.counts());
  }

  /** Sets the engine up; from here on the listener is told. */
  begin(): void {
    this.engine = this.createEngine();
  }

  /** Media time up to which audio was processed, ms. */
  get mediaMs(): number {
    return this.placeOf(this.processed);
  }

  get isOver(): boolean {
    return this.over;
  }

  /** The engine's own methods, for commands that arrive at the current position; null once the recording is over. */
  get control(): RecordingEngine | null {
    return this.over ? null : this.engine;
  }

  /** Takes `n` samples of each party at the recording's rate. */
  process(caller: Int16Array, callee: Int16Array, n: number): void {
    const skip = Math.min(this.toSkip, n);
    if (skip > 0) {
      this.toSkip -= skip;
      this.skipped += skip;
      if (skip < n) this.process(caller.subarray(skip), callee.subarray(skip), n - skip);
      return;
    }
    if (this.over) return;
    this.engine?.process(caller, this.doubled ? caller : callee, n);
    this.processed += n;
  }

  pause(): void {
    this.control?.pause();
    this.writer?.flush();
  }

  async drained(): Promise<void> {
    await this.writer?.drained();
  }

  private createEngine(): RecordingEngine {
    const { spec, callAnswered, callBridged } = this.job;
    const sink = { append: (channels: readonly Int16Array[], from: number, to: number) => this.append(channels, from, to) };
    return new RecordingEngine({ spec, callAnswered, callBridged }, sink, {
      armed: () => undefined,
      beepWanted: (beep) => this.beep(beep),
      capturing: (atSample) => this.captureBegan(atSample),
      paused: (atSample) => this.listener.paused(this.msAt(atSample)),
      resumed: (atSample) => this.listener.resumed(this.msAt(atSample)),
      ended: (result) => this.finish(result),
      absent: (reason, atSample, key) => this.endAbsent(reason, this.msAt(atSample), key),
    });
  }

  private beep({ frequencyHz, durationMs }: Beep): void {
    this.call.play({ kind: 'tone', frequencyHz, durationMs, toward: this.beepParties() });
    this.toSkip = Math.round((this.call.soundDelayMs * this.sampleRate) / 1000);
  }

  private captureBegan(atSample: number): void {
    const startedMs = this.placeOf(atSample);
    this.writer ??= this.openWriter(startedMs);
    this.listener.capturing(this.call.wallTime(startedMs).toISOString(), Math.round(startedMs));
  }

  private append(channels: readonly Int16Array[], from: number, to: number): void {
    this.writer ??= this.openWriter(this.mediaMs);
    this.writer?.append(channels, from, to);
  }

  private openWriter(startedMs: number): SpoolWriter | null {
    const { recordingId, spec } = this.job;
    const { vendor, mode, parties, trim, minDurationMs } = spec;
    try {
      return this.call.spool.begin({
        header: {
          recordingId,
          callRef: this.call.callRef,
          sampleRate: spec.sampleRate,
          channels: spec.channels,
          startedAt: this.call.wallTime(startedMs).toISOString(),
          mediaStartMs: Math.round(startedMs),
          legs: this.legs.map(({ party }) => party),
          spec: { vendor, mode, parties, trim, minDurationMs },
        },
        mediaTimeMs: () => this.mediaMs,
        onFailure: (error) => this.fail(error),
        follow: { format: spec.format, settled: () => this.engine?.settled ?? null },
      });
    } catch (thrown) {
      this.fail(toRecgateError(thrown));
      return null;
    }
  }

  private finish(result: EngineResult): void {
    const { writer } = this;
    if (this.end() || writer === null) return;
    const captured = this.captureResult(result);
    writer.finish(captured).then(
      () => this.settle(() => this.listener.finished(captured)),
      (thrown: unknown) => this.settle(() => this.listener.failed(toRecgateError(thrown), Math.round(this.mediaMs))),
    );
  }

  private endAbsent(reason: FinishReason, atMs: number, key?: string): void {
    const { writer } = this;
    if (this.end()) return;
    const media = this.legs.map((leg, index) => this.legFacts(leg, index, []));
    const told = (): void => this.settle(() => this.listener.absent(reason, atMs, key, media));
    if (writer === null) return told();
    const removed = writer.abandon().then(() => this.call.spool.delete(this.job.recordingId));
    removed.then(told, told);
  }

  private fail(error: RecgateError): void {
    const { writer } = this;
    if (this.end()) return;
    const told = (): void => this.settle(() => this.listener.failed(error, Math.round(this.mediaMs)));
    if (writer === null) told();
    else writer.abandon().then(told, told);
  }

  /** True when the recording was over before. */
  private end(): boolean {
    if (this.over) return true;
    this.over = true;
    this.call.ended(this);
    return false;
  }

  private settle(tell: () => void): void {
    try {
      tell();
    } finally {
      this.call.settled(this);
    }
  }

  private captureResult(result: EngineResult): CaptureResult {
    const startMs = this.placeOf(result.startSample);
    const endMs = this.placeOf(result.endSample);
    return {
      reason: result.reason,
      ...(result.key === undefined ? {} : { key: result.key }),
      ...(result.hangupBy === undefined ? {} : { hangupBy: result.hangupBy }),
      startedAt: this.call.wallTime(startMs).toISOString(),
      endedAt: this.call.wallTime(endMs).toISOString(),
      mediaStartMs: Math.round(startMs),
      mediaEndMs: Math.round(endMs),
      sampleRate: this.sampleRate,
      channels: this.job.spec.channels,
      capturedSamples: result.capturedSamples,
      trimLeadingSamples: result.trimLeadingSamples,
      trimTrailingSamples: result.trimTrailingSamples,
      containsSound: result.containsSound,
      media: this.legs.map((leg, index) => this.legFacts(leg, index, result.levels)),
    };
  }

  private legFacts(leg: LegSource, index: number, levels: EngineResult['levels']): LegMediaCounts {
    const counts = leg.counts();
    const heardAs = leg.party === 'conference' ? 'caller' : leg.party;
    const level = levels.find(({ party }) => party === heardAs || party === 'conference');
    return {
      party: leg.party,
      ...countsSince(counts, this.countsBefore[index] ?? counts),
      rmsDbfs: level?.rmsDbfs ?? null,
      peakDbfs: level?.peakDbfs ?? null,
    };
  }

  private placeOf(sample: number): number {
    return this.beginMs + ((sample + this.skipped) * 1000) / this.sampleRate;
  }

  private msAt(sample: number): number {
    return Math.round(this.placeOf(sample));
  }

  private beepParties(): readonly Party[] {
    const { parties } = this.job.spec;
    return parties === 'caller' || parties === 'callee' ? [parties] : ['caller', 'callee'];
  }
}

function isRecorded(party: LegParty, parties: CaptureJob['spec']['parties']): boolean {
  return parties === 'both' || parties === 'conference' || party === 'conference' || party === parties;
}

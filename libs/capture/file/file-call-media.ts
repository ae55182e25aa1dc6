import type {
  CallMedia,
  CallMediaListener,
  CaptureJob,
  CaptureListener,
  Party,
  Playback,
  PlaybackControl,
  RecordingControl,
} from '#libs/recording-model';
import { CallCore } from '../call/call-core.js';
import { durationOf } from '../live/sounds.js';
import type { Spool } from '../spool/spool.js';
import { FileLeg, fileLegs, type CallAudio, type FileLegOptions } from './file-leg.js';

export interface FileCallMediaOptions extends CallAudio {
  readonly callRef: string;
  /** The legs one by one, in place of `caller` and `callee`. */
  readonly legs?: readonly FileLegOptions[];
  /** Wall time of media time 0. */
  readonly startTime: Date;
  readonly spool: Spool;
  readonly listener: CallMediaListener;
  /** Whether the owner takes note of key tones now; absent: always. Looking for them takes as long as half of all else. */
  readonly listensForKeys?: () => boolean;
}

/** Small enough that what follows the end of a recording begins at most this much later. */
const FRAME_MS = 20;
/** Media time after which the disk is waited for and other work gets its turn; well below what may wait for a spool's disk. */
const BREATHE_MS = 5000;

/**
 * A call on a virtual clock: media time stands still until its owner advances it. The same audio and the same commands
 * give the same recordings, samples and times, however fast the machine is.
 */
export class FileCallMedia implements CallMedia {
  readonly callRef: string;
  private readonly core: CallCore;
  private lastBreathMs = 0;
  private isClosed = false;

  constructor(options: FileCallMediaOptions) {
    const startMs = options.startTime.getTime();
    const legs = options.legs ?? fileLegs(options);
    this.callRef = options.callRef;
    const core: CallCore = new CallCore({
      callRef: options.callRef,
      legs: legs.map((leg) => new FileLeg(leg)),
      spool: options.spool,
      listener: options.listener,
      frameMs: FRAME_MS,
      soundDelayMs: 0,
      placeOfNow: () => core.headMs,
      wallTime: (mediaMs) => new Date(startMs + mediaMs),
      play: (playback) => void this.play(playback, () => undefined),
      ...(options.listensForKeys === undefined ? {} : { listensForKeys: options.listensForKeys }),
    });
    this.core = core;
  }

  get mediaTimeMs(): number {
    return this.core.headMs;
  }

  /** Advances media time; see `advanceTo`. */
  advance(durationMs: number): Promise<void> {
    return this.advanceTo(this.core.headMs + durationMs);
  }

  /**
   * Advances media time to a place, a whole number of ms. Recordings that come to their end on the way have told their
   * listeners before media time goes on by more than 20 ms.
   * @param stop asked every 20 ms of media time; true ends the advance early
   */
  async advanceTo(mediaTimeMs: number, stop?: () => boolean): Promise<void> {
    await this.core.settledEndings();
    while (this.core.headMs < mediaTimeMs && !this.isClosed && stop?.() !== true) {
      this.core.advanceTo(Math.min(mediaTimeMs, this.core.headMs + FRAME_MS));
      if (this.core.hasEnding) await this.core.settledEndings();
      if (this.core.headMs - this.lastBreathMs >= BREATHE_MS) await this.breathe();
    }
  }

  /** Resolved when every recording that is over has told its listener. */
  settled(): Promise<void> {
    return this.core.settledEndings();
  }

  startRecording(job: CaptureJob, listener: CaptureListener): RecordingControl {
    return this.core.startRecording(job, listener);
  }

  /** Nobody hears it; it ends when its length has passed in media time. */
  play(playback: Playback, ended: () => void): PlaybackControl {
    let cancelled = false;
    this.core.at(this.core.headMs + Math.max(durationOf(playback), 1), () => {
      if (!cancelled) ended();
    });
    return {
      cancel: () => {
        cancelled = true;
      },
    };
  }

  answered(): void {
    this.core.toAllNow((engine) => engine.answered());
  }

  bridged(): void {
    this.core.toAllNow((engine) => engine.bridged());
  }

  /** A file is heard by nobody. */
  relay(): void {
    // Nothing is passed on.
  }

  /** A file says what it says. */
  mute(): void {
    // Nobody can be silenced.
  }

  transferred(party: Party): void {
    this.core.toAllNow((engine) => engine.transferred(party));
  }

  key(key: string, party: Party): void {
    this.core.keyPressed(key, party, this.core.headMs);
  }

  hangup(by: Party | null): void {
    this.core.endAllNow((engine) => engine.hangup(by));
  }

  /** The audio files belong to whoever opened them. */
  async close(): Promise<void> {
    this.core.endAllNow((engine) => engine.stop('interrupted'));
    this.isClosed = true;
    await this.core.settledAll();
  }

  private async breathe(): Promise<void> {
    this.lastBreathMs = this.core.headMs;
    await this.core.drained();
  }
}

/** Opens a call whose audio lies in files. */
export function createFileCallMedia(options: FileCallMediaOptions): FileCallMedia {
  return new FileCallMedia(options);
}

import type {
  CallMediaListener,
  CaptureJob,
  CaptureListener,
  FinishReason,
  Party,
  Playback,
  RecordingControl,
} from '#libs/recording-model';
import type { RecordingEngine } from '#libs/recording-engine';
import type { Spool } from '../spool/spool.js';
import { CommandQueue } from './command-queue.js';
import { FrameReader } from './frame-reader.js';
import { InbandKeys } from './inband-keys.js';
import type { LegSource } from './leg-source.js';
import { RecordingSession, type SessionCall } from './recording-session.js';

export interface CallCoreOptions {
  readonly callRef: string;
  readonly legs: readonly LegSource[];
  readonly spool: Spool;
  readonly listener: CallMediaListener;
  /** Longest stretch of media time that is processed at once, ms; a whole number, at most 100. */
  readonly frameMs: number;
  /** Where on the time line a command given now takes effect, ms. */
  placeOfNow(): number;
  /** See `SessionCall`. */
  readonly soundDelayMs: number;
  wallTime(mediaMs: number): Date;
  play(playback: Playback): void;
  /** Whether the owner takes note of key tones now; absent: always. */
  listensForKeys?(): boolean;
}

/**
 * The media time line of one call: reads the legs frame by frame, feeds the recordings and carries out commands exactly
 * at their places between the samples. Knows no clock: whoever owns it says how far media time has come.
 */
export class CallCore implements SessionCall {
  readonly callRef: string;
  readonly legs: readonly LegSource[];
  readonly spool: Spool;
  readonly soundDelayMs: number;
  private head = 0;
  private advancing = false;
  private readonly commands = new CommandQueue();
  private readonly frames: FrameReader;
  private readonly keys: (InbandKeys | null)[];
  private sessions: RecordingSession[] = [];
  private readonly unsettled = new Set<RecordingSession>();
  /** Recordings that are over and still being written. */
  private readonly ending = new Set<RecordingSession>();
  private whenSettled: (() => void)[] = [];
  /** How the media ended; a recording that is asked for afterwards ends the same way. */
  private lastAct: ((engine: RecordingEngine) => void) | null = null;

  constructor(private readonly options: CallCoreOptions) {
    this.callRef = options.callRef;
    this.legs = options.legs;
    this.spool = options.spool;
    this.soundDelayMs = options.soundDelayMs;
    this.frames = new FrameReader(options.legs, options.frameMs);
    this.keys = options.legs.map(() => null);
  }

  /** Media time up to which everything was processed, ms. */
  get headMs(): number {
    return this.head;
  }

  /** Place of the last command that waits, ms. */
  get lastCommandMs(): number {
    return this.commands.lastMs;
  }

  /** True while recordings that are over are still being written. */
  get hasEnding(): boolean {
    return this.ending.size > 0;
  }

  /** Carries `run` out when media time reaches the place; at once when it is there already. */
  at(atMs: number, run: () => void): void {
    if (!this.advancing && atMs <= this.head) run();
    else this.commands.add({ atMs: Math.max(atMs, this.head), run });
  }

  /** Processes everything up to a place, a whole number of ms. */
  advanceTo(targetMs: number): void {
    if (this.advancing) return;
    this.advancing = true;
    try {
      while (this.head < targetMs) this.processFrame(Math.min(targetMs, this.head + this.options.frameMs));
      this.runCommandsUntil(this.head);
    } finally {
      this.advancing = false;
    }
  }

  /** Begins a recording at the place of now. Its control takes effect at the place of now of each call. */
  startRecording(job: CaptureJob, listener: CaptureListener): RecordingControl {
    const place = this.options.placeOfNow();
    const session = new RecordingSession(job, listener, this, Math.max(place, this.head));
    this.unsettled.add(session);
    session.begin();
    this.at(place, () => {
      if (session.isOver) return;
      this.sessions.push(session);
      this.frames.need(session.sampleRate);
      if (session.control !== null) this.lastAct?.(session.control);
    });
    const running = (act: (session: RecordingSession) => void): void => this.now(() => act(session));
    return {
      stop: (reason: FinishReason) => running(({ control }) => control?.stop(reason)),
      pause: () => running((it) => it.pause()),
      resume: () => running(({ control }) => control?.resume()),
      mask: () => running(({ control }) => control?.mask()),
      unmask: () => running(({ control }) => control?.unmask()),
    };
  }

  /** Gives a command to every running recording, at the place of now. */
  toAllNow(act: (engine: RecordingEngine) => void): void {
    this.now(() => this.toAll(act));
  }

  /** Gives every recording its last command, at the place of now, and those that begin later right away. */
  endAllNow(act: (engine: RecordingEngine) => void): void {
    this.now(() => {
      this.lastAct ??= act;
      this.toAll(act);
    });
  }

  /** A key press at a place: for the recordings and for the owner. */
  keyPressed(key: string, party: Party, atMs: number): void {
    this.at(atMs, () => this.tellKey(key, party));
  }

  /** Carries `run` out at the place of now. */
  now(run: () => void): void {
    this.at(this.options.placeOfNow(), run);
  }

  /** Resolved when no recording is being captured or written any more. */
  async settledAll(): Promise<void> {
    while (this.unsettled.size > 0) await this.nextSettled();
  }

  /** Resolved when every recording that is over has told its listener so. */
  async settledEndings(): Promise<void> {
    while (this.ending.size > 0) await this.nextSettled();
  }

  /** Resolved when the disk holds what the running recordings have handed over. */
  async drained(): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.drained()));
  }

  wallTime(mediaMs: number): Date {
    return this.options.wallTime(mediaMs);
  }

  play(playback: Playback): void {
    this.options.play(playback);
  }

  ended(session: RecordingSession): void {
    this.ending.add(session);
    this.sessions = this.sessions.filter((other) => other !== session);
    this.frames.keepOnly(new Set(this.sessions.map(({ sampleRate }) => sampleRate)));
  }

  settled(session: RecordingSession): void {
    this.unsettled.delete(session);
    this.ending.delete(session);
    const waiting = this.whenSettled;
    this.whenSettled = [];
    for (const resolve of waiting) resolve();
  }

  private nextSettled(): Promise<void> {
    return new Promise((resolve) => this.whenSettled.push(resolve));
  }

  private processFrame(untilMs: number): void {
    const startMs = this.head;
    this.frames.read(startMs, untilMs);
    this.findInbandKeys(startMs);
    for (let command = this.commands.takeUntil(untilMs); command !== undefined; command = this.commands.takeUntil(untilMs)) {
      this.feed(startMs, Math.max(this.head, command.atMs));
      command.run();
    }
    this.feed(startMs, untilMs);
    this.frames.release();
    this.options.listener.advanced(untilMs);
  }

  private toAll(act: (engine: RecordingEngine) => void): void {
    for (const { control } of [...this.sessions]) if (control !== null) act(control);
  }

  private runCommandsUntil(ms: number): void {
    for (let command = this.commands.takeUntil(ms); command !== undefined; command = this.commands.takeUntil(ms)) command.run();
  }

  /** Gives the recordings the audio of the current frame from `head` to `untilMs`. */
  private feed(frameStartMs: number, untilMs: number): void {
    const fromMs = this.head;
    if (untilMs <= fromMs) return;
    for (const session of this.sessions) {
      const from = Math.round(((fromMs - frameStartMs) * session.sampleRate) / 1000);
      const to = Math.round(((untilMs - frameStartMs) * session.sampleRate) / 1000);
      if (to > from) session.process(this.frames.of('caller', session.sampleRate, from), this.frames.of('callee', session.sampleRate, from), to - from);
    }
    this.head = untilMs;
  }

  private findInbandKeys(frameStartMs: number): void {
    if (this.options.listensForKeys?.() === false) {
      this.keys.fill(null);
      return;
    }
    this.legs.forEach(({ party, sampleRate, inbandKeys }, index) => {
      if (!inbandKeys || sampleRate === null || party === 'conference') return;
      let keys = this.keys[index];
      if (keys?.sampleRate !== sampleRate) {
        keys = new InbandKeys(sampleRate, frameStartMs, (key, atMs) => this.keyHeard(key, party, atMs));
        this.keys[index] = keys;
      }
      keys.process(this.frames.ofLeg(index), this.frames.countOf(index));
    });
  }

  /** The recordings listen for their stop keys themselves, to cut the tone off; only the owner has to be told. */
  private keyHeard(key: string, party: Party, atMs: number): void {
    this.commands.add({ atMs, run: () => this.options.listener.keyPressed(key, party, Math.round(this.head)) });
  }

  private tellKey(key: string, party: Party): void {
    this.toAll((engine) => engine.key(key, party));
    this.options.listener.keyPressed(key, party, Math.round(this.head));
  }
}

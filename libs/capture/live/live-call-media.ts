import {
  PARTIES,
  type CallMedia,
  type CallMediaListener,
  type CaptureJob,
  type CaptureListener,
  type LegMediaCounts,
  type MediaAddress,
  type Party,
  type Playback,
  type PlaybackControl,
  type RecordingControl,
} from '#libs/recording-model';
import { CallCore } from '../call/call-core.js';
import type { LegCounts, LegParty } from '../call/leg-source.js';
import type { Spool } from '../spool/spool.js';
import type { LegEndpoint, LiveLeg } from './live-leg.js';
import { Hearing, type FrameSource } from './mixing/hearing.js';
import type { LegTap } from './mixing/leg-tap.js';
import { Player } from './player.js';
import type { RtpRemote } from './rtp/media-source.js';

/** How live calls behave; the same for all calls of a node. */
export interface LiveCallSettings {
  /** How far the recording stays behind the arrival, ms; reordering and jitter up to here are repaired. */
  readonly playoutDelayMs: number;
  /** Longest stretch that is processed at once, ms, 20..100. */
  readonly frameMs: number;
}

export interface LiveCallMediaOptions extends LiveCallSettings {
  readonly callRef: string;
  readonly spool: Spool;
  readonly listener: CallMediaListener;
  /** Wall time without any packet after which the owner is told, ms; null: never. */
  readonly mediaTimeoutMs: number | null;
  /** Monotonic wall clock, ms. */
  readonly clock: () => number;
  /** Makes the legs; they report to the call by these events. */
  readonly legs: (events: LiveLegEvents) => readonly LiveLeg[];
  readonly onHeard: (party: LegParty) => void;
  /** Something in the call has thrown; told once. */
  readonly onFailed: (thrown: unknown) => void;
  readonly onClosed: () => void;
}

/** What the legs of a live call tell it. */
export interface LiveLegEvents {
  /** Media time of what is arriving now, ms. */
  nowMs(): number;
  /** @param atMs media time at which the key lies among what the leg has said; what waits before it is heard before it */
  keyPressed(key: string, party: LegParty, atMs: number): void;
  /** A key that came beside the audio, in which it is not heard. @param atMs as for `keyPressed` */
  keySignalled(key: string, party: LegParty, atMs: number): void;
  /** The first audio of the leg has arrived. */
  partyHeard(party: LegParty): void;
}

/**
 * A hold-up of the process is made good in steps no longer than this, ms: between two turns of a call its sockets are
 * read three times, 32 packets each time.
 */
const MOST_CATCH_UP_MS = 1200;
/** Keys that wait to be heard by the other party; a party that sends more of them presses no keys. */
const MOST_KEYS_WAITING = 64;

/** A call whose media arrives in real time. Commands take effect where the audio of their moment lies, so `playoutDelayMs` later. */
export class LiveCallMedia implements CallMedia {
  readonly callRef: string;
  private readonly core: CallCore;
  private readonly player: Player;
  private readonly legs: readonly LiveLeg[];
  private readonly openedAt: number;
  private readonly openedEpochMs = Date.now();
  private timeoutTold = false;
  private failureTold = false;
  private hungUp = false;
  private closing: Promise<void> | null = null;
  /** What the legs say, while each is heard by the other. */
  private relayed: readonly Hearing[] = [];
  /** Keys of a party that wait for the one whose tone the other hears. */
  private readonly keysPassedOn = new Map<LegParty, string[]>();
  /** What the parties hear of others, and who is told when the media ends. */
  private readonly sources = new Map<FrameSource, () => void>();

  constructor(private readonly options: LiveCallMediaOptions) {
    this.callRef = options.callRef;
    this.openedAt = options.clock();
    this.legs = options.legs({
      nowMs: () => this.nowMs(),
      keyPressed: (key, party, atMs) => this.guard(() => this.keyOfLeg(key, party, atMs)),
      keySignalled: (key, party, atMs) => this.guard(() => this.keySignalled(key, party, atMs)),
      partyHeard: (party) => this.guard(() => options.onHeard(party)),
    });
    this.player = new Player(this.legs.map(({ party, output }) => ({ party, output })));
    this.core = new CallCore({
      callRef: options.callRef,
      legs: this.legs,
      spool: options.spool,
      listener: options.listener,
      frameMs: options.frameMs,
      soundDelayMs: options.playoutDelayMs,
      placeOfNow: () => this.placeOfNow(),
      wallTime: (mediaMs) => new Date(this.openedEpochMs + mediaMs),
      play: (playback) => void this.play(playback, () => undefined),
    });
  }

  /** Media time up to which the call was processed, ms: the wall clock less the playout delay. */
  get mediaTimeMs(): number {
    return this.core.headMs;
  }

  /** Where the legs wait for their media. */
  get endpoints(): readonly LegEndpoint[] {
    return this.legs.flatMap(({ endpoint }) => (endpoint === null ? [] : [endpoint]));
  }

  /** What arrived since the call was opened. */
  counts(): readonly (LegCounts & Pick<LegMediaCounts, 'party'>)[] {
    return this.legs.map((leg) => ({ party: leg.party, ...leg.counts() }));
  }

  /** True while something is sent, so that `sendFrame` must be called every 20 ms. */
  get isSending(): boolean {
    return this.sources.size > 0 || this.player.isPlaying;
  }

  startRecording(job: CaptureJob, listener: CaptureListener): RecordingControl {
    return this.core.startRecording(job, listener);
  }

  play(playback: Playback, ended: () => void): PlaybackControl {
    return this.player.play(playback, ended);
  }

  answered(): void {
    this.core.toAllNow((engine) => engine.answered());
  }

  bridged(): void {
    this.core.toAllNow((engine) => engine.bridged());
  }

  relay(on: boolean): void {
    if (on === this.relayed.length > 0 || this.hungUp) return;
    if (on) this.beginRelay();
    else this.endRelay();
  }

  /** What arrives of the party from now on is silence, for whoever hears it; its packets are counted all the same. */
  mute(party: Party, on: boolean): void {
    for (const leg of this.legs) if (leg.party === party) leg.muted = on;
  }

  /**
   * Has a party hear the source from the next frame on.
   * @param ended told when the media of this call ends before `disconnect`
   */
  connect(party: LegParty, source: FrameSource, ended: () => void = () => undefined): void {
    if (this.hungUp) return ended();
    this.player.connect(party, source);
    this.sources.set(source, ended);
  }

  /** Safe to repeat. */
  disconnect(source: FrameSource): void {
    this.player.disconnect(source);
    this.sources.delete(source);
  }

  /** Opens a tap on a leg whose time line begins at a time of the clock, ms; null when there is no such leg. */
  openTap(party: LegParty, originClockMs: number): LegTap | null {
    const leg = this.legs.find((each) => each.party === party);
    return leg?.openTap(originClockMs - this.openedAt) ?? null;
  }

  transferred(party: Party, remote: MediaAddress | null = null): void {
    this.renegotiate(party, remote);
    this.core.toAllNow((engine) => engine.transferred(party));
  }

  key(key: string, party: Party): void {
    this.core.keyPressed(key, party, this.placeOfNow());
  }

  /** The signalled media address of a leg has changed; null: the next sender of valid RTP is taken. */
  renegotiate(party: LegParty, remote: RtpRemote | null): void {
    for (const leg of this.legs) if (leg.party === party) leg.renegotiate(remote);
  }

  hangup(by: Party | null): void {
    this.end((engine) => engine.hangup(by));
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  /** Brings the call up to the clock's time at which the sockets were read last; called by the node's ticker. */
  tick(readUntil: number): void {
    if (this.hungUp) return;
    const due = Math.floor((readUntil - this.openedAt - this.options.playoutDelayMs) / 20) * 20;
    this.core.advanceTo(Math.min(due, this.core.headMs + MOST_CATCH_UP_MS));
    this.checkTimeout(this.nowMs());
  }

  /** Sends the 20 ms of the sounds being played and of what is passed on that belong to this time of the clock. */
  sendFrame(frameClockMs: number): void {
    for (const hearing of this.relayed) hearing.moveTo(frameClockMs);
    this.player.sendFrame(frameClockMs - this.openedAt);
    for (const hearing of this.relayed) hearing.release();
  }

  /** Does a piece of the call's work; what goes wrong in it is this call's matter and no other's. */
  guard(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (this.failureTold) return;
      this.failureTold = true;
      this.options.onFailed(thrown);
    }
  }

  /** True once the media of the call has ended. */
  get isOver(): boolean {
    return this.hungUp;
  }

  /** Time of the clock at a media time, ms. */
  protected clockAt(mediaMs: number): number {
    return this.openedAt + mediaMs;
  }

  /** Media time of what is arriving now, ms. */
  protected nowMs(): number {
    return this.options.clock() - this.openedAt;
  }

  private placeOfNow(): number {
    return this.hungUp ? this.core.headMs : Math.max(this.core.headMs, Math.round(this.nowMs()));
  }

  /** Everything that has arrived goes into the recordings first; nothing is waited for. */
  private end(act: Parameters<CallCore['toAllNow']>[0]): void {
    if (this.hungUp) return;
    const waiting = Math.max(0, ...this.legs.map((leg) => leg.bufferedUntilMs()));
    try {
      this.core.advanceTo(Math.ceil(Math.max(this.placeOfNow(), waiting, this.core.lastCommandMs)));
    } finally {
      this.hungUp = true;
      this.core.endAllNow(act);
      this.ended();
    }
  }

  /** Nothing is sent any more, and nobody hears this call. */
  protected ended(): void {
    this.endRelay();
    for (const told of [...this.sources.values()]) told();
    this.sources.clear();
    this.player.stop();
  }

  /** A key takes effect behind everything its leg has said before it, also where that lies ahead of the clock. */
  private keyOfLeg(key: string, party: LegParty, atMs: number): void {
    const now = this.placeOfNow();
    this.core.keyPressed(key, party === 'conference' ? 'caller' : party, this.hungUp ? now : Math.max(now, Math.ceil(atMs)));
  }

  /** The other party hears a key as a tone, one after the other: keys may come faster than tones can be told apart. */
  private keySignalled(key: string, party: LegParty, atMs: number): void {
    this.keyOfLeg(key, party, atMs);
    const others = this.relayed.length === 0 ? [] : PARTIES.filter((other) => other !== party);
    if (others.length !== 1 || this.legs.some((leg) => leg.party === party && leg.muted)) return;
    const waiting = this.keysPassedOn.get(party);
    if (waiting === undefined) this.passOn(key, party, others);
    else if (waiting.length < MOST_KEYS_WAITING) waiting.push(key);
  }

  private passOn(key: string, from: LegParty, toward: readonly Party[]): void {
    const waiting = this.keysPassedOn.get(from) ?? [];
    this.keysPassedOn.set(from, waiting);
    this.play({ kind: 'digits', digits: key, toward }, () => {
      const next = waiting.shift();
      if (next === undefined) this.keysPassedOn.delete(from);
      else this.passOn(next, from, toward);
    });
  }

  private beginRelay(): void {
    if (this.legs.length !== 2) return;
    this.relayed = this.legs.map((leg) => {
      const hearing = new Hearing((originMs) => leg.openTap(originMs - this.openedAt));
      for (const { party } of this.legs) if (party !== leg.party) this.connect(party, hearing);
      return hearing;
    });
  }

  private endRelay(): void {
    for (const hearing of this.relayed) {
      this.disconnect(hearing);
      hearing.close();
    }
    this.relayed = [];
  }

  private async closeOnce(): Promise<void> {
    this.end((engine) => engine.stop('interrupted'));
    for (const leg of this.legs) leg.close();
    this.options.onClosed();
    await this.core.settledAll();
  }

  private checkTimeout(nowMs: number): void {
    const { mediaTimeoutMs, listener } = this.options;
    if (mediaTimeoutMs === null) return;
    const last = Math.max(0, ...this.legs.map(({ lastPacketMs }) => lastPacketMs ?? 0));
    if (nowMs - last < mediaTimeoutMs) {
      this.timeoutTold = false;
    } else if (!this.timeoutTold) {
      this.timeoutTold = true;
      listener.mediaTimedOut();
    }
  }
}

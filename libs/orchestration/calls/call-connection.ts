import {
  RecgateError,
  toRecgateError,
  type CallEndReason,
  type CallMedia,
  type CallRecord,
  type CallState,
  type Clock,
  type ConnectAction,
  type FlowRequest,
  type HoldMusic,
  type Party,
  type RecordingRecord,
} from '#libs/recording-model';
import type { RecordingRequest } from '../accept-recording.js';
import { firstParty, secondParty, type CallContext } from './call-context.js';
import { ConnectionRules } from './connection-rules.js';
import type { ConferenceRoom } from './conference-rooms.js';
import { MusicForWaiting } from './hold-music.js';
import type { ParticipantCommand } from './node-protocol.js';
import type { PendingWork } from './pending-work.js';
import type { RecordingRun } from './recording-run.js';

/** What a connection needs of the flow that asks for it. */
export interface FlowOfConnection {
  /** The call has joined its conference, or cannot. */
  conferenceDecided(): void;
  /** Keys were pressed that the application is told of; nothing follows its answer. */
  tellKeys(request: FlowRequest, digits: string): void;
}

/** What a connection needs of the call it belongs to. */
export interface ConnectedCall {
  readonly context: CallContext;
  readonly media: CallMedia;
  readonly state: CallState;
  readonly pending: PendingWork;
  readonly flow: FlowOfConnection;
  /** True while the flow waits for a connected party or conference. */
  readonly waitsForParty: boolean;
  /** The call is bridged from now on. */
  enterBridged(): void;
  /** The call is merely answered again. */
  leaveBridged(): void;
  /** What was connected is gone; the flow goes on. */
  legEnded(): void;
  answered(): void;
  hangup(by: Party | null, reason: CallEndReason): Promise<void>;
  /** Something that the API shows has changed. */
  changed(): void;
  warn(message: string): void;
}

/** Whom the first party of a call is connected to: the second leg, or a conference. */
export class CallConnection {
  /** Parties whose audio has arrived. */
  private readonly heard = new Set<Party>();
  private room: ConferenceRoom | null = null;
  /** Number of the last joining; one that was given up meanwhile must not come into effect. */
  private joining = 0;
  private joined: CallRecord['conference'];
  /** Recordings of conferences, started by this call. */
  readonly recordings: RecordingRun[] = [];
  private readonly rules: ConnectionRules;
  private readonly music: MusicForWaiting;
  private isAlone = false;

  constructor(
    private readonly call: ConnectedCall,
    private readonly clock: Clock,
  ) {
    this.music = new MusicForWaiting(
      () => call.media,
      () => firstParty(call.context),
    );
    this.rules = new ConnectionRules({
      nobodyAnswers: () => {
        if (call.state === 'ended') return;
        call.warn('Nobody has answered in time; the call is ended');
        void call.hangup(null, 'noAnswer');
      },
      sendDigits: (digits) => void call.media.play({ kind: 'digits', digits, toward: this.hearers().digits }, () => undefined),
      forwardKey: (key) => this.room?.forwardKey(call.media, key),
      tellKeys: (request, digits) => call.flow.tellKeys(request, digits),
    });
  }

  /** The conference the call is in; undefined: it is in none. */
  get conference(): CallRecord['conference'] {
    return this.joined;
  }

  get inConference(): boolean {
    return this.room !== null;
  }

  /** True once audio of any leg has arrived. */
  get anyHeard(): boolean {
    return this.heard.size > 0;
  }

  /** The second leg rings until it is bridged; a conference is joined. Whoever cannot be connected is gone at once. */
  connect(step: ConnectAction): void {
    const { call } = this;
    const { live } = call.context;
    if (live === undefined) return;
    this.rules.begins(step, call.media.mediaTimeMs);
    if (step.conference && !this.isConference(step.to)) return call.pending.track(this.join(step.to));
    const second = secondParty(call.context);
    if (!live.parties.includes(second)) {
      call.warn(`Nobody is connected to ${step.to}: the call was opened without a leg for the ${second}`);
      return call.legEnded();
    }
    if (live.answerOnMedia && this.heard.has(second)) this.bridged();
  }

  /** The legs are connected: what each says is heard by the other, where the gateway carries the audio. */
  bridged(): void {
    if (this.call.state !== 'answered') return;
    if (this.call.context.live?.relay === true) this.call.media.relay(true);
    this.call.enterBridged();
    this.rules.connected();
  }

  /** Media time has come to here. */
  advanced(mediaTimeMs: number): void {
    this.rules.advanced(mediaTimeMs);
  }

  /** A key of the party that is connected to somebody. */
  key(key: string, party: Party, mediaTimeMs: number): void {
    if (this.room !== null && party === firstParty(this.call.context)) this.rules.key(key, mediaTimeMs);
  }

  /** How the call ends because whoever it is connected to has gone; null: its flow goes on. */
  get endOfLeaving(): { readonly by: Party | null; readonly reason: CallEndReason } | null {
    const { current, endsCall } = this.rules;
    if (current === null || !endsCall) return null;
    if (this.room !== null) return { by: null, reason: 'command' };
    const second = secondParty(this.call.context);
    if (current.conference || this.call.context.live?.parties.includes(second) !== true) return null;
    return { by: second, reason: this.call.state === 'bridged' ? 'party' : 'noAnswer' };
  }

  /** Whether the time of a connection is up whose end is the end of the call. */
  get isOverForGood(): boolean {
    return this.rules.isOverForGood;
  }

  disconnect(): void {
    this.joining++;
    this.rules.over();
    this.leaveRoom();
    if (this.call.state !== 'bridged') return;
    if (this.call.context.live?.relay === true) this.call.media.relay(false);
    this.call.leaveBridged();
  }

  /** The first audio of a leg: it may answer the call, and bridge it when the flow waits for that leg. */
  partyHeard(party: Party): void {
    this.heard.add(party);
    if (this.call.context.live?.answerOnMedia !== true) return;
    this.call.answered();
    if (this.isConnected(party)) this.bridged();
  }

  /** Whether the flow is connected, or being connected, to this party. */
  isConnected(party: Party): boolean {
    return this.call.waitsForParty && this.room === null && party === secondParty(this.call.context);
  }

  /** True while recordings of this conference have to wait until the call has joined it. */
  awaits(conferenceId: string): boolean {
    return this.call.context.live !== undefined && this.room === null && !this.isConference(conferenceId);
  }

  /**
   * Prompts are for the party that the application talks to, and for both once they are connected: what is said then is
   * about their conversation. Digits are for the connected party, who has called for them, else for the first.
   */
  hearers(): { readonly prompts: readonly Party[]; readonly digits: readonly Party[] } {
    const first = firstParty(this.call.context);
    if (this.call.state !== 'bridged' || this.room !== null) return { prompts: [first], digits: [first] };
    const second = secondParty(this.call.context);
    return { prompts: [first, second], digits: [second] };
  }

  /**
   * Steers the call as a participant of its conference.
   * @throws RecgateError `request.conflict` when it is in none
   */
  steer({ action, music }: Pick<ParticipantCommand, 'action' | 'music'>): void {
    if (this.joined === undefined) throw new RecgateError('request.conflict', 'The call is in no conference');
    if (action === 'remove') return this.call.legEnded();
    const { muted, onHold = false } = this.joined;
    if (action === 'mute' || action === 'unmute') this.joined = { ...this.joined, muted: action === 'mute' };
    else this.joined = { ...this.joined, onHold: action === 'hold' };
    if (this.joined.muted !== muted || this.joined.onHold !== onHold) this.applyStanding();
    this.music.play(this.joined.onHold === true ? (music ?? null) : this.musicAlone);
    this.call.changed();
  }

  /** Whoever is on hold is heard by nobody and hears nobody. */
  private applyStanding(): void {
    const { muted = false, onHold = false } = this.joined ?? {};
    this.call.media.mute(firstParty(this.call.context), muted || onHold);
    this.room?.media.hold(this.call.media, onHold);
  }

  private get musicAlone(): HoldMusic | null {
    return this.isAlone ? (this.rules.current?.rules?.music ?? null) : null;
  }

  /** Starts a recording of the conference's mix; null when it changes nothing, undefined when the call is in no conference. */
  record(request: RecordingRequest, settled: (run: RecordingRun, record: RecordingRecord) => void): RecordingRun | null | undefined {
    if (request.action.spec.parties !== 'conference' || this.room === null) return undefined;
    const run = this.room.record(request, settled);
    if (run !== null) this.recordings.push(run);
    return run;
  }

  /** Ends recordings of the conference that the call is in; false when there are none. */
  stopRecording(which: 'latest' | 'all'): boolean {
    if (this.room?.recordings.anyRunning !== true) return false;
    this.room.recordings.stop(which);
    return true;
  }

  leaveRoom(): void {
    this.music.play(null);
    if (this.joined?.muted === true || this.joined?.onHold === true) this.call.media.mute(firstParty(this.call.context), false);
    this.room?.leave(this.call.media);
    this.room = null;
    this.joined = undefined;
  }

  /** A call may be opened as the conference itself: its legs carry the mix, and there is no room to join. */
  private isConference(conferenceId: string): boolean {
    const { identity, live } = this.call.context;
    return identity.conferenceId === conferenceId && live?.relay !== true;
  }

  private async join(conferenceId: string): Promise<void> {
    const { call } = this;
    const { live } = call.context;
    if (live === undefined) return;
    const joining = ++this.joining;
    const isGivenUp = (): boolean => joining !== this.joining || call.state === 'ended' || !call.waitsForParty;
    try {
      const room = await live.conferences.join(call.context, call.media, firstParty(call.context), conferenceId);
      if (isGivenUp()) return room.leave(call.media);
      this.room = room;
      this.joined = { conferenceId, joinedAt: this.clock.now().toISOString(), muted: false };
    } catch (thrown) {
      if (isGivenUp()) return;
      call.warn(`The call does not join the conference ${conferenceId}: ${toRecgateError(thrown).message}`);
    }
    call.answered();
    // Without the conference, what was to be recorded of it is recorded of this call.
    call.flow.conferenceDecided();
    if (this.room === null) return call.legEnded();
    if (call.state === 'answered') call.enterBridged();
    else call.changed();
    this.rules.connected();
    this.room.watchAlone(call.media, (isAlone) => {
      this.isAlone = isAlone;
      if (this.joined?.onHold !== true) this.music.play(this.musicAlone);
    });
  }
}

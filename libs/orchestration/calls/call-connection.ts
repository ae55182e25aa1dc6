import {
  RecgateError,
  toRecgateError,
  type CallMedia,
  type CallRecord,
  type CallState,
  type Clock,
  type ConnectAction,
  type Party,
  type RecordingRecord,
} from '#libs/recording-model';
import type { RecordingRequest } from '../accept-recording.js';
import { firstParty, secondParty, type CallContext } from './call-context.js';
import type { ConferenceRoom } from './conference-rooms.js';
import type { ParticipantCommand } from './node-protocol.js';
import type { PendingWork } from './pending-work.js';
import type { RecordingRun } from './recording-run.js';

/** What a connection needs of the call it belongs to. */
export interface ConnectedCall {
  readonly context: CallContext;
  readonly media: CallMedia;
  readonly state: CallState;
  readonly pending: PendingWork;
  /** True while the flow waits for a connected party or conference. */
  readonly waitsForParty: boolean;
  /** The call is bridged from now on. */
  enterBridged(): void;
  /** The call is merely answered again. */
  leaveBridged(): void;
  /** What was connected is gone; the flow goes on. */
  legEnded(): void;
  answered(): void;
  /** The call has joined its conference, or cannot. */
  conferenceDecided(): void;
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

  constructor(
    private readonly call: ConnectedCall,
    private readonly clock: Clock,
  ) {}

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
  }

  disconnect(): void {
    this.joining++;
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
  steer(action: ParticipantCommand['action']): void {
    if (this.joined === undefined) throw new RecgateError('request.conflict', 'The call is in no conference');
    if (action === 'remove') return this.call.legEnded();
    const muted = action === 'mute';
    this.call.media.mute(firstParty(this.call.context), muted);
    this.joined = { ...this.joined, muted };
    this.call.changed();
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
    if (this.joined?.muted === true) this.call.media.mute(firstParty(this.call.context), false);
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
    call.conferenceDecided();
    if (this.room === null) return call.legEnded();
    if (call.state === 'answered') call.enterBridged();
    else call.changed();
  }
}

import type { FlowEnd } from '#libs/call-flow';
import {
  RecgateError,
  toRecgateError,
  type CallEndReason,
  type CallMedia,
  type CallMediaListener,
  type CallRecord,
  type CallState,
  type ConnectAction,
  type FlowAction,
  type FlowRequest,
  type FlowStep,
  type Party,
  type ParsedDocument,
  type RecordAction,
  type RecordingRecord,
  type SourcePosition,
  type VendorDocument,
} from '#libs/recording-model';
import type { RecordingRequest } from '../accept-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import { firstParty, secondParty, type CallContext } from './call-context.js';
import { CallRecordings } from './call-recordings.js';
import type { ConferenceRoom } from './conference-rooms.js';
import type { FlowStart } from './flow-beginning.js';
import type { CallEventCommand, ControlCommand, ParticipantCommand } from './node-protocol.js';
import { PendingWork } from './pending-work.js';
import type { RecordingRun } from './recording-run.js';
import type { RecordingWaiter } from './recording-waiter.js';
import { SessionFlow } from './session-flow.js';

/** Why a call ends whose flow ended in this way. */
const END_REASONS: Readonly<Record<FlowEnd, CallEndReason>> = {
  completed: 'flow',
  hangupStep: 'flow',
  rejectStep: 'rejected',
  callEnded: 'command',
  interrupted: 'interrupted',
  requestFailed: 'applicationFailed',
};

/** Told when something about the call has changed. */
export interface CallSessionListener {
  changed(session: CallSession): void;
}

/** One call from its opening to its end: its media, its flow, its recordings. The same for live and simulated calls. */
export class CallSession implements CallMediaListener {
  readonly pending = new PendingWork();
  readonly recordings: CallRecordings;
  private readonly flow: SessionFlow;
  private currentMedia: CallMedia | null = null;
  private currentState: CallState = 'ringing';
  private answeredAtMs: number | null = null;
  private durationMs = 0;
  private endedBy: Party | 'gateway' | null = null;
  private ending: Promise<void> | null = null;
  private flowOver = false;
  private atRest = false;
  private answeredAtWall: string | null = null;
  private readonly notes: string[] = [];
  private whyEnded: CallEndReason | null = null;
  private start: FlowStart | null = null;
  /** Parties whose audio has arrived. */
  private readonly heard = new Set<Party>();
  private room: ConferenceRoom | null = null;
  private joined: CallRecord['conference'];
  private readonly roomRecordings: RecordingRun[] = [];

  constructor(
    private readonly ports: OrchestrationPorts,
    private facts: CallContext,
    readonly waiter: RecordingWaiter,
    private readonly listener: CallSessionListener,
  ) {
    this.recordings = new CallRecordings(ports, () => ({ callState: this.state, callDurationMs: this.callDurationMs }));
    this.flow = new SessionFlow(ports, this);
  }

  get context(): CallContext {
    return this.facts;
  }

  /** The media must be attached before anything else is asked of the session. */
  attach(media: CallMedia): void {
    this.currentMedia = media;
  }

  get state(): CallState {
    return this.currentState;
  }

  /** True once everything about the call has come to rest. */
  get over(): boolean {
    return this.atRest;
  }

  /** Wall time of the answer, ISO 8601; null before it. */
  get answeredAt(): string | null {
    return this.answeredAtWall;
  }

  get hangupBy(): Party | 'gateway' | null {
    return this.endedBy;
  }

  /** Why it ended; null while it lasts. */
  get endReason(): CallEndReason | null {
    return this.whyEnded;
  }

  /** The conference the call is in; undefined: it is in none. */
  get conference(): CallRecord['conference'] {
    return this.joined;
  }

  /** Recordings started on this call so far, those of its conference included. */
  get recordingIds(): readonly string[] {
    return [...this.recordings.ids, ...this.roomRecordings.map((run) => run.recordingId)];
  }

  /** Resolves when every recording started so far is in the ledger. */
  async accepted(): Promise<void> {
    await Promise.all([this.recordings.accepted(), ...this.roomRecordings.map((run) => run.accepted)]);
  }

  get media(): CallMedia {
    if (this.currentMedia === null) throw new RecgateError('gateway.internal', 'The call has no media yet');
    return this.currentMedia;
  }

  get warnings(): readonly string[] {
    return this.notes;
  }

  /** Length of the call since its answer, ms. */
  get callDurationMs(): number {
    if (this.currentState === 'ended' || this.answeredAtMs === null) return this.durationMs;
    return Math.max(0, Math.round(this.media.mediaTimeMs - this.answeredAtMs));
  }

  /** Media time at which the flow goes on by itself, ms; null when something must happen first. */
  get nextDeadlineMs(): number | null {
    return this.flow.nextDeadlineMs;
  }

  /** Whether the flow would take note of a key that is pressed now; recordings listen for their stop keys themselves. */
  get listensForKeys(): boolean {
    return this.flow.listensForKeys;
  }

  /** True while the flow waits for the other party. */
  get waitsForParty(): boolean {
    return this.flow.connected;
  }

  situation() {
    const { state, callDurationMs, endedBy, whyEnded } = this;
    return { callState: state, callDurationMs, hangupBy: endedBy, ...(whyEnded === null ? {} : { endReason: whyEnded }) };
  }

  /**
   * Begins the flow, now or when the call is answered.
   * @throws RecgateError `document.*`, `field.*` when it begins now with a document that cannot be read
   */
  begin(start: FlowStart, when: 'now' | 'answered'): void {
    if (when === 'answered' && this.currentState === 'ringing') this.start = start;
    else this.beginFlow(start);
  }

  /**
   * Carries out a document: as the call's flow, or beside it when it only steers the call.
   * @throws RecgateError `document.*` or `field.*` when it cannot be read, `request.conflict` when the call is over
   */
  instruct(document: VendorDocument, toward: readonly Party[] | null = null): ParsedDocument {
    this.requireGoing();
    const { application, identity, vendor } = this.context;
    const parsed = this.ports.adapters[vendor].parse(document, {
      application,
      call: identity,
      ids: this.ports.ids,
      now: this.ports.clock.now(),
      flowState: this.flow.state,
    });
    if (document.role === 'metaflow') this.actBeside(parsed, document.url);
    else if (document.role === 'manage' && this.context.live !== undefined) this.flow.runBeside(parsed, document.url, toward);
    else if (document.role === 'manage') this.actBeside(parsed, document.url);
    else this.runFlow(parsed, document.url);
    return parsed;
  }

  /**
   * Cuts off what the flow is doing; see `CallFlowRunner.interrupt`.
   * @throws RecgateError `request.conflict` when the call has ended
   */
  interrupt(redirect: FlowRequest | null): FlowAction['kind'] | null {
    this.requireGoing();
    this.start = null;
    this.flowOver = false;
    return this.flow.interrupt(redirect);
  }

  /** Starts a recording: of the call, or of the conference it is in. */
  record(request: RecordingRequest, settled: (run: RecordingRun, record: RecordingRecord) => void): RecordingRun | null {
    if (request.action.spec.parties === 'conference' && this.room !== null) return this.recordRoom(this.room, request, settled);
    const bridged = this.currentState === 'bridged';
    const run = this.recordings.start(this.media, request, bridged, (ended, record) => {
      settled(ended, record);
      this.endWhenNothingRuns();
    });
    if (run !== null) this.pending.track(run.drained());
    return run;
  }

  control(recordingId: string, action: ControlCommand['action']): void {
    this.recordings.control(recordingId, action);
  }

  event(event: CallEventCommand['event']): void {
    switch (event.type) {
      case 'answered':
        return this.answered();
      case 'bridged':
        return this.bridged();
      case 'legEnded':
        return this.legEnded();
      case 'dtmf':
        return this.media.key(event.key, event.party);
      case 'transfer':
        return this.media.transferred(event.party, event.remote);
    }
  }

  answered(): void {
    if (this.currentState !== 'ringing') return;
    this.currentState = 'answered';
    this.answeredAtMs = this.media.mediaTimeMs;
    this.answeredAtWall = this.ports.clock.now().toISOString();
    this.media.answered();
    this.listener.changed(this);
    const { start } = this;
    this.start = null;
    if (start !== null) this.beginPromised(start);
  }

  /** The parties are connected: what each says is heard by the other, where the gateway carries the audio. */
  bridged(): void {
    this.answered();
    if (this.currentState !== 'answered') return;
    if (this.context.live?.relay === true) this.media.relay(true);
    this.enterBridged();
  }

  /** The connected party, or the conference, is gone; the flow goes on. */
  legEnded(): void {
    this.disconnect();
    this.flow.legEnded();
  }

  connect(step: ConnectAction): void {
    const { live } = this.context;
    if (live === undefined) return;
    if (step.conference && !this.isConference(step.to)) return this.pending.track(this.join(step.to));
    const second = secondParty(this.context);
    if (!live.parties.includes(second)) {
      this.warn(`Nobody is connected to ${step.to}: the call was opened without a leg for the ${second}`);
      return this.legEnded();
    }
    if (live.answerOnMedia && this.heard.has(second)) this.bridged();
  }

  disconnect(): void {
    this.leaveRoom();
    if (this.currentState !== 'bridged') return;
    this.currentState = 'answered';
    if (this.context.live?.relay === true) this.media.relay(false);
    this.listener.changed(this);
  }

  /** True while recordings of this conference have to wait until the call has joined it. */
  awaits(conferenceId: string): boolean {
    return this.context.live !== undefined && this.room === null && !this.isConference(conferenceId);
  }

  /**
   * Prompts are for the party that the application talks to, and for both once they are connected: what is said then is
   * about their conversation. Digits are for the connected party, who has called for them, else for the first.
   */
  hearers(): { readonly prompts: readonly Party[]; readonly digits: readonly Party[] } {
    const first = firstParty(this.context);
    if (this.currentState !== 'bridged' || this.room !== null) return { prompts: [first], digits: [first] };
    const second = secondParty(this.context);
    return { prompts: [first, second], digits: [second] };
  }

  /**
   * Steers the call as a participant of its conference.
   * @throws RecgateError `request.conflict` when it is in none
   */
  steer(action: ParticipantCommand['action']): void {
    if (this.joined === undefined) throw new RecgateError('request.conflict', 'The call is in no conference');
    if (action === 'remove') return this.legEnded();
    const muted = action === 'mute';
    this.media.mute(firstParty(this.context), muted);
    this.joined = { ...this.joined, muted };
    this.listener.changed(this);
  }

  /** Ends the call; resolves when all its recordings and requests have come to rest. */
  hangup(by: Party | null, reason: CallEndReason = by === null ? 'command' : 'party'): Promise<void> {
    this.whyEnded ??= reason;
    this.ending ??= this.end(by);
    return this.ending;
  }

  keyPressed(key: string, party: Party): void {
    this.flow.key(key, party);
  }

  advanced(mediaTimeMs: number): void {
    this.flow.advance(mediaTimeMs);
    const ringMs = this.context.live?.ringMs ?? null;
    if (this.currentState !== 'ringing' || ringMs === null || mediaTimeMs < ringMs) return;
    this.warn('Nobody has answered; the call is ended');
    void this.hangup(null, 'noAnswer');
  }

  mediaTimedOut(): void {
    // A call that rings is silent; how long it may ring is said.
    if (this.currentState === 'ringing' && (this.context.live?.ringMs ?? null) !== null) return;
    this.warn('No media arrived for too long; the call is ended');
    void this.hangup(null, 'mediaTimeout');
  }

  /** The far end of a leg's stream has gone: the party has hung up. The flow goes on without one it was connected to. */
  streamEnded(parties: readonly (Party | 'conference')[]): void {
    const [party] = parties;
    if (party === undefined || party === 'conference') return void this.hangup(null, 'party');
    const isConnected = parties.length === 1 && party === secondParty(this.context) && this.flow.connected && this.room === null;
    if (isConnected) this.legEnded();
    else void this.hangup(party);
  }

  streamOpened({ callId }: { readonly callId: string | null }): void {
    const { byStream = null } = this.context.live ?? {};
    if (byStream === null || this.currentState !== 'ringing') return;
    if (byStream.namesCall && callId !== null) this.facts = { ...this.facts, identity: { ...this.facts.identity, callId } };
    this.answered();
  }

  partyHeard(party: Party | 'conference'): void {
    if (party !== 'conference') this.heard.add(party);
    if (this.context.live?.answerOnMedia !== true) return;
    this.answered();
    if (party === secondParty(this.context) && this.flow.connected && this.room === null) this.bridged();
  }

  warn(message: string, position?: SourcePosition): void {
    this.notes.push(message);
    this.context.onWarning?.(message, position ?? null);
    this.ports.log.warn('call', { callRef: this.context.callRef, message });
  }

  /**
   * A step that hangs up ends the call. A flow that merely has nothing more to do leaves the call to its parties as
   * long as recordings run in the background: ending it would cut off what the document just asked for.
   */
  flowEnded(reason: FlowEnd): void {
    this.flowOver = true;
    if (reason === 'completed' && this.recordings.anyRunning) return;
    void this.hangup(null, END_REASONS[reason]);
  }

  private requireGoing(): void {
    if (this.ending !== null) throw new RecgateError('request.conflict', 'The call has ended');
  }

  private runFlow(document: ParsedDocument, url: string | null): void {
    this.start = null;
    this.flowOver = false;
    this.flow.run(document, url);
  }

  private beginFlow(start: FlowStart): void {
    if (start.kind === 'request') this.flow.begin(start.request);
    else this.instruct(start);
  }

  /** Nobody waits for this beginning any more: what is wrong with it is told as its vendor does. */
  private beginPromised(start: FlowStart): void {
    try {
      this.beginFlow(start);
    } catch (thrown) {
      this.flow.broken(toRecgateError(thrown));
    }
  }

  private enterBridged(): void {
    this.currentState = 'bridged';
    this.media.bridged();
    this.flow.bridged();
    this.listener.changed(this);
  }

  /** A call may be opened as the conference itself: its legs carry the mix, and there is no room to join. */
  private isConference(conferenceId: string): boolean {
    return this.context.identity.conferenceId === conferenceId && this.context.live?.relay !== true;
  }

  private async join(conferenceId: string): Promise<void> {
    const { live } = this.context;
    if (live === undefined) return;
    try {
      const room = await live.conferences.join(this.context, this.media, firstParty(this.context), conferenceId);
      if (this.ending !== null || !this.flow.connected) return room.leave(this.media);
      this.room = room;
      this.joined = { conferenceId, joinedAt: this.ports.clock.now().toISOString(), muted: false };
      this.answered();
      this.flow.conferenceDecided();
      if (this.currentState === 'answered') this.enterBridged();
    } catch (thrown) {
      this.warn(`The call does not join the conference ${conferenceId}: ${toRecgateError(thrown).message}`);
      // What was to be recorded of the conference is recorded of this call.
      this.flow.conferenceDecided();
      this.legEnded();
    }
  }

  private leaveRoom(): void {
    this.room?.leave(this.media);
    this.room = null;
    this.joined = undefined;
  }

  private recordRoom(
    room: ConferenceRoom,
    request: RecordingRequest,
    settled: (run: RecordingRun, record: RecordingRecord) => void,
  ): RecordingRun | null {
    const run = room.record(request, settled);
    if (run !== null) this.roomRecordings.push(run);
    return run;
  }

  private endWhenNothingRuns(): void {
    if (this.flowOver && this.ending === null && !this.recordings.anyRunning) void this.hangup(null, 'flow');
  }

  private async end(by: Party | null): Promise<void> {
    this.endedBy = by ?? 'gateway';
    this.durationMs = this.callDurationMs;
    this.currentState = 'ended';
    this.leaveRoom();
    this.media.hangup(by);
    this.flow.partyHungUp(by);
    await this.recordings.ended();
    await this.settle();
    await this.flow.tellEnd();
    await this.media.close();
    await this.settle();
    this.atRest = true;
    this.listener.changed(this);
  }

  private async settle(): Promise<void> {
    await this.recordings.drained();
    await this.pending.idle();
  }

  /** A document beside the flow can start, stop and mask recordings and end the call; the rest of it has no place here. */
  private actBeside(document: ParsedDocument, url: string | null): void {
    this.context.onDocument?.(document, url);
    for (const { message, position } of document.warnings) this.warn(message, position);
    for (const step of document.steps) this.actOnce(step, document, url);
  }

  private actOnce(step: FlowStep, document: ParsedDocument, url: string | null): void {
    switch (step.kind) {
      case 'record':
        this.record(this.requestFor(step, document, url), () => undefined);
        return;
      case 'stopRecording':
        return this.recordings.stop(step.which);
      case 'maskRecording':
        return this.recordings.latest()?.mask();
      case 'unmaskRecording':
        return this.recordings.latest()?.unmask();
      case 'hangup':
      case 'reject':
        void this.hangup(null, step.kind === 'reject' ? 'rejected' : 'flow');
        return;
      case 'answer':
        return this.answered();
      case 'skipped':
        return this.warn(`${step.name} is not carried out: ${step.reason}`, step.at);
      default:
        return this.warn(`"${step.kind}" is not carried out beside a running flow`, step.at);
    }
  }

  private requestFor(action: RecordAction, document: ParsedDocument, url: string | null): RecordingRequest {
    return {
      application: this.context.application,
      callRef: this.context.callRef,
      call: this.context.identity,
      callState: this.state,
      callDurationMs: this.callDurationMs,
      nodeId: this.context.nodeId,
      documentUrl: url,
      action,
      accounting: document.accounting,
      idempotencyKey: null,
    };
  }
}

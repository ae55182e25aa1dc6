import type { FlowEnd } from '#libs/call-flow';
import {
  RecgateError,
  toRecgateError,
  type CallEndReason,
  type CallMedia,
  type CallMediaListener,
  type CallRecord,
  type CallState,
  type FlowAction,
  type FlowRequest,
  type Party,
  type ParsedDocument,
  type RecordAction,
  type RecordingRecord,
  type SourcePosition,
  type VendorDocument,
} from '#libs/recording-model';
import type { RecordingRequest } from '../accept-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import { carryOut } from './beside-flow.js';
import { CallConnection } from './call-connection.js';
import { isToldOfEnd, type CallContext } from './call-context.js';
import { CallProgress, END_REASONS } from './call-progress.js';
import { CallRecordings } from './call-recordings.js';
import { CallWarnings } from './call-warnings.js';
import { recordingOfDocument } from './document-recording.js';
import type { FlowStart } from './flow-beginning.js';
import { KeyCommands } from './key-commands.js';
import type { CallEventCommand, ControlCommand } from './node-protocol.js';
import { PendingWork } from './pending-work.js';
import type { RecordingRun } from './recording-run.js';
import type { RecordingWaiter } from './recording-waiter.js';
import { SessionFlow } from './session-flow.js';
import { SILENT_ENDS, SilenceWatch, type SilentEnd } from './silence-watch.js';

/** Told when something about the call has changed. */
export interface CallSessionListener {
  changed(session: CallSession): void;
}

/** One call from its opening to its end: its media, its flow, its recordings. The same for live and simulated calls. */
export class CallSession implements CallMediaListener {
  readonly pending = new PendingWork();
  readonly recordings: CallRecordings;
  readonly keyCommands: KeyCommands;
  readonly flow: SessionFlow;
  private currentMedia: CallMedia | null = null;
  readonly progress = new CallProgress();
  private ending: Promise<void> | null = null;
  private flowOver = false;
  private atRest = false;
  private readonly notes: CallWarnings;
  private start: FlowStart | null = null;
  readonly connection: CallConnection;
  private readonly silence: SilenceWatch;

  constructor(
    private readonly ports: OrchestrationPorts,
    private facts: CallContext,
    readonly waiter: RecordingWaiter,
    private readonly listener: CallSessionListener,
  ) {
    const now = () => ({ callState: this.state, callDurationMs: this.callDurationMs });
    this.recordings = new CallRecordings(ports, now, (message) => this.warn(message));
    this.notes = new CallWarnings(ports.log, facts);
    this.keyCommands = new KeyCommands(ports, this);
    this.flow = new SessionFlow(ports, this);
    this.connection = new CallConnection(this, ports.clock);
    this.silence = new SilenceWatch(facts.live?.ringMs ?? null);
  }

  get context(): CallContext {
    return this.facts;
  }

  /** The media must be attached before anything else is asked of the session. */
  attach(media: CallMedia): void {
    this.currentMedia = media;
  }

  get state(): CallState {
    return this.progress.state;
  }

  /** True once everything about the call has come to rest. */
  get over(): boolean {
    return this.atRest;
  }

  /** Wall time of the answer, ISO 8601; null before it. */
  get answeredAt(): string | null {
    return this.progress.answeredAt;
  }

  get hangupBy(): Party | 'gateway' | null {
    return this.progress.endedBy;
  }

  /** Why it ended; null while it lasts. */
  get endReason(): CallEndReason | null {
    return this.progress.endReason;
  }

  /** The conference the call is in; undefined: it is in none. */
  get conference(): CallRecord['conference'] {
    return this.connection.conference;
  }

  /** Recordings started on this call so far, those of its conference included. */
  get recordingIds(): readonly string[] {
    return [...this.recordings.ids, ...this.connection.recordings.map((run) => run.recordingId)];
  }

  /** Resolves when every recording started so far is in the ledger. */
  async accepted(): Promise<void> {
    await Promise.all([this.recordings.accepted(), ...this.connection.recordings.map((run) => run.accepted)]);
  }

  get media(): CallMedia {
    if (this.currentMedia === null) throw new RecgateError('gateway.internal', 'The call has no media yet');
    return this.currentMedia;
  }

  get warnings(): readonly string[] {
    return this.notes.all;
  }

  /** Length of the call since its answer, ms. */
  get callDurationMs(): number {
    return this.progress.durationMs(() => this.media.mediaTimeMs);
  }

  /** Media time at which the flow goes on by itself, ms; null when something must happen first. */
  get nextDeadlineMs(): number | null {
    return this.keyCommands.deadlineBefore(this.flow.nextDeadlineMs);
  }

  /** Whether the flow would take note of a key that is pressed now; recordings listen for their stop keys themselves. */
  get listensForKeys(): boolean {
    return this.flow.listensForKeys || this.keyCommands.listensForKeys;
  }

  /** True while the flow waits for the other party. */
  get waitsForParty(): boolean {
    return this.flow.connected;
  }

  situation() {
    const { state, callDurationMs, hangupBy, endReason } = this;
    return { callState: state, callDurationMs, answered: this.answeredAt !== null, hangupBy, ...(endReason === null ? {} : { endReason }) };
  }

  /**
   * Begins the flow, now or when the call is answered; `ifWaiting`: in place of the beginning that waits for the answer.
   * @throws RecgateError `document.*`, `field.*` when it begins now with a document that cannot be read
   */
  begin(start: FlowStart, when: 'now' | 'answered' | 'ifWaiting'): void {
    if (start.kind === 'request') this.flow.carry(start.flowState ?? {});
    if (when === 'ifWaiting' ? this.start !== null : when === 'answered' && this.progress.state === 'ringing') this.start = start;
    else if (when !== 'ifWaiting') this.beginFlow(start);
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
      flowState: this.flow.state, callState: this.state,
    });
    carryOut(this, document.role, { document: parsed, url: document.url, toward });
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
    const ofConference = this.connection.record(request, settled);
    if (ofConference !== undefined) return ofConference;
    const bridged = this.progress.state === 'bridged';
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

  event(event: Exclude<CallEventCommand['event'], { readonly type: 'begin' }>): void {
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
    if (this.progress.state !== 'ringing') return;
    this.progress.answered(this.media.mediaTimeMs, this.ports.clock.now());
    this.media.answered();
    this.keyCommands.listenToFirst();
    this.changed();
    const { start } = this;
    this.start = null;
    if (start !== null) this.beginPromised(start);
  }

  bridged(): void {
    this.answered();
    this.connection.bridged();
  }

  enterBridged(): void {
    this.progress.bridged(true);
    this.media.bridged();
    this.flow.bridged();
    this.changed();
  }

  leaveBridged(): void {
    this.progress.bridged(false);
    this.changed();
  }

  /** The connected party, or the conference, is gone; the flow goes on, unless the call is over with it. */
  legEnded(): void {
    const end = this.connection.endOfLeaving;
    this.connection.disconnect();
    if (end === null) this.flow.legEnded();
    else void this.hangup(end.by, end.reason);
  }

  /** Ends the recording that was started last, or all; those of its conference when the call has none. */
  stopRecording(which: 'latest' | 'all'): void {
    if (this.recordings.anyRunning || !this.connection.stopRecording(which)) this.recordings.stop(which);
  }

  changed(): void {
    this.listener.changed(this);
  }

  /** Ends the call; resolves when all its recordings and requests have come to rest. */
  hangup(by: Party | null, reason: CallEndReason = by === null ? 'command' : 'party'): Promise<void> {
    this.progress.ends(reason);
    this.ending ??= this.end(by);
    return this.ending;
  }

  keyPressed(key: string, party: Party, mediaTimeMs: number): void {
    this.flow.key(key, party);
    this.keyCommands.key(key, party, mediaTimeMs);
    this.connection.key(key, party, mediaTimeMs);
  }

  advanced(mediaTimeMs: number): void {
    this.flow.advance(mediaTimeMs);
    this.keyCommands.advance(mediaTimeMs);
    this.connection.advanced(mediaTimeMs);
    this.endInSilence(this.silence.advanced(this.state, mediaTimeMs, this.callDurationMs));
  }

  mediaTimedOut(): void {
    this.endInSilence(this.silence.timedOut(this.state));
  }

  mediaFailed(thrown: unknown): void {
    this.ports.log.error('a call has failed', { callRef: this.context.callRef, reason: thrown instanceof Error ? thrown.stack : String(thrown) });
    this.warn('Something in the gateway failed; the call is ended');
    void this.hangup(null, 'nodeLost');
  }

  /** The far end of a leg's stream has gone: the party has hung up. The flow goes on without one it was connected to. */
  streamEnded(parties: readonly (Party | 'conference')[]): void {
    const [party] = parties;
    if (party === undefined || party === 'conference') return void this.hangup(null, 'party');
    if (parties.length === 1 && this.connection.isConnected(party)) this.legEnded();
    else void this.hangup(party);
  }

  streamOpened({ callId }: { readonly callId: string | null }): void {
    const { byStream = null } = this.context.live ?? {};
    if (byStream === null || this.progress.state !== 'ringing') return;
    if (byStream.namesCall && callId !== null) this.facts = { ...this.facts, identity: { ...this.facts.identity, callId } };
    this.answered();
  }

  partyHeard(party: Party | 'conference'): void {
    this.silence.heard();
    if (party !== 'conference') this.connection.partyHeard(party);
  }

  warn(message: string, position?: SourcePosition): void {
    this.notes.add(message, position);
  }

  /**
   * A step that hangs up ends the call. A flow that merely has nothing more to do leaves the call to its parties as
   * long as recordings run in the background: ending it would cut off what the document just asked for.
   */
  flowEnded(reason: FlowEnd): void {
    this.flowOver = true;
    if (reason === 'completed' && this.recordings.holdCall && !this.connection.isOverForGood) return;
    void this.hangup(null, END_REASONS[reason]);
  }

  private requireGoing(): void {
    if (this.ending !== null) throw new RecgateError('request.conflict', 'The call has ended');
  }

  runFlow(document: ParsedDocument, url: string | null): void {
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

  private endWhenNothingRuns(): void {
    if (this.flowOver && this.ending === null && !this.recordings.holdCall) void this.hangup(null, 'flow');
  }

  /** Whatever goes wrong on the way, the end is told and the media let go of. */
  private async end(by: Party | null): Promise<void> {
    const wentWrong = (thrown: unknown): void => this.warn(`The end of the call went wrong: ${toRecgateError(thrown).message}`);
    await this.endMedia(by).catch(wentWrong);
    if (isToldOfEnd(this.context, this.answeredAt)) await this.flow.tellEnd().catch(wentWrong);
    await this.media.close().catch(wentWrong);
    await this.settle();
    this.atRest = true;
    this.listener.changed(this);
  }

  private async endMedia(by: Party | null): Promise<void> {
    this.progress.ended(by ?? 'gateway', () => this.media.mediaTimeMs, this.ports.clock.now());
    this.connection.leaveRoom();
    this.media.hangup(by);
    this.flow.partyHungUp(by);
    await this.recordings.ended();
    await this.settle();
  }

  private endInSilence(how: SilentEnd | null): void {
    if (how === null) return;
    this.warn(SILENT_ENDS[how]);
    void this.hangup(null, how);
  }

  private async settle(): Promise<void> {
    await this.recordings.drained();
    await this.pending.idle();
  }

  recordFor(step: RecordAction, document: ParsedDocument, url: string | null): void {
    this.record(recordingOfDocument(this.context, this.situation(), step, { document, url }), () => undefined);
  }

  endedBeside(how: 'hangup' | 'reject'): void {
    void this.hangup(null, how === 'reject' ? 'rejected' : 'flow');
  }
}

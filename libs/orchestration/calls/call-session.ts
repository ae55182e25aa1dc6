import type { FlowEnd } from '#libs/call-flow';
import {
  RecgateError,
  type CallMedia,
  type CallMediaListener,
  type CallState,
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
import type { CallContext } from './call-context.js';
import { CallRecordings } from './call-recordings.js';
import type { CallEventCommand, ControlCommand } from './node-protocol.js';
import { PendingWork } from './pending-work.js';
import type { RecordingRun } from './recording-run.js';
import type { RecordingWaiter } from './recording-waiter.js';
import { SessionFlow } from './session-flow.js';

/** Documents that act on a running call beside its flow. */
const BESIDE_THE_FLOW: ReadonlySet<VendorDocument['role']> = new Set(['manage', 'metaflow']);

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

  constructor(
    private readonly ports: OrchestrationPorts,
    readonly context: CallContext,
    readonly waiter: RecordingWaiter,
    private readonly listener: CallSessionListener,
  ) {
    this.recordings = new CallRecordings(ports, () => ({ callState: this.state, callDurationMs: this.callDurationMs }));
    this.flow = new SessionFlow(ports, this);
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
    return { callState: this.state, callDurationMs: this.callDurationMs, hangupBy: this.endedBy };
  }

  /** Asks the application for the first document. False when its settings name no address to ask. */
  begin(): boolean {
    const { application, identity, vendor } = this.context;
    const request = this.ports.adapters[vendor].firstRequest(application, identity);
    if (request !== null) this.flow.begin(request);
    return request !== null;
  }

  /**
   * Carries out a document: as the call's flow, or beside it when it only steers the call.
   * @throws RecgateError `document.*` or `field.*` when it cannot be read, `request.conflict` when the call is over
   */
  instruct(document: VendorDocument): ParsedDocument {
    if (this.ending !== null) throw new RecgateError('request.conflict', 'The call has ended');
    const { application, identity, vendor } = this.context;
    const parsed = this.ports.adapters[vendor].parse(document, {
      application,
      call: identity,
      ids: this.ports.ids,
      now: this.ports.clock.now(),
      flowState: this.flow.state,
    });
    if (BESIDE_THE_FLOW.has(document.role)) this.actBeside(parsed, document.url);
    else this.flow.run(parsed, document.url);
    return parsed;
  }

  /** Starts a recording that no document asked for. */
  record(request: RecordingRequest, settled: (run: RecordingRun, record: RecordingRecord) => void): RecordingRun | null {
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
        return this.warn('The end of a leg is not known yet');
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
    this.flow.answeredByParty();
    this.listener.changed(this);
  }

  bridged(): void {
    this.answered();
    if (this.currentState !== 'answered') return;
    this.currentState = 'bridged';
    this.media.bridged();
    this.flow.bridged();
    this.listener.changed(this);
  }

  /** Ends the call; resolves when all its recordings and requests have come to rest. */
  hangup(by: Party | null): Promise<void> {
    this.ending ??= this.end(by);
    return this.ending;
  }

  keyPressed(key: string, party: Party): void {
    this.flow.key(key, party);
  }

  advanced(mediaTimeMs: number): void {
    this.flow.advance(mediaTimeMs);
  }

  mediaTimedOut(): void {
    this.warn('No media arrived for too long; the call is ended');
    void this.hangup(null);
  }

  /** The far end of a leg's stream has gone: the party has hung up. */
  streamEnded(parties: readonly (Party | 'conference')[]): void {
    const [party] = parties;
    void this.hangup(party === undefined || party === 'conference' ? null : party);
  }

  partyHeard(_party: Party | 'conference'): void {
    // Follows with calls that are answered by their media.
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
    void this.hangup(null);
  }

  private endWhenNothingRuns(): void {
    if (this.flowOver && this.ending === null && !this.recordings.anyRunning) void this.hangup(null);
  }

  private async end(by: Party | null): Promise<void> {
    this.endedBy = by ?? 'gateway';
    this.durationMs = this.callDurationMs;
    this.currentState = 'ended';
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
        void this.hangup(null);
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

  private get media(): CallMedia {
    if (this.currentMedia === null) throw new RecgateError('gateway.internal', 'The call has no media yet');
    return this.currentMedia;
  }
}

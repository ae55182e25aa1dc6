import {
  CallFlowRunner,
  estimatedSpeechMs,
  type FetchContext,
  type FlowEnd,
  type FlowListener,
  type PlaybackHandle,
  type PlayMediaAction,
  type RecordingHandle,
  type RecordingOutcome,
  type SpeakAction,
} from '#libs/call-flow';
import {
  isTerminal,
  toRecgateError,
  type ConnectAction,
  type FlowRequest,
  type JsonObject,
  type ParsedDocument,
  type Party,
  type RecgateError,
  type RecordAction,
  type RecordingRecord,
  type SecretBag,
  type SourcePosition,
} from '#libs/recording-model';
import { recordingSecrets, type RecordingRequest } from '../accept-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import type { CallContext } from './call-context.js';
import type { CallRecordings } from './call-recordings.js';
import { requestDocument, requestOnly, type FlowRequestPorts, type FlowSituation } from './flow-requests.js';
import type { PendingWork } from './pending-work.js';
import type { RecordingRun } from './recording-run.js';
import type { RecordingWaiter } from './recording-waiter.js';

/** What the flow needs of the call it runs on. */
export interface FlowCall {
  readonly context: CallContext;
  readonly recordings: CallRecordings;
  readonly pending: PendingWork;
  readonly waiter: RecordingWaiter;
  /** The call as requests tell it, at this moment. */
  situation(): Pick<FlowSituation, 'callState' | 'callDurationMs' | 'hangupBy'>;
  /** Starts a recording; null when the vendor's rules make this start a repeat of a running one. */
  record(request: RecordingRequest, settled: (run: RecordingRun, record: RecordingRecord) => void): RecordingRun | null;
  answered(): void;
  warn(message: string, position?: SourcePosition): void;
  /** The flow wants the call to end, or has nothing more to do. */
  flowEnded(reason: FlowEnd): void;
}

/** Walks the call's documents: the runner decides, this carries out. */
export class SessionFlow implements FlowListener {
  private readonly runner = new CallFlowRunner(this);
  private readonly runs = new Map<RecordingHandle, RecordingRun>();
  private readonly requests: FlowRequestPorts;
  private document: ParsedDocument | null = null;
  private documentUrl: string | null = null;
  private flowState: JsonObject = {};
  private secrets: SecretBag;
  private begun = false;
  private connecting = false;
  /** What ended the flow, when it was an error. */
  private brokenBy: RecgateError | null = null;

  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly call: FlowCall,
  ) {
    const { vendor, client, application } = call.context;
    this.requests = { adapter: ports.adapters[vendor], client, ids: ports.ids, clock: ports.clock, gatewayUrl: ports.settings.gatewayUrl };
    this.secrets = application.secrets;
  }

  /** Runs a document from its first step; whatever ran before is replaced. */
  run(document: ParsedDocument, url: string | null): void {
    this.take(document, url);
    this.begun = true;
    this.runner.run(document, url);
  }

  /** What a parser needs to know of earlier documents. */
  get state(): JsonObject {
    return this.flowState;
  }

  /** Media time at which the flow goes on by itself, ms; null when something must happen first. */
  get nextDeadlineMs(): number | null {
    return this.runner.nextDeadlineMs;
  }

  get listensForKeys(): boolean {
    return this.runner.listensForKeys;
  }

  /** True while the flow waits for the other party, who may stay as long as the call lasts. */
  get connected(): boolean {
    return this.connecting;
  }

  /** Asks for the first document of the call. */
  begin(request: FlowRequest): void {
    this.call.pending.track(this.ask(request, { recording: null, collected: null }, false));
  }

  advance(mediaTimeMs: number): void {
    this.runner.advance(mediaTimeMs);
  }

  answeredByParty(): void {
    this.runner.answered();
  }

  bridged(): void {
    this.runner.bridged();
  }

  key(key: string, party: Party): void {
    this.runner.key(key, party);
  }

  partyHungUp(by: Party | null): void {
    this.runner.hangup(by);
  }

  /** The requests that the end of the call brings; each once, their answers have no effect. */
  async tellEnd(): Promise<void> {
    const { application, identity } = this.call.context;
    for (const request of this.requests.adapter.lastRequests(application, identity, this.flowState)) {
      const situation = this.situation({ recording: null, collected: null }, this.brokenBy);
      await requestOnly(this.requests, request, situation).catch((thrown: unknown) =>
        this.call.warn(`${request.purpose}: ${toRecgateError(thrown).message}`),
      );
    }
  }

  startRecording(handle: RecordingHandle, step: RecordAction): void {
    const { context } = this.call;
    const { callState, callDurationMs } = this.call.situation();
    const request: RecordingRequest = {
      application: context.application,
      callRef: context.callRef,
      call: context.identity,
      callState,
      callDurationMs,
      nodeId: context.nodeId,
      documentUrl: this.documentUrl,
      action: step,
      accounting: this.document?.accounting ?? [],
      flowState: this.flowState,
      idempotencyKey: null,
    };
    const run = this.call.record(request, (settled, record) => this.settled(handle, settled, record));
    if (run === null) {
      this.call.warn('The recording runs already; this start changes nothing');
      this.runner.recordingSettled(handle, { state: 'absent', recording: null });
      return;
    }
    this.runs.set(handle, run);
  }

  stopRecording(which: 'latest' | 'all', running: readonly RecordingHandle[]): void {
    const own = running.flatMap((handle) => this.runs.get(handle) ?? []);
    if (which === 'all') for (const run of own) run.stop('stopCommand');
    else if (own[0] !== undefined) own[0].stop('stopCommand');
    if (own.length === 0) this.call.recordings.stop(which);
  }

  maskRecording(running: RecordingHandle | null): void {
    this.runOf(running)?.mask();
  }

  unmaskRecording(running: RecordingHandle | null): void {
    this.runOf(running)?.unmask();
  }

  /** Prompts are timed, not spoken, until a speech engine is bound. */
  speak(_handle: PlaybackHandle, step: SpeakAction): number | null {
    return estimatedSpeechMs(step.text);
  }

  playMedia(_handle: PlaybackHandle, step: PlayMediaAction): number | null {
    this.call.warn(`${step.url} is not played yet`);
    return 0;
  }

  cancelPlayback(): void {
    // Nothing sounds that could be cut short.
  }

  sendDigits(digits: string): void {
    this.call.warn(`The digits ${digits} are not sent yet`);
  }

  /** The other leg is part of the call's media already; whoever owns the call says when it is bridged. */
  connect(_step: ConnectAction): void {
    this.connecting = true;
  }

  /** The leg itself leaves with the call. */
  disconnect(): void {
    this.connecting = false;
  }

  answer(): void {
    this.call.answered();
  }

  deleteFile(file: string): void {
    this.call.warn(`${file} is not deleted: files are managed through the API`);
  }

  fetch(request: FlowRequest, context: FetchContext): void {
    this.call.pending.track(this.ask(request, context, context.answerIgnored, context.reason === 'connected'));
  }

  hangup(reason: FlowEnd): void {
    this.call.flowEnded(reason);
  }

  warn(message: string, position: SourcePosition): void {
    this.call.warn(message, position);
  }

  ended(reason: FlowEnd, error: RecgateError | null): void {
    if (error === null) return;
    this.brokenBy = error;
    this.call.warn(error.message, error.position);
    this.call.pending.track(this.tellError(error));
    this.call.flowEnded(reason);
  }

  private async ask(
    request: FlowRequest,
    about: Pick<FetchContext, 'recording' | 'collected'>,
    answerIgnored: boolean,
    beside = false,
  ): Promise<void> {
    const situation = this.situation(about, null);
    try {
      if (answerIgnored) {
        await requestOnly(this.requests, request, situation);
        this.runner.requestAnswered(null);
        return;
      }
      const { document, url } = await requestDocument(this.requests, request, situation);
      this.take(document, url);
      if (this.begun) this.runner.requestAnswered(document);
      else this.runner.run(document, url);
      this.begun = true;
    } catch (thrown) {
      const error = toRecgateError(thrown);
      // The call goes on, but the application hears that its document was wrong.
      if (beside && /^(document|field)\./.test(error.code)) this.call.pending.track(this.tellError(error));
      if (this.begun) this.runner.requestFailed(error);
      else this.ended('requestFailed', error);
    }
  }

  /** An application that broke its flow is told so, where its vendor does that. */
  private async tellError(error: RecgateError): Promise<void> {
    const { application, identity } = this.call.context;
    const request = this.requests.adapter.errorRequest(application, identity);
    if (request === null) return;
    await requestOnly(this.requests, request, this.situation({ recording: null, collected: null }, error)).catch(
      (thrown: unknown) => this.call.warn(`${request.purpose}: ${toRecgateError(thrown).message}`),
    );
  }

  private situation(about: Pick<FetchContext, 'recording' | 'collected'>, error: RecgateError | null): FlowSituation {
    const { application, identity } = this.call.context;
    return {
      ...this.call.situation(),
      ...about,
      application,
      call: identity,
      documentUrl: this.documentUrl,
      flowState: this.flowState,
      secrets: this.secrets,
      error,
    };
  }

  private take(document: ParsedDocument, url: string | null): void {
    this.document = document;
    this.documentUrl = url;
    this.flowState = { ...this.flowState, ...document.flowState };
    this.secrets = { ...this.secrets, ...document.secrets };
    this.call.context.onDocument?.(document, url);
  }

  /** The capture has settled: the flow hears of it, and once more when the recording has come to its end. */
  private settled(handle: RecordingHandle, run: RecordingRun, record: RecordingRecord): void {
    this.secrets = { ...this.secrets, ...recordingSecrets(this.ports, record) };
    this.runner.recordingSettled(handle, outcomeOf(record));
    if (isTerminal(record.state) || run.spec.continuation?.requires !== 'available') return;
    this.call.pending.track(
      this.call.waiter
        .untilTerminal(record.tenantId, record.id)
        .then((final) => this.runner.recordingSettled(handle, outcomeOf(final))),
    );
  }

  private runOf(handle: RecordingHandle | null): RecordingRun | undefined {
    return handle === null ? this.call.recordings.latest() : this.runs.get(handle);
  }
}

function outcomeOf(record: RecordingRecord): RecordingOutcome {
  const { state } = record;
  switch (state) {
    case 'available':
    case 'absent':
    case 'discarded':
    case 'failed':
      return { state, recording: record };
    case 'cancelled':
      return { state: 'discarded', recording: record };
    default:
      return { state: 'captured', recording: record };
  }
}

import {
  CallFlowRunner,
  estimatedSpeechMs,
  type FetchContext,
  type FlowEnd,
  type FlowListener,
  type PlaybackHandle,
  type PlayMediaAction,
  type RecordingHandle,
  type SpeakAction,
} from '#libs/call-flow';
import {
  toRecgateError,
  type ConnectAction,
  type FlowAction,
  type FlowRequest,
  type FlowStep,
  type JsonObject,
  type ParsedDocument,
  type Party,
  type RecgateError,
  type RecordAction,
  type SecretBag,
  type SourcePosition,
} from '#libs/recording-model';
import { recordingSecrets, type RecordingRequest } from '../accept-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import { secondParty } from './call-context.js';
import { CallFiles } from './call-files.js';
import { tell } from './clean-up.js';
import { recordingOfDocument } from './document-recording.js';
import type { FlowCall } from './flow-call.js';
import { promptCallOf, type PromptFacts } from './flow-prompts.js';
import { FlowRecordings } from './flow-recordings.js';
import { flowRequestPorts, requestDocument, requestsOfEnd, type FlowRequestPorts, type FlowSituation } from './flow-requests.js';
import { PromptPlayer } from './prompt-player.js';
import type { RecordingRun } from './recording-run.js';
import { StepOrigins, takesOver } from './step-origins.js';

/** Walks the call's documents: the runner decides, this carries out. */
export class SessionFlow implements FlowListener {
  private runner = new CallFlowRunner(this);
  private recordings: FlowRecordings;
  private readonly origins = new StepOrigins();
  private readonly requests: FlowRequestPorts;
  private readonly prompts: PromptPlayer | null;
  private readonly files: CallFiles;
  private document: ParsedDocument | null = null;
  private documentUrl: string | null = null;
  private flowState: JsonObject = {};
  private secrets: SecretBag;
  private begun = false;
  private connecting = false;
  /** What ended the flow, when it was an error. */
  brokenBy: RecgateError | null = null;
  private apologized = false;

  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly call: FlowCall,
  ) {
    const { application } = call.context;
    this.requests = flowRequestPorts(ports, call.context);
    this.secrets = application.secrets;
    this.recordings = this.recordingsOf(this.runner);
    this.files = new CallFiles(ports, application, call.recordings, call.waiter);
    this.prompts = ports.prompts === undefined ? null : new PromptPlayer(ports.prompts, promptCallOf(call, this.files, this.promptFacts()));
  }

  /** Runs a document from its first step; whatever ran before is replaced. */
  run(document: ParsedDocument, url: string | null): void {
    this.take(document, url);
    this.begun = true;
    this.freshRunner().run(document, url);
  }

  /**
   * Runs a document beside the flow, which then goes on where it was; on a parked call one that decides where the call
   * goes on takes over (Sinch contract §3.1).
   * @param toward who hears its prompts; null: as the flow's own
   */
  runBeside(document: ParsedDocument, url: string | null, toward: readonly Party[] | null): void {
    const runner = this.freshRunner();
    if (runner.parked && takesOver(document)) return this.run(document, url);
    this.takeBeside(document, url, toward);
    runner.interject(document, url);
  }

  /**
   * Cuts off what the flow is doing and asks for the document that goes on; without a request the flow ends, and the call
   * with it. Returns the kind of the step that was cut off.
   */
  interrupt(request: FlowRequest | null): FlowAction['kind'] | null {
    this.begun = true;
    return this.freshRunner().interrupt(request);
  }

  /** The flow cannot go on: a document that was to begin it cannot be read, or a file that it needs cannot be played. */
  broken(error: RecgateError): void {
    this.ended('requestFailed', error);
  }

  /** The call has joined its conference, or cannot: recordings that waited for it begin. */
  conferenceDecided(): void {
    this.recordings.release();
  }

  legEnded(): void {
    this.connecting = false;
    this.runner.legEnded();
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

  /** What the flow knows before its first document. */
  carry(state: JsonObject): void {
    this.flowState = { ...this.flowState, ...state };
  }

  /** Asks for the first document of the call. */
  begin(request: FlowRequest): void {
    this.call.pending.track(this.askFirst(request));
  }

  advance(mediaTimeMs: number): void {
    this.runner.advance(mediaTimeMs);
  }

  bridged(): void {
    this.runner.bridged();
  }

  key(key: string, party: Party): void {
    this.runner.key(key, party);
  }

  partyHungUp(by: Party | null): void {
    this.prompts?.stop();
    this.runner.hangup(by);
  }

  /** The requests that the end of the call brings; each once. */
  async tellEnd(): Promise<void> {
    for (const request of requestsOfEnd(this.requests.adapter, this.call, this.flowState)) {
      await this.tell(request, this.situation({ recording: null, collected: null }, this.brokenBy));
    }
  }

  /** Tells the application of keys that nobody waits for; nothing follows its answer. */
  tellKeys(request: FlowRequest, digits: string): void {
    this.call.pending.track(this.tell(request, this.situation({ recording: null, collected: { digits, finishKey: null } }, null)));
  }

  startRecording(handle: RecordingHandle, step: RecordAction & Pick<FlowStep, 'at'>): void {
    const { document, url } = this.origins.of(step) ?? { document: this.document, url: this.documentUrl };
    const request = (): RecordingRequest =>
      recordingOfDocument(this.call.context, this.call.situation(), step, { document, url, flowState: this.flowState });
    if (step.spec.parties === 'conference' && this.goesToConference(document)) this.recordings.hold(handle, request);
    else this.recordings.start(handle, request());
  }

  stopRecording(which: 'latest' | 'all', running: readonly RecordingHandle[]): void {
    const own = this.recordings.take(running);
    for (const run of which === 'all' ? own : own.slice(0, 1)) run.stop('stopCommand');
    if (own.length === 0) this.call.stopRecording(which);
  }

  maskRecording(running: RecordingHandle | null): void {
    this.runOf(running)?.mask();
  }

  unmaskRecording(running: RecordingHandle | null): void {
    this.runOf(running)?.unmask();
  }

  speak(handle: PlaybackHandle, step: SpeakAction): number | null {
    return this.prompts === null ? estimatedSpeechMs(step.text) : this.prompts.speak(handle, step);
  }

  playMedia(handle: PlaybackHandle, step: PlayMediaAction): number | null {
    if (this.prompts !== null) return this.prompts.playMedia(handle, step);
    this.call.warn(`${step.url} is not played yet`);
    return 0;
  }

  cancelPlayback(handle: PlaybackHandle): void {
    this.prompts?.cancel(handle);
  }

  sendDigits(digits: string): void {
    if (this.prompts === null && this.call.context.live === undefined) return this.call.warn(`The digits ${digits} are not sent yet`);
    this.call.media.play({ kind: 'digits', digits: digits.replaceAll(',', 'w'), toward: this.call.connection.hearers().digits }, () => undefined);
  }

  connect(step: ConnectAction): void {
    this.connecting = true;
    this.call.keyCommands.listenToSecond(step);
    this.call.connection.connect(step);
  }

  disconnect(): void {
    this.connecting = false;
    this.call.connection.disconnect();
  }

  answer(): void {
    this.call.answered();
  }

  replaceParty(): void {
    this.call.media.transferred(secondParty(this.call.context), null);
  }

  /** Cuts off what is played, collected, recorded or paused for. */
  breakOff(): void {
    this.runner.breakOff();
  }

  deleteFile(file: string): void {
    if (this.ports.files === undefined) return this.call.warn(`${file} is not deleted: files are managed through the API`);
    const deleted = this.files.delete(file);
    this.call.pending.track(deleted);
    deleted.catch((thrown: unknown) => this.call.warn(`${file} is not deleted: ${toRecgateError(thrown).message}`));
  }

  fetch(request: FlowRequest, context: FetchContext): void {
    this.call.pending.track(this.ask(request, context));
  }

  hangup(reason: FlowEnd): void {
    if (reason !== 'requestFailed') this.call.flowEnded(this.apologized ? 'requestFailed' : reason);
  }

  warn(message: string, position: SourcePosition): void {
    this.call.warn(message, position);
  }

  ended(reason: FlowEnd, error: RecgateError | null): void {
    if (error !== null) {
      this.brokenBy = error;
      this.call.warn(error.message, error.position);
      this.call.pending.track(this.tellError(error));
    }
    const apology = reason === 'requestFailed' ? this.apology : null;
    if (apology !== null) {
      this.apologized = true;
      this.freshRunner().run(apology, this.documentUrl);
    } else if (error !== null || reason === 'requestFailed') this.call.flowEnded(reason);
  }

  /** What the call is still to hear when its application has broken the flow; null: nothing. */
  private get apology(): ParsedDocument | null {
    const { application, live } = this.call.context;
    const { callState } = this.call.situation();
    if (this.apologized || live === undefined || (callState !== 'answered' && callState !== 'bridged')) return null;
    const steps = this.requests.adapter.errorSteps?.(application) ?? null;
    return steps === null ? null : { steps, accounting: [], warnings: [], flowState: {} };
  }

  private async askFirst(request: FlowRequest): Promise<void> {
    try {
      const { document, url } = await requestDocument(this.requests, request, this.situation({ recording: null, collected: null }, null));
      // A document that was handed to the call meanwhile has taken over.
      if (this.begun) return;
      this.take(document, url);
      this.begun = true;
      this.runner.run(document, url);
    } catch (thrown) {
      if (!this.begun) this.ended('requestFailed', toRecgateError(thrown));
    }
  }

  private async ask(request: FlowRequest, context: FetchContext): Promise<void> {
    const { runner } = this;
    const situation = this.situation(context, null);
    try {
      if (context.answerIgnored) {
        await tell(this.requests, request, situation, this);
        runner.requestAnswered(null, context);
        return;
      }
      const { document, url } = await requestDocument(this.requests, request, situation);
      // A branch comes back to the document that it leaves.
      if (runner.awaits(context) && request.stored !== undefined) this.takeBeside(document, this.documentUrl, null);
      else if (runner.awaits(context)) this.take(document, url);
      runner.requestAnswered(document, context);
    } catch (thrown) {
      const error = toRecgateError(thrown);
      // The call goes on, but the application hears that its document was wrong.
      if (context.reason === 'connected' && /^(document|field)\./.test(error.code)) this.call.pending.track(this.tellError(error));
      runner.requestFailed(error, context);
    }
  }

  /** An application that broke its flow is told so, where its vendor does that. */
  private async tellError(error: RecgateError): Promise<void> {
    const { application, identity } = this.call.context;
    const request = this.requests.adapter.errorRequest(application, identity, error);
    if (request === null) return;
    await this.tell(request, this.situation({ recording: null, collected: null }, error));
  }

  private async tell(request: FlowRequest, situation: FlowSituation): Promise<void> {
    await tell(this.requests, request, situation, this).catch((thrown: unknown) =>
      this.call.warn(`${request.purpose}: ${toRecgateError(thrown).message}`),
    );
  }

  private situation(
    about: Pick<FetchContext, 'recording' | 'collected' | 'interrupted' | 'connectedMs'>,
    error: RecgateError | null,
  ): FlowSituation {
    const { application, identity } = this.call.context;
    const { recording, collected, interrupted, connectedMs } = about;
    return {
      ...this.call.situation(),
      recording,
      collected,
      ...(interrupted === undefined ? {} : { interrupted }), ...(connectedMs === undefined ? {} : { connectedMs }),
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
    this.carryAlong(document);
    this.call.context.onDocument?.(document, url);
  }

  private takeBeside(document: ParsedDocument, url: string | null, toward: readonly Party[] | null): void {
    this.origins.note({ document, url, toward });
    this.carryAlong(document);
    this.call.context.onDocument?.(document, url);
  }

  /** What a document hands on to those after it. */
  carryAlong(document: ParsedDocument): void {
    this.flowState = { ...this.flowState, ...document.flowState };
    this.secrets = { ...this.secrets, ...document.secrets };
  }

  /** A runner whose flow is over takes nothing any more; the call goes on with a new one from where it is. */
  private freshRunner(): CallFlowRunner {
    if (!this.runner.over) return this.runner;
    const runner = new CallFlowRunner(this);
    this.prompts?.stop();
    this.recordings = this.recordingsOf(runner);
    this.runner = runner;
    runner.advance(this.call.media.mediaTimeMs);
    if (this.call.situation().callState === 'bridged') runner.bridged();
    return runner;
  }

  private recordingsOf(runner: CallFlowRunner): FlowRecordings {
    return new FlowRecordings(this.call, runner, (record) => {
      this.secrets = { ...this.secrets, ...recordingSecrets(this.ports, record) };
    });
  }

  private promptFacts(): PromptFacts {
    const ended = (handle: PlaybackHandle, failed: boolean): void => {
      // The next step runs at the media time at which this one ended.
      this.runner.advance(this.call.media.mediaTimeMs);
      this.runner.playbackEnded(handle, failed);
    };
    return { secrets: () => this.secrets, towardOf: (step) => this.origins.of(step)?.toward ?? null, ended, broken: (error) => this.broken(error) };
  }

  /** A recording of a conference stands before the step that joins it (Sinch contract §3.3). */
  private goesToConference(document: ParsedDocument | null): boolean {
    return (document?.steps ?? []).some((step) => step.kind === 'connect' && step.conference && this.call.connection.awaits(step.to));
  }

  private runOf(handle: RecordingHandle | null): RecordingRun | undefined {
    return handle === null ? this.call.recordings.latest() : this.recordings.run(handle);
  }
}

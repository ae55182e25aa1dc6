import {
  RecgateError,
  type FlowAction,
  type FlowRequest,
  type FlowStep,
  type ParsedDocument,
  type Party,
  type SourcePosition,
} from '#libs/recording-model';
import { bargeIn, canBargeIn, typedAhead } from './barge-in.js';
import { enterBranch, otherwiseOf, storedRequest } from './branching.js';
import { breakOff } from './break-off.js';
import { carryOutAtOnce } from './steps-at-once.js';
import { Connection } from './connection.js';
import { continuationOf, type Continuation } from './continuation.js';
import { DigitCollection } from './digit-collection.js';
import { FlowClock } from './flow-clock.js';
import type {
  FetchContext,
  FlowEnd,
  FlowListener,
  PlaybackHandle,
  RecordingHandle,
  RecordingOutcome,
  StepOf,
} from './flow-ports.js';
import { InputQueue } from './input-queue.js';
import { PlaybackLoop, PlaybackSequence } from './playback-sequence.js';
import { RequestLine, type QueuedRequest } from './request-line.js';
import { RunningRecordings } from './running-recordings.js';
import { digitsDurationMs } from './speech-length.js';
import {
  advanceWait,
  cutOffRecording,
  earliestDeadline,
  isOver,
  newFrame,
  playbackEnded,
  positionOf,
  silence,
  stepUnderWay,
  type Frame,
  type Wait,
} from './wait.js';

/**
 * Walks the steps of a call flow. Pure: media time and events come in, wishes go out through the listener; it has no
 * timers, and the same inputs lead to the same outputs. Inputs that the listener makes while it is being called are
 * taken up right after.
 */
export class CallFlowRunner {
  private readonly frames: Frame[] = [];
  private readonly inputs: InputQueue;
  private readonly clock = new FlowClock();
  private readonly requests: RequestLine;
  private readonly running = new RunningRecordings();
  private isBridged = false;
  private hasFlow = false;
  private callOver = false;
  private finished = false;
  private playbacks = 0;

  constructor(private readonly listener: FlowListener) {
    this.inputs = new InputQueue((input) => this.handle(input));
    this.requests = new RequestLine((request, context) => listener.fetch(request, context));
  }

  /** The flow is over; nothing has an effect any more. */
  get over(): boolean {
    return this.finished;
  }

  /** Whether the call is parked or waits: a new document then takes over instead of running beside. */
  get parked(): boolean {
    const wait = this.frames.at(-1)?.wait;
    return wait?.kind === 'timer' && wait.parked;
  }

  /** Whether a key that is pressed now would have an effect. */
  get listensForKeys(): boolean {
    return this.frames.some((frame) => frame.wait?.kind === 'collect' || canBargeIn(frame));
  }

  /** Media time at which the flow goes on by itself, ms; null when it waits for something to happen. */
  get nextDeadlineMs(): number | null {
    return earliestDeadline(this.frames, this.clock.now);
  }

  /** Runs a document in place of whatever is running; a blocking recording is stopped, its continuation not asked. */
  run(document: ParsedDocument, documentUrl: string | null): void {
    this.take(() => {
      this.abandonFrames();
      this.requests.clear();
      this.hasFlow = true;
      this.begin(document, documentUrl);
    });
  }

  /** Cuts off what is running and asks for what goes on; null: flow and call end. Returns the step cut off, null between two. */
  interrupt(request: FlowRequest | null): FlowAction['kind'] | null {
    const step = stepUnderWay(this.frames)?.kind ?? null;
    this.take(() => {
      const recording = request === null ? null : cutOffRecording(this.frames, request);
      this.abandonFrames();
      this.requests.clear();
      this.hasFlow = true;
      if (request === null) return this.end('interrupted', null);
      const frame = { ...newFrame([], null), wait: recording };
      this.frames.push(frame);
      if (recording === null) this.fetch(frame, { request, reason: 'interrupted', about: { interrupted: { step } } });
      else this.listener.stopRecording('latest', [recording.handle]);
    });
    return step;
  }

  /** Cuts off what is played, collected, recorded or paused for; the next step runs. Connections and requests stay. */
  breakOff(): void {
    this.take(() => breakOff(this.frames.at(-1), (recording) => this.listener.stopRecording('latest', [recording])));
  }

  /** Runs a document beside what is running: its steps now, then the flow goes on waiting where it was. Does not end the call. */
  interject(document: ParsedDocument, documentUrl: string | null): void {
    this.take(() => this.begin(document, documentUrl));
  }

  /** Media time has come to here. Steps that were due earlier are taken at the time they were due. */
  advance(mediaTimeMs: number): void {
    this.take(() => {
      let due: number | null;
      while ((due = this.nextDeadlineMs) !== null && due <= mediaTimeMs) {
        this.clock.passTo(due);
        for (const { wait } of this.frames) if (wait !== null) advanceWait(wait, this.clock.now);
        this.walk();
      }
      this.clock.passTo(mediaTimeMs);
    });
  }

  /** The connected leg answered. */
  bridged(): void {
    this.take(() => {
      if (this.isBridged) return;
      this.isBridged = true;
      for (const frame of this.frames) if (frame.wait?.kind === 'connect') this.legAnswered(frame, frame.wait);
    });
  }

  /** The connected leg ended and the call goes on. */
  legEnded(): void {
    this.take(() => {
      this.isBridged = false;
      for (const { wait } of this.frames) if (wait?.kind === 'connect') wait.legEnded = true;
    });
  }

  /** A key of either party: collected, or else it may cut off what is played. */
  key(key: string, _party: Party): void {
    this.take(() => {
      const wait = this.frames.findLast((frame) => frame.wait?.kind === 'collect')?.wait;
      if (wait?.kind === 'collect') wait.collection.key(key, this.clock.now);
      else bargeIn(this.frames.at(-1), key);
    });
  }

  /**
   * The call is over. A blocking recording is still waited for, and its continuation asked once with the answer
   * ignored (FlexML contract §1.3, Aculab contract §5.2); everything else ends at once.
   */
  hangup(_by: Party | null): void {
    this.take(() => {
      for (const { wait } of this.frames) silence(wait);
      const recording = this.frames.find(({ wait }) => wait?.kind === 'record' && wait.step.spec.continuation !== null);
      this.callOver = true;
      this.frames.length = 0;
      if (recording === undefined) this.finish('callEnded', null);
      else this.frames.push(recording);
    });
  }

  /** A recording of the flow came to its end, or from `captured` to a further state. */
  recordingSettled(handle: RecordingHandle, outcome: RecordingOutcome): void {
    this.take(() => {
      this.running.settled(handle);
      for (const { wait } of this.frames) if (wait?.kind === 'record' && wait.handle === handle) wait.outcome = outcome;
    });
  }

  /** A pass whose length was not known ended. */
  playbackEnded(handle: PlaybackHandle, failed = false): void {
    this.take(() => this.frames.forEach(({ wait }) => playbackEnded(wait, handle, this.clock.now, failed)));
  }

  /** Whether the answer to the request with this context is still wanted. */
  awaits(context: FetchContext): boolean {
    return this.requests.awaits(context);
  }

  /** The application answered the request under way; null: with nothing to run. */
  requestAnswered(document: ParsedDocument | null, context?: FetchContext): void {
    this.take(() => {
      const settled = this.settle(context, null);
      if (settled === null) return;
      this.warnAll(document);
      const answer = newFrame(document?.steps ?? [], settled.request.url);
      if (settled.request.stored !== undefined) enterBranch(this.frames, settled.frame, answer);
      else if (settled.beside) this.frames.push(answer);
      else Object.assign(settled.frame, answer);
    });
  }

  /** The request under way failed, or its answer could not be read. */
  requestFailed(error: RecgateError, context?: FetchContext): void {
    this.take(() => {
      const settled = this.settle(context, error);
      if (settled === null) return;
      const { beside, frame, request, at } = settled;
      if (request.stored === undefined && !beside) return this.end('requestFailed', error);
      this.listener.warn(beside ? `The call goes on without an answer: ${error.message}` : error.message, at);
      if (!beside) enterBranch(this.frames, frame, newFrame(otherwiseOf(frame), frame.documentUrl));
    });
  }

  /** The request that was answered; null when nothing comes of its answer any more. */
  private settle(context: FetchContext | undefined, error: RecgateError | null): QueuedRequest | null {
    const settled = this.requests.settle(context);
    if (settled?.context.answerIgnored === true) this.finish('callEnded', error);
    return this.callOver ? null : settled;
  }

  private take(input: () => void): void {
    if (!this.finished) this.inputs.add(input);
  }

  /** An input, and the steps it sets free. */
  private handle(input: () => void): void {
    if (this.finished) return;
    input();
    this.walk();
  }

  private begin(document: ParsedDocument, documentUrl: string | null): void {
    this.warnAll(document);
    this.frames.push(newFrame(document.steps, documentUrl));
  }

  private warnAll(document: ParsedDocument | null): void {
    for (const { message, position } of document?.warnings ?? []) this.listener.warn(message, position);
  }

  private abandonFrames(): void {
    for (const { wait } of this.frames.splice(0)) {
      silence(wait);
      if (wait?.kind === 'record' && wait.outcome === null) {
        this.running.settled(wait.handle);
        this.listener.stopRecording('latest', [wait.handle]);
      }
      if (wait?.kind === 'connect' && !wait.legEnded) this.listener.disconnect();
    }
  }

  /** Runs steps until one has to be waited for. */
  private walk(): void {
    while (!this.finished) {
      const frame = this.frames.at(-1);
      // Before the first document there is nothing to run, and nothing has ended.
      if (frame === undefined) return;
      if (frame.wait !== null) {
        if (!isOver(frame.wait, this.clock.now)) return;
        this.completeWait(frame, frame.wait);
        continue;
      }
      const step = frame.steps[frame.index++];
      if (step === undefined) this.frameEnded();
      else if (!this.clock.mayStep()) return this.circles(step.at);
      else this.execute(step, frame);
    }
  }

  private frameEnded(): void {
    if (this.callOver) return this.finish('callEnded', null);
    this.frames.pop();
    if (this.frames.length === 0 && this.hasFlow) this.end('completed', null);
  }

  private circles(at: SourcePosition): void {
    const words = 'The documents run in circles; the call is ended';
    this.end('requestFailed', new RecgateError('document.forbidden', words, { position: at }));
  }

  private execute(step: FlowStep, frame: Frame): void {
    switch (step.kind) {
      case 'record':
        return this.record(step, frame);
      case 'speak':
        return this.play([step], frame);
      case 'playMedia':
        return step.background ? void this.listener.playMedia(++this.playbacks, step) : this.play([step], frame);
      case 'wait':
        return this.pause(frame, step.durationMs);
      case 'sendDigits':
        this.listener.sendDigits(step.digits);
        return this.pause(frame, digitsDurationMs(step.digits));
      case 'collectDigits':
        return this.collect(step, frame);
      case 'connect':
        return this.connect(step, frame);
      case 'fetch':
        return this.fetch(frame, { request: step.request, reason: 'step', about: {} });
      case 'branch':
        if (!this.clock.mayBranch()) return this.circles(step.at);
        return this.fetch(frame, { request: storedRequest(step.to), reason: 'branch', about: {} });
      case 'reject':
        return this.end('rejectStep', null);
      case 'hangup':
        return this.end('hangupStep', null);
      case 'park':
        return this.pause(frame, step.maxDurationMs, step.prompts ?? [], true);
      default:
        return carryOutAtOnce(step, this.listener, this.running);
    }
  }

  private record(step: StepOf<'record'>, frame: Frame): void {
    const handle = this.running.start(step.apart);
    if (step.spec.mode === 'blocking') frame.wait = { kind: 'record', handle, step, outcome: null };
    this.listener.startRecording(handle, step);
  }

  private play(steps: readonly FlowStep[], frame: Frame): void {
    const sequence = new PlaybackSequence(steps, this.listener, () => ++this.playbacks);
    frame.wait = { kind: 'playback', sequence };
    sequence.start(this.clock.now);
  }

  private pause(frame: Frame, durationMs: number | null, steps: readonly FlowStep[] = [], parked = false): void {
    const prompts = new PlaybackLoop(() => new PlaybackSequence(steps, this.listener, () => ++this.playbacks)).start(this.clock.now);
    frame.wait = { kind: 'timer', until: durationMs === null ? null : this.clock.now + durationMs, parked, prompts };
  }

  private collect(step: StepOf<'collectDigits'>, frame: Frame): void {
    const collection = new DigitCollection(step, (steps) => new PlaybackSequence(steps, this.listener, () => ++this.playbacks));
    frame.wait = { kind: 'collect', collection };
    collection.start(this.clock.now);
    const ahead = typedAhead(frame);
    if (ahead !== null) collection.key(ahead, this.clock.now);
  }

  private connect(step: StepOf<'connect'>, frame: Frame): void {
    const connection = new Connection(step, this.clock.now);
    frame.wait = connection;
    this.listener.connect(step);
    if (this.isBridged) this.legAnswered(frame, connection);
  }

  private legAnswered(frame: Frame, connection: Connection): void {
    const request = connection.legAnswered(this.clock.now);
    if (request !== null) this.ask(frame, request, true, { reason: 'connected' });
  }

  /** The wait of the topmost frame is over: asks for the next document or lets the next step run. */
  private completeWait(frame: Frame, wait: Wait): void {
    frame.wait = null;
    if (wait.kind === 'connect') {
      if (!wait.legEnded) this.listener.disconnect();
      this.isBridged = false;
    }
    const next = continuationOf(wait, this.clock.now);
    if (next !== null) this.fetch(frame, next);
    else if (this.callOver) this.finish('callEnded', null);
  }

  /** Asks for the document that takes the place of the frame's list. */
  private fetch(frame: Frame, { request, reason, about }: Continuation): void {
    frame.wait = { kind: 'request' };
    this.ask(frame, request, false, { reason, ...about });
  }

  private ask(frame: Frame, request: FlowRequest, beside: boolean, about: Pick<FetchContext, 'reason'> & Partial<FetchContext>): void {
    const at = positionOf(frame);
    if (request.stored === undefined && !this.clock.mayAsk()) return this.circles(at);
    const known = { recording: null, collected: null, documentUrl: frame.documentUrl, answerIgnored: this.callOver };
    this.requests.add({ frame, request, at, beside, context: { ...known, ...about } });
  }

  /** The flow ends the call. */
  private end(reason: FlowEnd, error: RecgateError | null): void {
    if (this.finished) return;
    for (const { wait } of this.frames) silence(wait);
    this.listener.hangup(reason);
    this.finish(reason, error);
  }

  private finish(reason: FlowEnd, error: RecgateError | null): void {
    if (this.finished) return;
    this.finished = true;
    this.frames.length = 0;
    this.inputs.clear();
    this.listener.ended(reason, error);
  }
}

import {
  assertNever,
  type FlowRequest,
  type FlowStep,
  type ParsedDocument,
  type Party,
  type RecgateError,
  type SourcePosition,
} from '#libs/recording-model';
import { afterRecording } from './after-recording.js';
import { DigitCollection } from './digit-collection.js';
import type { FetchContext, FlowEnd, FlowListener, PlaybackHandle, RecordingHandle, RecordingOutcome, StepOf } from './flow-ports.js';
import { PlaybackSequence } from './playback-sequence.js';
import { RequestLine, type QueuedRequest } from './request-line.js';
import { digitsDurationMs } from './speech-length.js';
import { advanceWait, deadlineOf, isOver, newFrame, silence, type ConnectWait, type Frame } from './wait.js';

/** Requests that are made when the connected leg answers, and whose steps run while the connection lasts (Sinch ACE, contract §1). */
const ASKED_WHEN_CONNECTED: ReadonlySet<string> = new Set(['ace']);

/** More steps than this without media time passing is a document that runs in circles. */
const MOST_STEPS_AT_ONCE = 1000;
/** The same for requests: documents that redirect to each other. */
const MOST_REQUESTS_AT_ONCE = 30;

/**
 * Walks the steps of a call flow. Pure: media time and events come in, wishes go out through the listener; it has no
 * timers, and the same inputs lead to the same outputs. Inputs that the listener makes while it is being called are
 * taken up right after.
 */
export class CallFlowRunner {
  private readonly frames: Frame[] = [];
  private readonly inputs: (() => void)[] = [];
  private readonly requests: RequestLine;
  /** The flow's recordings that are running, oldest first. */
  private readonly running: RecordingHandle[] = [];
  private now = 0;
  private busy = false;
  private isBridged = false;
  private hasFlow = false;
  private callOver = false;
  private finished = false;
  private recordings = 0;
  private playbacks = 0;
  private stepsAtOnce = 0;
  private requestsAtOnce = 0;

  constructor(private readonly listener: FlowListener) {
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

  /** Media time at which the flow goes on by itself, ms; null when it waits for something to happen. */
  get nextDeadlineMs(): number | null {
    let next: number | null = null;
    for (const { wait } of this.frames) {
      const deadline = wait === null ? null : deadlineOf(wait);
      if (deadline !== null && (next === null || deadline < next)) next = deadline;
    }
    return next;
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

  /** Runs a document beside what is running: its steps now, then the flow goes on waiting where it was. Does not end the call. */
  interject(document: ParsedDocument, documentUrl: string | null): void {
    this.take(() => this.begin(document, documentUrl));
  }

  /** Media time has come to here. Steps that were due earlier are taken at the time they were due. */
  advance(mediaTimeMs: number): void {
    this.take(() => {
      for (let due = this.nextDeadlineMs; due !== null && due <= mediaTimeMs && !this.finished; due = this.nextDeadlineMs) {
        this.passTo(due);
        for (const { wait } of this.frames) if (wait !== null) advanceWait(wait, this.now);
        this.walk();
      }
      this.passTo(mediaTimeMs);
    });
  }

  /** The call was answered. No step waits for it: documents are asked of answered calls, or answer them. */
  answered(): void {
    // Nothing waits.
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

  /** A key of either party. Keys nobody collects are without effect here. */
  key(key: string, _party: Party): void {
    this.take(() => {
      const wait = this.frames.findLast((frame) => frame.wait?.kind === 'collect')?.wait;
      if (wait?.kind === 'collect') wait.collection.key(key, this.now);
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
      this.forget(handle);
      for (const { wait } of this.frames) if (wait?.kind === 'record' && wait.handle === handle) wait.outcome = outcome;
    });
  }

  /** A pass whose length was not known ended. */
  playbackEnded(handle: PlaybackHandle): void {
    this.take(() => {
      for (const { wait } of this.frames) {
        if (wait?.kind === 'playback') wait.sequence.playbackEnded(handle, this.now);
        if (wait?.kind !== 'collect') continue;
        wait.collection.prompts.playbackEnded(handle, this.now);
        wait.collection.promptsMayBeOver(this.now);
      }
    });
  }

  /** The application answered the request under way; null: with nothing to run. */
  requestAnswered(document: ParsedDocument | null): void {
    this.take(() => {
      const request = this.requests.settle();
      if (request === null) return;
      if (request.context.answerIgnored) return this.finish('callEnded', null);
      if (this.callOver) return;
      this.warnAll(document);
      const answer = newFrame(document?.steps ?? [], request.request.url);
      if (request.beside) this.frames.push(answer);
      else Object.assign(request.frame, answer);
    });
  }

  /** The request under way failed, or its answer could not be read. */
  requestFailed(error: RecgateError): void {
    this.take(() => {
      const request = this.requests.settle();
      if (request === null) return;
      if (request.context.answerIgnored) this.finish('callEnded', error);
      else if (this.callOver) return;
      else if (request.beside) this.listener.warn(`The call goes on without an answer: ${error.message}`, request.at);
      else this.end('requestFailed', error);
    });
  }

  /** Takes inputs one at a time, and the steps they set free. */
  private take(input: () => void): void {
    if (this.finished) return;
    this.inputs.push(input);
    if (this.busy) return;
    this.busy = true;
    try {
      for (let next = this.inputs.shift(); next !== undefined && !this.finished; next = this.inputs.shift()) {
        next();
        this.walk();
      }
    } finally {
      this.busy = false;
    }
  }

  private passTo(mediaTimeMs: number): void {
    if (mediaTimeMs <= this.now) return;
    this.now = mediaTimeMs;
    this.stepsAtOnce = this.requestsAtOnce = 0;
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
      if (wait?.kind === 'record' && wait.outcome === null) this.listener.stopRecording('latest', [wait.handle]);
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
        if (!isOver(frame.wait, this.now)) return;
        this.completeWait(frame);
        continue;
      }
      const step = frame.steps[frame.index++];
      if (step === undefined) this.frameEnded();
      else if (++this.stepsAtOnce > MOST_STEPS_AT_ONCE) return this.circles(step.at);
      else this.execute(step, frame);
    }
  }

  private frameEnded(): void {
    if (this.callOver) return this.finish('callEnded', null);
    this.frames.pop();
    if (this.frames.length === 0 && this.hasFlow) this.end('completed', null);
  }

  private circles(at: SourcePosition): void {
    this.listener.warn('The documents run in circles; the call is ended', at);
    this.end('requestFailed', null);
  }

  private execute(step: FlowStep, frame: Frame): void {
    switch (step.kind) {
      case 'record':
        return this.record(step, frame);
      case 'stopRecording':
        return this.stopRecording(step.which);
      case 'maskRecording':
        return this.listener.maskRecording(this.running.at(-1) ?? null);
      case 'unmaskRecording':
        return this.listener.unmaskRecording(this.running.at(-1) ?? null);
      case 'speak':
        return this.play([step], frame);
      case 'playMedia':
        return step.background ? void this.listener.playMedia(++this.playbacks, step) : this.play([step], frame);
      case 'wait':
        return this.waitUntil(frame, this.now + step.durationMs, false);
      case 'sendDigits':
        this.listener.sendDigits(step.digits);
        return this.waitUntil(frame, this.now + digitsDurationMs(step.digits), false);
      case 'collectDigits':
        return this.collect(step, frame);
      case 'connect':
        return this.connect(step, frame);
      case 'fetch':
        return this.fetch(frame, step.request, step.at, { reason: 'step' });
      case 'answer':
        return this.listener.answer();
      case 'reject':
        return this.end('rejectStep', null);
      case 'hangup':
        return this.end('hangupStep', null);
      case 'park':
        return this.waitUntil(frame, step.maxDurationMs === null ? null : this.now + step.maxDurationMs, true);
      case 'deleteFile':
        return this.listener.deleteFile(step.file);
      case 'skipped':
        return this.listener.warn(`${step.name} is not carried out: ${step.reason}`, step.at);
      default:
        return assertNever(step, 'step');
    }
  }

  private record(step: StepOf<'record'>, frame: Frame): void {
    const handle = ++this.recordings;
    this.running.push(handle);
    if (step.spec.mode === 'blocking') frame.wait = { kind: 'record', handle, step, outcome: null };
    this.listener.startRecording(handle, step);
  }

  /** The most recently started is the one that is stopped (Kazoo contract §1.4). */
  private stopRecording(which: 'latest' | 'all'): void {
    const meant = which === 'all' ? this.running.splice(0).reverse() : this.running.splice(-1);
    this.listener.stopRecording(which, meant);
  }

  private forget(handle: RecordingHandle): void {
    const index = this.running.indexOf(handle);
    if (index >= 0) this.running.splice(index, 1);
  }

  private play(steps: readonly FlowStep[], frame: Frame): void {
    const sequence = this.sequence(steps);
    frame.wait = { kind: 'playback', sequence };
    sequence.start(this.now);
  }

  private sequence(steps: readonly FlowStep[]): PlaybackSequence {
    return new PlaybackSequence(steps, this.listener, () => ++this.playbacks);
  }

  private waitUntil(frame: Frame, until: number | null, parked: boolean): void {
    frame.wait = { kind: 'timer', until, parked };
  }

  private collect(step: StepOf<'collectDigits'>, frame: Frame): void {
    const collection = new DigitCollection(step, this.sequence(step.prompts));
    frame.wait = { kind: 'collect', collection };
    collection.start(this.now);
  }

  private connect(step: StepOf<'connect'>, frame: Frame): void {
    const wait: ConnectWait = { kind: 'connect', step, until: this.connectedUntil(step), asked: false, legEnded: false };
    frame.wait = wait;
    this.listener.connect(step);
    if (this.isBridged) this.legAnswered(frame, wait);
  }

  private legAnswered(frame: Frame, wait: ConnectWait): void {
    const { next } = wait.step;
    wait.until = this.connectedUntil(wait.step);
    if (wait.asked || next === null || !ASKED_WHEN_CONNECTED.has(next.purpose)) return;
    wait.asked = true;
    this.ask({ frame, request: next, at: positionOf(frame), beside: true, context: this.context(frame, { reason: 'connected' }) });
  }

  private connectedUntil({ maxDurationMs }: StepOf<'connect'> | ConnectWait['step']): number | null {
    return maxDurationMs === null ? null : this.now + maxDurationMs;
  }

  /** The wait of the topmost frame is over: asks for the next document or lets the next step run. */
  private completeWait(frame: Frame): void {
    const { wait } = frame;
    frame.wait = null;
    if (wait === null) return;
    switch (wait.kind) {
      case 'timer':
      case 'playback':
      case 'request':
        return;
      case 'collect':
        return this.collected(frame, wait.collection);
      case 'record':
        if (wait.outcome !== null) this.recorded(frame, wait.step, wait.outcome);
        return;
      case 'connect':
        return this.connectionEnded(frame, wait);
      default:
        return assertNever(wait, 'wait');
    }
  }

  private collected(frame: Frame, { action, digits, finishKey }: DigitCollection): void {
    if (action.next === null || (digits === '' && !action.nextWhenEmpty)) return;
    this.fetch(frame, action.next, positionOf(frame), { reason: 'digitsCollected', collected: { digits, finishKey } });
  }

  private recorded(frame: Frame, step: StepOf<'record'>, outcome: RecordingOutcome): void {
    const after = afterRecording(step.spec.continuation, outcome);
    if (after.kind === 'fetch') this.fetch(frame, after.request, step.at, { reason: after.reason, recording: outcome.recording });
    else if (this.callOver) this.finish('callEnded', null);
  }

  private connectionEnded(frame: Frame, { step, legEnded }: ConnectWait): void {
    if (!legEnded) this.listener.disconnect();
    this.isBridged = false;
    if (step.next === null || ASKED_WHEN_CONNECTED.has(step.next.purpose)) return;
    this.fetch(frame, step.next, positionOf(frame), { reason: 'connectEnded' });
  }

  /** Asks for the document that takes the place of the frame's list. */
  private fetch(frame: Frame, request: FlowRequest, at: SourcePosition, about: Pick<FetchContext, 'reason'> & Partial<FetchContext>): void {
    frame.wait = { kind: 'request' };
    this.ask({ frame, request, at, beside: false, context: this.context(frame, about) });
  }

  private ask(request: QueuedRequest): void {
    if (++this.requestsAtOnce > MOST_REQUESTS_AT_ONCE) return this.circles(request.at);
    this.requests.add(request);
  }

  private context(frame: Frame, about: Pick<FetchContext, 'reason'> & Partial<FetchContext>): FetchContext {
    return { recording: null, collected: null, documentUrl: frame.documentUrl, answerIgnored: this.callOver, ...about };
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
    this.inputs.length = 0;
    this.listener.ended(reason, error);
  }
}

/** Where the step stands that the frame took last. */
function positionOf(frame: Frame): SourcePosition {
  return frame.steps[frame.index - 1]?.at ?? { path: '' };
}

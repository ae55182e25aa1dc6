import type { FlowAction, FlowRequest, FlowStep, JsonObject, ParseContext, RecordAction } from '#libs/recording-model';
import { sinchCallbackRequest, SUPPRESSED, type SinchPurpose } from './sinch.callback-request.js';
import { calloutState } from './sinch.callout-state.js';
import { sinchSameRecording } from './sinch.same-recording.js';
import { readRecordAction, type RecordingScope } from './sinch.recording-options.js';
import type { SvamlObject, SvamlReading } from './sinch.svaml-reader.js';

/** The steps one SVAML document comes to, as they are gathered in order. */
export class CallScript {
  readonly steps: FlowStep[] = [];
  readonly flowState: Record<string, string> = {};
  /** Bytes of all cookies so far; null: not yet counted. */
  private cookieBytes: number | null = null;
  private callRecording: { readonly action: RecordAction; readonly pointer: string } | null = null;

  constructor(
    readonly reading: SvamlReading,
    readonly context: ParseContext,
    /** True when the action is connectMxp, with which recording instructions do not work (contract §1.2). */
    readonly ignoresRecordingInstructions: boolean,
  ) {}

  /** What the flow has left so far, this document's part included. */
  get state(): JsonObject {
    return { ...this.context.flowState, ...this.flowState };
  }

  /** Keeps a cookie for later callbacks; false when all of them would hold more than that, in bytes (contract §1.1). */
  setCookie(key: string, value: string, most: number): boolean {
    this.cookieBytes ??= bytesOfCookies(this.state);
    const name = `${COOKIE}${key}`;
    const before = this.state[name];
    const replaced = typeof before === 'string' ? byteLength(key, before) : 0;
    const total = this.cookieBytes - replaced + byteLength(key, value);
    if (total > most) return false;
    this.cookieBytes = total;
    this.flowState[name] = value;
    return true;
  }

  /** The request for a callback that follows from this document; null when none is sent. */
  callback(purpose: SinchPurpose): FlowRequest | null {
    return sinchCallbackRequest(purpose, this.context.application, this.context.call, this.state);
  }

  /** Time limit of a callout for connections that name none, ms; null without one. */
  get maxDurationMs(): number | null {
    const seconds = calloutState(this.state).maxDuration ?? 0;
    return seconds === 0 ? null : seconds * 1000;
  }

  /** The connection decides about the callbacks that follow; only what differs from before is noted. */
  suppressCallbacks(suppressed: boolean): void {
    if (suppressed !== (this.state[SUPPRESSED] === 'true')) this.flowState[SUPPRESSED] = String(suppressed);
  }

  add(pointer: string, action: FlowAction): void {
    this.steps.push({ at: this.reading.document.positionOf(pointer), ...action });
  }

  /** A part of the document that is not carried out: a skipped step and a warning. */
  skip(pointer: string, name: string, reason: string): void {
    this.add(pointer, { kind: 'skipped', name, reason });
    this.reading.warn(pointer, `${name}: ${reason}`);
  }

  /**
   * Starts a recording. A call recording that this document already started is kept when the second asks for the
   * same, and stopped first when it asks for something else (contract §2.5 row 12).
   * @throws RecgateError when the options are not acceptable.
   */
  startRecording(holder: SvamlObject, options: SvamlObject | null, optionsAt: string, scope: RecordingScope): void {
    const action = readRecordAction(holder, { pointer: optionsAt, object: options }, scope, this.context);
    if (scope.kind === 'call') {
      const open = this.callRecording;
      if (open !== null && isSame(open.action, action)) {
        this.skip(holder.pointer, 'startRecording', `the same recording was already started at ${open.pointer}`);
        return;
      }
      if (open !== null) this.add(holder.pointer, { kind: 'stopRecording', which: 'latest' });
      this.callRecording = { action, pointer: holder.pointer };
    }
    this.add(holder.pointer, action);
  }

  /** Stops the recordings of the call; with nothing to stop it does nothing (contract §2.5 row 12). */
  stopRecording(pointer: string): void {
    this.callRecording = null;
    this.add(pointer, { kind: 'stopRecording', which: 'all' });
  }
}

/** What the flow state calls a cookie: each one is an entry of its own, so that later documents add to earlier ones. */
export const COOKIE = 'cookie:';

function bytesOfCookies(state: JsonObject): number {
  const sizes = Object.entries(state).map(([name, value]) =>
    name.startsWith(COOKIE) && typeof value === 'string' ? byteLength(name.slice(COOKIE.length), value) : 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function byteLength(...texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function isSame(a: RecordAction, b: RecordAction): boolean {
  return sinchSameRecording(a.spec, b.spec) && JSON.stringify(a.secrets) === JSON.stringify(b.secrets);
}

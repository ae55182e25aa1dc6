import type {
  ConnectAction,
  FlowAction,
  FlowRequest,
  FlowStep,
  RecgateError,
  RecordAction,
  RecordingView,
  SourcePosition,
} from '#libs/recording-model';

/** A recording of the flow: counts from 1. */
export type RecordingHandle = number;
/** One pass of a prompt or an audio file: counts from 1. */
export type PlaybackHandle = number;

export type SpeakAction = Extract<FlowAction, { readonly kind: 'speak' }>;
export type PlayMediaAction = Extract<FlowAction, { readonly kind: 'playMedia' }>;

/** How far a recording has come. `captured` may be followed by `available` or `failed`; the others are final. */
export interface RecordingOutcome {
  readonly state: 'captured' | 'available' | 'absent' | 'discarded' | 'failed';
  readonly recording: RecordingView | null;
}

/** Why the flow asks the application for something. */
export type FetchReason =
  'recordingCompleted' | 'recordingFailed' | 'digitsCollected' | 'connected' | 'connectEnded' | 'interrupted' | 'branch' | 'step';

/** What a request of the flow tells the application. */
export interface FetchContext {
  readonly reason: FetchReason;
  /** The recording that just ended, for its continuation. */
  readonly recording: RecordingView | null;
  readonly collected: { readonly digits: string; readonly finishKey: string | null } | null;
  /** How long the connection lasted that has ended, ms; absent: the request follows none. */
  readonly connectedMs?: number;
  /** What an interruption cut off; absent: the request follows none. */
  readonly interrupted?: { readonly step: FlowAction['kind'] | null };
  /** Where the document came from that was running. */
  readonly documentUrl: string | null;
  /** The call is over: the request still goes out, once, and the steps of its answer are not run. */
  readonly answerIgnored: boolean;
}

/**
 * Why a flow ended: its list was exhausted, a step hung up or refused the call, a party hung up, somebody interrupted
 * it, or the application did not answer as it should.
 */
export type FlowEnd = 'completed' | 'hangupStep' | 'rejectStep' | 'callEnded' | 'interrupted' | 'requestFailed';

/** What the flow wants done. Every call is made in media order; it may call back into the runner at once. */
export interface FlowListener {
  startRecording(handle: RecordingHandle, step: RecordAction & { readonly at: SourcePosition }): void;
  /**
   * `running`: the flow's own running recordings that are meant, latest first; empty when it has none (Kazoo then stops
   * the newest on the call, contract §1.4).
   */
  stopRecording(which: 'latest' | 'all', running: readonly RecordingHandle[]): void;
  maskRecording(running: RecordingHandle | null): void;
  unmaskRecording(running: RecordingHandle | null): void;
  /** One pass. Answers with its length in ms, or null when `playbackEnded` will tell. */
  speak(handle: PlaybackHandle, step: SpeakAction): number | null;
  /** One pass, or all repetitions when `background` (its answer is then not waited for). */
  playMedia(handle: PlaybackHandle, step: PlayMediaAction): number | null;
  /** The pass is cut short, by a key or by the end of the call. */
  cancelPlayback(handle: PlaybackHandle): void;
  sendDigits(digits: string): void;
  /** Connect the call; `bridged` and `legEnded` tell how it goes. */
  connect(step: ConnectAction): void;
  /** The connected leg has had its time. */
  disconnect(): void;
  answer(): void;
  /** Whoever the call is connected to has left; the next one takes that place. */
  replaceParty(): void;
  deleteFile(file: string): void;
  /** Ask the application; `requestAnswered` or `requestFailed` follows. Only one request is under way at a time. */
  fetch(request: FlowRequest, context: FetchContext): void;
  /** End the call: the flow has nothing more to do, or a step wants it. */
  hangup(reason: FlowEnd): void;
  warn(message: string, position: SourcePosition): void;
  /** The last call. */
  ended(reason: FlowEnd, error: RecgateError | null): void;
}

/** A step as the runner keeps it. */
export type StepOf<K extends FlowAction['kind']> = Extract<FlowAction, { readonly kind: K }> & Pick<FlowStep, 'at'>;

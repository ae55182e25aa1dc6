import type { FinishReason, Party, RecordingSpec } from '#libs/recording-model';

/** What an engine is made for. */
export interface EngineJob {
  readonly spec: RecordingSpec;
  /** True when the call was answered (bridged) before the recording was asked for. */
  readonly callAnswered: boolean;
  readonly callBridged: boolean;
}

/** Where the recorded audio goes. */
export interface RecordingSink {
  /**
   * `channels[c][from..to)` is the next stretch of the recording: one array for mono, two (caller, callee) for stereo,
   * at `spec.sampleRate`. The arrays belong to the engine and are valid only during the call.
   */
  append(channels: readonly Int16Array[], from: number, to: number): void;
}

/** The tone that the call shall hear before the recording. */
export interface Beep {
  readonly frequencyHz: number;
  readonly durationMs: number;
}

/**
 * The life of one engine, told in media order. `atSample` counts the samples given to the engine since it was made.
 * Exactly one of `ended` and `absent` is called, and it is the last call.
 */
export interface EngineListener {
  /** The engine waits for its start. Told with the first audio, before anything else. */
  armed(atSample: number): void;
  /** Play this now; the recording begins when its length has passed in media time. */
  beepWanted(beep: Beep, atSample: number): void;
  /** The first sample was recorded; with a pre-roll it lies before the sample that was given last. */
  capturing(atSample: number): void;
  paused(atSample: number): void;
  resumed(atSample: number): void;
  ended(result: EngineResult): void;
  /**
   * There is nothing to keep: not a single sample was recorded (or only the stop key's tone), or the spec trims silence at both ends and nothing
   * but silence was recorded (what the sink was given is to be thrown away).
   * @param key the key, when the reason is `stopKey`
   */
  absent(reason: FinishReason, atSample: number, key?: string): void;
}

/** Level of one recorded leg over the recorded samples; null when there were none. */
export interface LegLevel {
  readonly party: Party | 'conference';
  readonly rmsDbfs: number | null;
  readonly peakDbfs: number | null;
}

/** What a recording came to. Samples are per channel at `spec.sampleRate`. */
export interface EngineResult {
  readonly reason: FinishReason;
  readonly key?: string;
  readonly hangupBy?: Party;
  /** Everything the sink was given. */
  readonly capturedSamples: number;
  /** To be cut off at the ends: silence the spec wants trimmed, and the in-band tone of the stop key. */
  readonly trimLeadingSamples: number;
  readonly trimTrailingSamples: number;
  readonly containsSound: boolean;
  /** Positions of the first recorded sample and of the end on the engine's media time line. */
  readonly startSample: number;
  readonly endSample: number;
  readonly levels: readonly LegLevel[];
}

import type { Party } from '../call.js';
import type { RecgateError } from '../errors.js';
import type { CaptureResult, FinishReason, LegMediaCounts } from '../recording-facts.js';
import type { RecordingSpec } from '../recording-spec.js';

/**
 * The audio of one call, live (RTP, WebSocket) or from files, on one media time line. Owns the recordings' engines
 * and spools. Not part of this contract: call flow, ledger, encoding. Media time counts from the opening of the call;
 * live it follows the wall clock, from files it advances as fast as the machine can.
 */
export interface CallMedia {
  readonly callRef: string;
  /** Media time now, ms. */
  readonly mediaTimeMs: number;
  /** Begins a recording at the current media time; several may run at once. */
  startRecording(job: CaptureJob, listener: CaptureListener): RecordingControl;
  /** Plays into the call (`toward`), never into a recording. */
  play(playback: Playback, ended: () => void): PlaybackControl;
  /** What each party says is heard by the other from now on, or no longer. At first nothing is passed on. */
  relay(on: boolean): void;
  /** What the party says is heard by nobody and recorded as silence, or no longer. */
  mute(party: Party, on: boolean): void;
  answered(): void;
  bridged(): void;
  /**
   * A leg was replaced by another party. Live media takes audio from the new address from now on; null: from the next
   * sender. Without this nothing but the first address is ever listened to.
   */
  transferred(party: Party, remote?: MediaAddress | null): void;
  /** A key that was signalled outside the audio. Keys in RTP events and in-band tones are found by the media itself. */
  key(key: string, party: Party): void;
  /** Ends the call's media; every running recording finishes with reason `hangup`. */
  hangup(by: Party | null): void;
  /** Releases sockets and timers; recordings still running are finished as `interrupted`. */
  close(): Promise<void>;
}

/** The room of a conference: its audio is the mix of all who have joined; its recordings are of that mix. */
export interface ConferenceMedia extends CallMedia {
  /** The party hears the others and is heard by them from now on. */
  join(call: CallMedia, party: Party): void;
  /** On hold the party hears nothing of the room, and is still in it. */
  hold(call: CallMedia, on: boolean): void;
  /** Safe to repeat; a call whose media ends leaves by itself. */
  leave(call: CallMedia): void;
}

/** Where a party's audio comes from. */
export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

/** What the owner of a call hears from its media. Called in media-time order. */
export interface CallMediaListener {
  /** A key press of either party, once per press. */
  keyPressed(key: string, party: Party, mediaTimeMs: number): void;
  /** Media time has advanced to here; at least every 100 ms of media time. */
  advanced(mediaTimeMs: number): void;
  /** No packet from any leg for the configured wall time. */
  mediaTimedOut(): void;
}

export interface CaptureJob {
  readonly recordingId: string;
  readonly spec: RecordingSpec;
  /** True when the call was answered (bridged) before the recording began. */
  readonly callAnswered: boolean;
  readonly callBridged: boolean;
}

/** The life of one capture. `finished` or `failed` is the last call, exactly once. */
export interface CaptureListener {
  /** The first sample was recorded. */
  capturing(startedAt: string, mediaTimeMs: number): void;
  paused(mediaTimeMs: number): void;
  resumed(mediaTimeMs: number): void;
  /** The spool is complete and synced to disk. */
  finished(result: CaptureResult): void;
  /**
   * The capture ended and there is nothing to keep: it never started, or not a single sample was recorded.
   * @param key the key, when the reason is `stopKey`
   * @param media what arrived of each leg all the same; absent: nobody counted
   */
  absent(reason: FinishReason, mediaTimeMs: number, key?: string, media?: readonly LegMediaCounts[]): void;
  failed(error: RecgateError, mediaTimeMs: number): void;
}

export interface RecordingControl {
  stop(reason: FinishReason): void;
  /** Media between pause and resume is left out of the recording. */
  pause(): void;
  resume(): void;
  /** Media between mask and unmask is recorded as silence. */
  mask(): void;
  unmask(): void;
}

export type Playback =
  | { readonly kind: 'tone'; readonly frequencyHz: number; readonly durationMs: number; readonly toward: readonly Party[] }
  /** Key tones of `0-9*#A-D`, 100 ms each with 100 ms between them; `w` is a pause of 500 ms. */
  | { readonly kind: 'digits'; readonly digits: string; readonly toward: readonly Party[] }
  /** Mono PCM 16 at the given rate. */
  | { readonly kind: 'pcm'; readonly samples: Int16Array; readonly sampleRate: number; readonly toward: readonly Party[] };

export interface PlaybackControl {
  cancel(): void;
}

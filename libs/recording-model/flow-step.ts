import type { RecordingSpec } from './recording-spec.js';
import type { SecretBag, SecretRef } from './secret.js';
import type { SourcePosition } from './source-position.js';

/** A request of the call flow to the application; its answer is the next document. Never queued: the live call waits. */
export interface FlowRequest {
  /** In the vendor's words: `action`, `errorAction`, `next_page`, `redirect`, … */
  readonly purpose: string;
  /** Absolute, without userinfo. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly userinfo: SecretRef | null;
  /** Asked once when the first address does not answer as it should (Sinch contract §1); absent: none is. */
  readonly fallbackUrl?: string;
  /**
   * An answer that is known before anybody is asked. `always`: nobody is (a callout that brought it along);
   * `unanswered`: it stands in when no answer comes. It may hold credentials, so it stays in memory.
   */
  readonly knownAnswer?: { readonly document: string; readonly when: 'always' | 'unanswered' };
}

/**
 * One step of a call flow in canonical words. A step that the gateway does not carry out is still there, as
 * `skipped`, so that nothing of a document is lost in silence.
 */
export type FlowStep = { readonly at: SourcePosition } & FlowAction;

export type FlowAction =
  | RecordAction
  | { readonly kind: 'stopRecording'; readonly which: 'latest' | 'all' }
  | { readonly kind: 'maskRecording'; readonly which: 'latest' }
  | { readonly kind: 'unmaskRecording'; readonly which: 'latest' }
  /**
   * `repeat` 0 means for ever; `pauseMs` stands between repetitions. `bargeIn`: a key cuts it off, and the steps behind it
   * that have the same (Aculab contract §1.8); absent: no key does.
   */
  | {
      readonly kind: 'speak';
      readonly text: string;
      readonly language: string | null;
      readonly voice: string | null;
      readonly repeat: number;
      readonly pauseMs: number;
      readonly bargeIn?: string;
    }
  /** `decryption`: credentials of an encrypted file (Aculab contract §7); absent: it is plain. */
  | {
      readonly kind: 'playMedia';
      readonly url: string;
      readonly repeat: number;
      readonly background: boolean;
      readonly userinfo?: SecretRef;
      readonly decryption?: { readonly key: SecretRef; readonly vector: SecretRef };
      readonly bargeIn?: string;
    }
  | { readonly kind: 'wait'; readonly durationMs: number }
  | { readonly kind: 'sendDigits'; readonly digits: string; readonly bargeIn?: string }
  | CollectDigitsAction
  | ConnectAction
  /** Ask for another document; the rest of the list is not run. */
  | { readonly kind: 'fetch'; readonly request: FlowRequest }
  | { readonly kind: 'answer' }
  | { readonly kind: 'reject' }
  | { readonly kind: 'hangup' }
  | { readonly kind: 'park'; readonly maxDurationMs: number | null }
  | { readonly kind: 'deleteFile'; readonly file: string }
  | { readonly kind: 'skipped'; readonly name: string; readonly reason: string };

export interface RecordAction {
  readonly kind: 'record';
  readonly spec: RecordingSpec;
  readonly secrets: SecretBag;
}

export interface CollectDigitsAction {
  readonly kind: 'collectDigits';
  /** Spoken or played while waiting; a key interrupts them. */
  readonly prompts: readonly FlowStep[];
  /** Null: no limit. */
  readonly maxDigits: number | null;
  readonly finishKeys: string;
  /** Other keys than these and the finish keys are passed over; absent: every key counts. */
  readonly validKeys?: string;
  /** Wait for the next key, ms. */
  readonly timeoutMs: number;
  readonly next: FlowRequest | null;
  /** Whether `next` is asked even when nothing was pressed. */
  readonly nextWhenEmpty: boolean;
}

export interface ConnectAction {
  readonly kind: 'connect';
  /** Number, SIP address or conference name as written. */
  readonly to: string;
  readonly conference: boolean;
  readonly maxDurationMs: number | null;
  readonly next: FlowRequest | null;
}

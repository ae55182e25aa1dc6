import type { RecordingSpec } from './recording-spec.js';
import type { SecretBag, SecretRef } from './secret.js';
import type { SourcePosition } from './source-position.js';
import type { DocumentRole } from './ports/vendor-adapter.port.js';

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
   * A request whose answer has no effect, and that is made again for days until it is heard: the collection in which the
   * vendor's door finds it (FlexML contract §1.4). Absent: it is made once.
   */
  readonly keptIn?: string;
  /** Answered by a stored document; nobody is asked, and `url` means nothing. */
  readonly stored?: StoredDocumentName;
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
  /** `apart`: of the recordings that stand apart under this name; absent: of the flow's own. */
  | { readonly kind: 'stopRecording'; readonly which: 'latest' | 'all'; readonly apart?: string }
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
  /**
   * `decryption`: credentials of an encrypted file (Aculab contract §7); absent: it is plain. `required`: a file that cannot be
   * played breaks the flow (Aculab contract §1.1); absent: it goes on without.
   */
  | {
      readonly kind: 'playMedia';
      readonly url: string;
      readonly repeat: number;
      readonly background: boolean;
      readonly userinfo?: SecretRef;
      readonly decryption?: { readonly key: SecretRef; readonly vector: SecretRef };
      readonly required?: boolean;
      readonly bargeIn?: string;
      /** Asked in place of all that follows when the audio cannot be had (FlexML contract §5, Play); absent: it is passed over. */
      readonly onFailed?: FlowRequest;
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
  /** `prompts`: heard over and over while it lasts; absent: silence. */
  | { readonly kind: 'park'; readonly maxDurationMs: number | null; readonly prompts?: readonly FlowStep[] }
  | { readonly kind: 'deleteFile'; readonly file: string }
  | BranchAction
  /**
   * Whoever the call is connected to leaves, and the next one takes that place: recordings that follow transfers go on,
   * the others end. `unlessBridged`: on a bridged call nothing of the document is carried out (Kazoo contract §4.5).
   */
  | { readonly kind: 'replaceParty'; readonly unlessBridged: boolean }
  /** Cuts off what the flow is playing, collecting or pausing for; its next step runs. Stands in steering documents only. */
  | { readonly kind: 'breakOff' }
  | { readonly kind: 'skipped'; readonly name: string; readonly reason: string };

/**
 * Runs a document that the vendor's API has stored, then goes on here. `otherwise` runs in its place when there is no such
 * document or it cannot be read.
 */
export interface BranchAction {
  readonly kind: 'branch';
  readonly to: StoredDocumentName;
  readonly otherwise: readonly FlowStep[];
}

/** Which stored document of the application is meant: by its id, or the one that calls to a number start with. */
export type StoredDocumentName =
  | { readonly by: 'id'; readonly collection: string; readonly id: string; readonly role: DocumentRole }
  | { readonly by: 'number'; readonly number: string };

export interface RecordAction {
  readonly kind: 'record';
  readonly spec: RecordingSpec;
  readonly secrets: SecretBag;
  /**
   * A recording that runs beside those of the flow (Kazoo contract §1.3, settings `call_recording`): of the flow's stops only one
   * that has the same name means it, and a call whose flow is over does not go on for it. Absent: it is one of the flow's own.
   */
  readonly apart?: string;
}

export interface CollectDigitsAction {
  readonly kind: 'collectDigits';
  /** Spoken or played while waiting; a key interrupts them. */
  readonly prompts: readonly FlowStep[];
  /** False: keys do nothing before the prompts are over; absent: they interrupt them. */
  readonly keysInterrupt?: boolean;
  /** Null: no limit. */
  readonly maxDigits: number | null;
  readonly finishKeys: string;
  /** Other keys than these, the finish keys and the help key are answered with `onInvalid`; absent: every key counts. */
  readonly validKeys?: string;
  /** Wait for the next key, ms. */
  readonly timeoutMs: number;
  /** The same for the first key; absent: `timeoutMs`. */
  readonly firstTimeoutMs?: number;
  /** Longest time for all keys from the end of the prompts on, ms; absent: there is none. */
  readonly totalTimeoutMs?: number;
  /** The key that plays the prompts anew, and forgets what was pressed; absent: no key does. */
  readonly helpKey?: string;
  /** What is said before the prompts are played anew because no key came: one for each time. Then it ends with nothing. */
  readonly onTimeout?: readonly (readonly FlowStep[])[];
  /** The same for keys that do not count; absent: they are passed over. */
  readonly onInvalid?: readonly (readonly FlowStep[])[];
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
  /** Ids under which the vendor's API keeps what belongs to whom is called, most specific first; absent: nobody it knows. */
  readonly owners?: readonly string[];
  /** What is asked of the connection besides; absent: nothing. */
  readonly rules?: ConnectionDemands;
}

/** What a document may ask of a connection (Sinch contract §1.2). */
export interface ConnectionDemands {
  /** When whoever is connected leaves, or their time is up, the call is over. */
  readonly endsCall?: boolean;
  /** The flow goes on without whoever has not answered after this time, ms (Aculab contract §7). */
  readonly answerMs?: number;
  /** The call ends when nobody has answered after this time, ms. */
  readonly ringMs?: number;
  /** Played to whoever is connected, as soon as they are. */
  readonly digits?: string;
  /** What becomes of the keys that are pressed in the conference; absent: nothing. */
  readonly keys?: ConferenceKeys;
  /** Heard by a participant who is alone in the conference; absent: silence. */
  readonly music?: HoldMusic;
}

export type ConferenceKeys =
  /** The other participants hear them. */
  | { readonly kind: 'forward' }
  /** They are gathered until there are enough, `#` is pressed or none comes for some time (ms), and the request tells them. */
  | { readonly kind: 'tell'; readonly maxDigits: number; readonly timeoutMs: number; readonly request: FlowRequest };

/** What whoever waits hears over and over. */
export type HoldMusic = 'ring' | 'music1' | 'music2' | 'music3';

import type { AccountingEntry } from '../accounting.js';
import type { CallEndReason, CallIdentity, CallState } from '../call.js';
import type { RecgateError } from '../errors.js';
import type { FlowRequest, FlowStep } from '../flow-step.js';
import type { JsonObject, JsonValue } from '../json.js';
import type { RecordingEvent } from '../recording-event.js';
import type { RecordingView } from '../recording-record.js';
import type { Destination, RecordingSpec } from '../recording-spec.js';
import type { SecretBag, SecretRef } from '../secret.js';
import type { SourcePosition } from '../source-position.js';
import type { Transcript } from '../transcript.js';
import type { VendorName } from '../vendor-name.js';
import type { StoredDocument } from './document-ledger.port.js';
import type { FailedNotifications } from './failed-notifications.port.js';
import type { IdSource } from './id-source.port.js';

/**
 * Translates between one vendor's wire forms and the canonical model. Pure: no sockets, no clock, no randomness of
 * its own (`ids` and `now` are handed in). Not part of this contract: sending requests, storing files, running steps.
 */
export interface VendorAdapter {
  readonly vendor: VendorName;
  /** Every application setting this vendor knows. */
  readonly settings: readonly SettingDefinition[];
  /**
   * The names by which the vendor's own API knows an application: Sinch application key, Kazoo account id, Aculab
   * `cloudID/username`, FlexML endpoint login. In lower case where the vendor does not tell case.
   */
  addresses(application: ApplicationView): readonly string[];
  /** What the vendor's documents can ask for and what becomes of it; the documentation is checked against it. */
  readonly capabilities: readonly FieldCapability[];

  /**
   * Reads a document.
   * @throws RecgateError (`document.*`, `field.*`) with field and position when the vendor would refuse the document.
   */
  parse(document: VendorDocument, context: ParseContext): ParsedDocument;

  /** Ids in the vendor's own form for a recording that is being accepted (file sid, document id, file name stem). */
  mintNames(context: MintContext): Readonly<Record<string, string>>;

  /** Where exactly the finished rendition goes: object key, upload URL with its parameters, file name. */
  nameObject(recording: RecordingView, application: ApplicationView): ObjectTarget;

  /** The vendor's requests for one event, in the order they go out; an empty list when the vendor tells nobody. */
  render(event: RecordingEvent, context: RenderContext): readonly RenderedNotification[];

  /**
   * The object that a transcript becomes beside its recording, where the vendor has such a thing (Sinch contract §2.4).
   * Absent: transcripts lie in the gateway only.
   */
  transcriptObject?(
    recording: RecordingView,
    application: ApplicationView,
    transcript: Transcript,
  ): { readonly target: ObjectTarget; readonly body: string };

  /** The request that starts the call flow of a new call; null when the application settings name none. */
  firstRequest(application: ApplicationView, call: CallIdentity): FlowRequest | null;

  /**
   * Calls that are started by what the vendor's API has stored (a callflow by its number, the URL of a DID); goes before
   * `firstRequest`. Absent: the application's settings alone decide.
   */
  readonly callStarts?: StoredCallStarts;

  /** Keys of the telephone that run stored documents on a live call (Kazoo metaflows); absent: there are none. */
  readonly keyCommands?: StoredKeyCommands;

  /** How the vendor's API keeps book of the files in the own store; absent: recordings lie there without any. */
  readonly catalogue?: FileCatalogueRules;

  /** The requests a call's end brings (final page, DiCE, status callback); often none. */
  lastRequests(application: ApplicationView, call: CallIdentity, flowState?: JsonObject): readonly FlowRequest[];

  /** The request for an application that broke its flow (Aculab's error page); null when the vendor has none. */
  errorRequest(application: ApplicationView, call: CallIdentity, error?: RecgateError): FlowRequest | null;

  /**
   * What an answered call hears before it ends because its application broke the flow; absent or null: it ends in silence.
   * Once a call, and only where there is live media.
   */
  errorSteps?(application: ApplicationView): readonly FlowStep[] | null;

  /**
   * The answer that the vendor's platform gives itself (Sinch menus that lead to menus); null: the application is asked.
   * Absent: it always is.
   */
  answerItself?(request: FlowRequest, context: FlowContext): string | null;

  /**
   * Whether an answer that comes when the call is over, or to the request for an application that broke its flow, is read:
   * it then hands on its state, and its `deleteFile` steps are carried out (Aculab contract §1.1, §1.3). Absent: it is not.
   */
  readonly answersCleanUp?: boolean;

  /** The wire form of a flow request. */
  renderFlowRequest(request: FlowRequest, context: FlowContext): WireRequest;

  /**
   * What a start does while another recording of the call runs: `both` run, the new one is `ignore`d, or it
   * `replace`s the running one. Absent: both run.
   */
  onSecondStart?(running: RecordingSpec, next: RecordingSpec): 'both' | 'ignore' | 'replace';

  /** What becomes of notifications that failed, beside being tried again; absent: nothing. */
  readonly failedNotifications?: FailedNotifications;

  /** The vendor's own answer to a bad request. */
  renderError(error: RecgateError): VendorErrorForm;
}

/** How stored documents start calls. */
export interface StoredCallStarts {
  /** The collection whose documents are looked at. */
  readonly collection: string;
  /** Null: none of them is meant for this call. */
  choose(application: ApplicationView, call: CallIdentity, documents: readonly StoredDocument[]): CallStart | null;
}

export type CallStart =
  /** The text of the document lies under `document` in its sealed part. */
  | { readonly kind: 'document'; readonly document: StoredDocument; readonly role: DocumentRole }
  /** `flowState`: what the flow knows from its beginning on (addresses of the API's own objects). */
  | { readonly kind: 'request'; readonly request: FlowRequest; readonly flowState?: JsonObject };

/** Stored documents whose keys run commands on live calls. */
export interface StoredKeyCommands {
  /** The collection they lie in; the text of each under `document` in its sealed part. */
  readonly collection: string;
  /** Ids of the documents that belong to the party the application talks to, most specific first. */
  ownersOf(application: ApplicationView, call: CallIdentity): readonly string[];
  /**
   * Makes one listener out of the documents of one party, most specific first; null when they hold nothing to listen for.
   * Whatever cannot be read in them is passed over.
   */
  listener(documents: readonly string[]): KeyListener | null;
}

/** Waits for its binding key, gathers the keys after it, and knows what they ask for. */
export interface KeyListener {
  /** Whose keys: of the party that the documents belong to, of the one it talks to, or of both. */
  readonly listensOn: 'self' | 'peer' | 'both';
  readonly bindingKey: string;
  /** Media time without a key after which the gathered ones are looked up, ms. */
  readonly timeoutMs: number;
  /** The text of a document of the role `metaflow`; null when the keys ask for nothing. */
  find(keys: string): string | null;
}

/** Containers with quotas and files in them, as documents of an application. */
export interface FileCatalogueRules {
  /** Collections of the documents; `owners` says of every sid whose it is, for public links. */
  readonly collections: { readonly containers: string; readonly files: string; readonly owners: string };
  /** Container of recordings that name none; null: the account's first one, which is made when it is needed. */
  defaultContainer(application: ApplicationView): string | null;
  /** What that first one is made of. */
  firstContainer(application: ApplicationView): { readonly quotaBytes: number; readonly quotaFiles: number; readonly fields: JsonObject };
  /**
   * The vendor's own fields of the file that a recording becomes.
   * @param container the vendor's own fields of the container, for its defaults; null for new bytes of a file that is
   *   there: only what the recording itself says
   */
  fileFields(recording: RecordingView, container: JsonObject | null): JsonObject;
  /** How long a file is kept, s from when its bytes were stored; null: for ever. */
  keepSeconds(fields: JsonObject): number | null;
}

/**
 * What kind of document it is. `flow`: the answer to a page or document request. Sinch: which callback it answers,
 * or a Manage Call body. Kazoo: `saved` was stored through the API (schema defaults apply), `metaflow` steers a live
 * call; a Kazoo `flow` is read as saved when it is a stored callflow and as raw when it is a bare node. `end`: the answer
 * to a request that ends a call, of which only what cleans up is carried out.
 */
export type DocumentRole = 'flow' | 'end' | 'saved' | 'metaflow' | 'ice' | 'ace' | 'pie' | 'manage';

export interface VendorDocument {
  readonly body: string;
  readonly role: DocumentRole;
  /** Absolute URL the document came from; relative URLs are resolved against it. */
  readonly url: string | null;
}

export interface ApplicationView {
  readonly applicationId: string;
  readonly tenantId: string;
  /** The settings that are not secret, checked against `VendorAdapter.settings`. */
  readonly settings: Readonly<Record<string, string>>;
  /** The secret ones, under their setting names. */
  readonly secrets: SecretBag;
}

export interface SettingDefinition {
  readonly key: string;
  readonly description: string;
  readonly default?: string;
  readonly secret?: boolean;
  /** Which values are taken. It sees them without the blanks around them; a value of blanks alone counts as not set. Absent: every text is. */
  readonly rule?: SettingRule;
}

export interface SettingRule {
  /** Ends the sentence "it must be …". */
  readonly wanted: string;
  readonly test: (value: string) => boolean;
}

export interface FieldCapability {
  /** The field in the vendor's words, for example `Record@maxLength` or `options.destinationUrl`. */
  readonly field: string;
  /** The field of the canonical model, or null when there is none. */
  readonly to: string | null;
  readonly support: 'executed' | 'converted' | 'emulated' | 'not applicable';
  /** The vendor's default as written; null for none. */
  readonly default: string | null;
  /** Required for what is not applicable: the reason. */
  readonly note?: string;
}

export interface ParseContext {
  readonly application: ApplicationView;
  readonly call: CallIdentity;
  readonly ids: IdSource;
  /** Wall time of the reading. */
  readonly now: Date;
  /** What earlier documents of the flow left behind (`ParsedDocument.flowState`, merged). Absent: not known. */
  readonly flowState?: JsonObject;
  /** How far the call is that the document is for; absent: not known. */
  readonly callState?: CallState;
}

export interface ParsedDocument {
  readonly steps: readonly FlowStep[];
  readonly accounting: readonly AccountingEntry[];
  readonly warnings: readonly { readonly message: string; readonly position: SourcePosition }[];
  /** What the flow carries on from document to document (Aculab `token`, Sinch cookies); merged over the previous. */
  readonly flowState: JsonObject;
  /** Credentials that steps other than `record` refer to (userinfo of page URLs); kept in memory with the flow. */
  readonly secrets?: SecretBag;
}

export interface MintContext extends ParseContext {
  readonly spec: RecordingView['spec'];
  readonly recordingId: string;
  /** Takes a name for this recording; false when another one of the application has it. Absent: nobody keeps book. */
  readonly claim?: (name: string) => boolean;
}

/** The final address of a rendition. */
export interface ObjectTarget {
  readonly destination: Destination;
  /** Object key, blob name, file name in the media store, or the complete URL for `http-upload` and `ftp-upload`. Safe against traversal. */
  readonly name: string;
  readonly contentType: string;
  /** `http-upload` only: what the file travels in; absent: it is the body itself. */
  readonly envelope?: UploadEnvelope;
}

/** The body of a request around a file (Kazoo contract §2.5 `send_multipart`); the same on every try. */
export interface UploadEnvelope {
  /** Of the whole body. */
  readonly contentType: string;
  readonly before: string;
  readonly after: string;
  /** Whether the file is written in base64. */
  readonly base64: boolean;
}

export interface RenderContext {
  readonly recording: RecordingView;
  readonly application: ApplicationView;
  /** Wall time of this attempt (it enters signatures). */
  readonly now: Date;
  /** True when the subscription's fallback address is being tried. */
  readonly fallback: boolean;
  /** Base URL of the gateway, without a trailing slash; absent where none is known. */
  readonly gatewayUrl?: string;
}

export interface RenderedNotification {
  /** `Subscription.name`. */
  readonly subscription: string;
  /** In the vendor's words: `recordingStatusCallback`, `recording_available_page`, `notify`, `webhook`. */
  readonly purpose: string;
  readonly request: WireRequest;
}

/** A ready-made HTTP request, byte for byte. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Absolute, without userinfo. */
  readonly url: string;
  /** Names in the vendor's spelling. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Basic credentials that stood in the URL; sent as an Authorization header, never shown. */
  readonly userinfo: SecretRef | null;
}

export interface FlowContext {
  readonly application: ApplicationView;
  readonly call: CallIdentity;
  readonly callState: CallState;
  readonly callDurationMs: number;
  /** Whether the call was answered, however short it was. */
  readonly answered: boolean;
  /** Who ended the call, once it has ended. */
  readonly hangupBy: 'caller' | 'callee' | 'gateway' | null;
  /** Why the call ended, once it has ended. */
  readonly endReason?: CallEndReason;
  /** The document that was running. */
  readonly documentUrl: string | null;
  readonly flowState: JsonObject;
  /** The recording that just ended, for its continuation. */
  readonly recording: RecordingView | null;
  readonly collected: { readonly digits: string; readonly finishKey: string | null } | null;
  /** The request follows a connection: how long it lasted, ms; 0 when nobody answered. */
  readonly connectedMs?: number;
  /** The request follows an interruption: the kind of the step that was cut off, null when it was between two. */
  readonly interrupted?: { readonly step: FlowStep['kind'] | null };
  readonly error: RecgateError | null;
  readonly now: Date;
  /** Base URL of the gateway, without a trailing slash; absent where none is known. */
  readonly gatewayUrl?: string;
}

export interface VendorErrorForm {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON value, or text for forms that are not JSON. */
  readonly body: JsonValue;
}

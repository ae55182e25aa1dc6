import type {
  AccountingEntry,
  CallIdentity,
  DocumentRole,
  FlowAction,
  FlowRequest,
  HoldMusic,
  JsonObject,
  JsonValue,
  MediaAddress,
  Party,
  RecordingSpec,
} from '#libs/recording-model';

/**
 * What the gateway asks of the media node that owns a call. Commands travel through a queue, so they hold no
 * credential: documents are sealed.
 */
export interface NodeCommands {
  openCall: { readonly request: OpenCall; readonly reply: OpenedCall };
  callEvent: { readonly request: CallEventCommand; readonly reply: Record<string, never> };
  instruct: { readonly request: InstructCommand; readonly reply: InstructReply };
  startRecording: { readonly request: StartRecordingCommand; readonly reply: { readonly recordingId: string; readonly created: boolean } };
  control: { readonly request: ControlCommand; readonly reply: Record<string, never> };
  interrupt: { readonly request: InterruptCommand; readonly reply: InterruptReply };
  participant: { readonly request: ParticipantCommand; readonly reply: Record<string, never> };
  hangup: { readonly request: { readonly callRef: string; readonly by: Party | null }; readonly reply: Record<string, never> };
}

export type NodeCommandName = keyof NodeCommands;

export const CODECS = ['PCMU', 'PCMA', 'L16'] as const;

/** WebSocket audio: raw PCM after a JSON message, Sinch connectStream, base64 in JSON frames. */
export const STREAM_DIALECTS = ['raw', 'sinch', 'json'] as const;

/** How the audio of one leg reaches the node. */
export type LegRequest =
  | {
      readonly transport: 'rtp';
      readonly codec: (typeof CODECS)[number];
      /** L16 only: 8000 or 16000. */
      readonly sampleRate?: number;
      /** For L16 and other dynamic types; PCMU is 0, PCMA 8. */
      readonly payloadType?: number;
      readonly telephoneEventPayloadType?: number;
      /** Only packets from here are accepted; absent: the first sender is. */
      readonly remote?: { readonly address: string; readonly port: number };
    }
  | { readonly transport: 'websocket'; readonly dialect: (typeof STREAM_DIALECTS)[number] };

export interface OpenCall {
  readonly callRef: string;
  readonly tenantId: string;
  readonly applicationId: string;
  readonly identity: CallIdentity;
  readonly legs: Readonly<Partial<Record<Party, LegRequest>>>;
  readonly answered: boolean;
  /** Whether the application is asked for its first document, or `begin` is carried out. */
  readonly fetchDocument: boolean;
  /** What the flow begins with in place of the application's own first request. */
  readonly begin?: FlowBeginning;
  /** `answered`: the flow begins when the call is answered. Absent: at once. */
  readonly beginWhen?: 'now' | 'answered';
  /** The call counts as answered when the first audio of a leg arrives, and as bridged when the connected one's does. */
  readonly answerOnMedia?: boolean;
  /** Whether the gateway carries the audio from one leg to the other once they are connected. */
  readonly relay?: boolean;
  /** A call that is not answered after this time ends, ms; absent: the media timeout alone decides. */
  readonly ringMs?: number;
  /**
   * A stream that comes opens the call: it is answered when the stream has said what it is. `namesCall`: the call bears
   * the id that the stream tells.
   */
  readonly byStream?: { readonly namesCall: boolean };
}

export type FlowBeginning =
  /** `flowState`: what the flow knows from its beginning on; holds no credential. */
  | { readonly kind: 'request'; readonly request: FlowRequest; readonly flowState?: JsonObject }
  /** `{ document }` sealed to tenant and call. */
  | { readonly kind: 'document'; readonly sealedDocument: string; readonly role: DocumentRole; readonly url: string | null };

export interface OpenedCall {
  readonly media: Readonly<Record<string, { readonly transport: string; readonly address: string }>>;
}

export interface CallEventCommand {
  readonly callRef: string;
  readonly event:
    | { readonly type: 'answered' }
    | { readonly type: 'bridged' }
    /** The connected party has gone; the call goes on. */
    | { readonly type: 'legEnded' }
    | { readonly type: 'dtmf'; readonly key: string; readonly party: Party }
    /** A flow that waits for the answer begins so; one that has begun goes on, and only knows what is carried along. */
    | { readonly type: 'begin'; readonly begin: Extract<FlowBeginning, { readonly kind: 'request' }> }
    /** `remote`: where the new party sends from; null: the next sender is taken. */
    | { readonly type: 'transfer'; readonly party: Party; readonly remote: MediaAddress | null };
}

export interface InstructCommand {
  readonly callRef: string;
  /** `{ document }` sealed to tenant and call. */
  readonly sealedDocument: string;
  readonly role: DocumentRole;
  readonly url: string | null;
  /** The same key twice is the same instruction: nothing is started again. */
  readonly idempotencyKey: string;
  /** Who hears the prompts of a document beside the flow; absent: as the flow's own. */
  readonly toward?: readonly Party[];
}

export interface InstructReply {
  /** Recordings accepted so far because of this document. */
  readonly recordings: readonly string[];
  readonly accounting: readonly AccountingEntry[];
  readonly warnings: readonly string[];
  /** True when the key was seen before and nothing was started. */
  readonly repeated: boolean;
}

/** Cuts off what the flow is doing (Aculab contract §6). A blocking recording is kept; its continuation is not asked. */
export interface InterruptCommand {
  readonly callRef: string;
  /** Asked for the document that goes on; null: the flow ends and so does the call. */
  readonly redirect: FlowRequest | null;
}

export interface InterruptReply {
  /** Kind of the step that was cut off; null when the flow was between two. */
  readonly step: FlowAction['kind'] | null;
}

/** Steers one participant of a conference. */
export interface ParticipantCommand {
  /** The participant's call. */
  readonly callRef: string;
  readonly action: 'mute' | 'unmute' | 'hold' | 'resume' | 'remove';
  /** What a participant on hold hears; absent: silence. */
  readonly music?: HoldMusic;
}

/** A recording asked for in canonical words. */
export interface StartRecordingCommand {
  readonly callRef: string;
  readonly spec: RecordingSpec;
  /** What became of each field of the request. */
  readonly accounting: readonly AccountingEntry[];
  /** Bag of the spec's credentials, sealed to tenant and call; null when there are none. */
  readonly sealedSecrets: string | null;
  /** Null: every start is a new recording. */
  readonly idempotencyKey: string | null;
}

export interface ControlCommand {
  readonly callRef: string;
  readonly recordingId: string;
  readonly action: 'stop' | 'pause' | 'resume' | 'mask' | 'unmask';
}

/** The commands and replies are plain JSON; the compiler cannot see that of interfaces, so it is said here. */
export function asJson(value: object): JsonValue {
  return value as JsonValue;
}

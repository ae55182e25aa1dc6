import type { SecretRef } from './secret.js';
import type { VendorName } from './vendor-name.js';
import type { FlowRequest } from './flow-step.js';

/**
 * The canonical recording job: everything any of the vendors can ask for. The vendor's defaults are already applied
 * by the adapter; the engine has no defaults of its own. All durations are media time.
 */
export interface RecordingSpec {
  /** The dialect the job was asked for in; decides how its events are rendered. */
  readonly vendor: VendorName;
  /** `blocking`: the call flow waits for the end. `background`: the flow goes on at once. */
  readonly mode: 'blocking' | 'background';
  readonly start: RecordingStart;
  readonly parties: RecordingParties;
  /** 1: the parties mixed. 2: caller on the left channel, callee on the right. */
  readonly channels: 1 | 2;
  /** Samples per second of each channel. */
  readonly sampleRate: number;
  /** Whether a beep is played to the call before the recording; it is never part of the file. */
  readonly beep: boolean;
  /** The keys that end the recording, each of `0-9*#A-D`; empty: no key does. */
  readonly stopKeys: string;
  /** Null: silence never ends the recording. */
  readonly silence: SilenceRule | null;
  /** Null: no limit of its own. */
  readonly maxDurationMs: number | null;
  /** A shorter recording is discarded; 0: none is. */
  readonly minDurationMs: number;
  /** Largest rendition in bytes; null: no limit. */
  readonly maxBytes: number | null;
  /** `leading` and `both` cut silence off the ends. */
  readonly trim: 'none' | 'leading' | 'both';
  /** Whether the recording goes on when a leg is replaced. */
  readonly followTransfer: boolean;
  /** Audio played to the party while recording; never part of the file. */
  readonly playDuring: { readonly url: string; readonly loop: number } | null;
  readonly format: RecordingFormat;
  readonly encryption: EncryptionRule | null;
  readonly destination: Destination;
  /** What happens when the named object is already there. */
  readonly ifExists: 'append' | 'overwrite' | 'unique';
  readonly retention: { readonly ttlSeconds: number; readonly action: 'delete' } | null;
  /** Names and numbers the application attached, under the vendor's names. */
  readonly labels: Readonly<Record<string, string | number>>;
  readonly transcription: TranscriptionRule | null;
  readonly subscriptions: readonly Subscription[];
  readonly continuation: RecordingContinuation | null;
}

export type RecordingStart = 'now' | 'onAnswer' | 'onBridge' | 'onFirstSound';

/** Whose audio is recorded. `both` is the call mix; `conference` is the mix of all participants. */
export type RecordingParties = 'both' | 'caller' | 'callee' | 'conference';

export interface SilenceRule {
  /** Silence before any sound that ends the recording, in ms; null: it waits for ever. */
  readonly initialMs: number | null;
  /** Silence after sound that ends the recording, in ms; null: it never does. */
  readonly finalMs: number | null;
  /** `auto`: speech is told from line noise. A number: mean absolute amplitude (0..32767) below which it is silent. */
  readonly level: 'auto' | number;
}

export type ContainerFormat = 'wav' | 'mp3' | 'raw';
export type AudioCodec = 'pcm16' | 'mulaw' | 'alaw' | 'mp3';

export interface RecordingFormat {
  readonly container: ContainerFormat;
  readonly codec: AudioCodec;
  /** MP3 only, kbit/s; null: the encoder's table decides. */
  readonly bitrateKbps: number | null;
  /** File name extension without its dot. */
  readonly extension: string;
  readonly contentType: string;
}

/** AES-CBC over the whole file with PKCS#7 padding; key and vector are hex in the secret bag. */
export interface EncryptionRule {
  readonly cipher: 'aes-cbc';
  readonly keyBits: 128 | 192 | 256;
  readonly key: SecretRef;
  readonly vector: SecretRef;
}

export interface TranscriptionRule {
  /** BCP 47, or null for the engine's own choice. */
  readonly locale: string | null;
  /** Words below this confidence (0..1) are replaced. Null: none are. */
  readonly lowConfidenceThreshold: number | null;
  readonly lowConfidenceReplacement: string | null;
  readonly timeoutMs: number | null;
}

/** Where the rendition goes. Credentials are references into the recording's secret bag. */
export type Destination =
  | S3Destination
  | GcsDestination
  | AzureBlobDestination
  | HttpUploadDestination
  | FtpUploadDestination
  | MediaStoreDestination
  | { readonly kind: 'none'; readonly reason: string };

export type DestinationKind = Destination['kind'];

export interface S3Destination {
  readonly kind: 's3';
  readonly bucket: string;
  /** Object key as the document gives it; null: the adapter names it when the recording ends. A trailing `/` marks a folder. */
  readonly key: string | null;
  readonly region: string | null;
  /** Null: the region's AWS endpoint. */
  readonly endpoint: string | null;
  /** `path` for `host/bucket/key`, `virtual` for `bucket.host/key`; null: the driver decides by the endpoint. */
  readonly addressing: 'path' | 'virtual' | null;
  readonly accessKeyId: SecretRef;
  readonly secretAccessKey: SecretRef;
}

export interface GcsDestination {
  readonly kind: 'gcs';
  readonly bucket: string;
  readonly project: string | null;
  readonly key: string | null;
  readonly endpoint: string | null;
  readonly auth:
    | { readonly kind: 'accessToken'; readonly token: SecretRef }
    | {
        readonly kind: 'refreshToken';
        readonly refreshToken: SecretRef;
        readonly clientId: SecretRef;
        readonly clientSecret: SecretRef;
      }
    /** Cloud Storage interoperability keys, spoken with the S3 client. */
    | { readonly kind: 'hmac'; readonly accessKeyId: SecretRef; readonly secretAccessKey: SecretRef };
}

export interface AzureBlobDestination {
  readonly kind: 'azure-blob';
  readonly account: string;
  readonly container: string;
  readonly key: string | null;
  readonly endpoint: string | null;
  readonly auth:
    | { readonly kind: 'accountKey'; readonly accountKey: SecretRef }
    | { readonly kind: 'sas'; readonly token: SecretRef };
}

export interface HttpUploadDestination {
  readonly kind: 'http-upload';
  /** Without userinfo. The adapter builds the final URL (`ObjectTarget.name`) when the recording has ended. */
  readonly url: string;
  readonly method: 'PUT' | 'POST';
  /** `user:password` for Basic, or null. */
  readonly userinfo: SecretRef | null;
}

export interface FtpUploadDestination {
  readonly kind: 'ftp-upload';
  /** `ftp` or `ftps` (TLS asked for on the control connection), without userinfo: a directory that is there. */
  readonly url: string;
  /** `user:password`, or null: anonymous. */
  readonly userinfo: SecretRef | null;
}

/** The gateway's own store. */
export interface MediaStoreDestination {
  readonly kind: 'media-store';
  /** Container (FlexML) or null for the application's own space. */
  readonly container: string | null;
  /** An existing file to append to or overwrite, or null for a new one. */
  readonly file: string | null;
}

/** Who wants to be told, and of what. */
export interface Subscription {
  /** Name of the wish in the vendor's words, for example `recordingStatusCallback`; unique within the spec. */
  readonly name: string;
  readonly events: readonly RecordingEventName[];
  /** Null: the address is the application's own (Sinch callback URL, Kazoo webhooks). */
  readonly url: string | null;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** `user:password` taken out of the URL, or null. */
  readonly userinfo: SecretRef | null;
  /** Tried once, when the primary fails; null: none. */
  readonly fallbackUrl: string | null;
  /** `durable`: retried for days. `vendor`: as the vendor does it. */
  readonly policy: 'durable' | 'vendor';
  /** `vendor` only: how often it is tried in all while no answer comes, and the pause between, ms. Absent: once. */
  readonly unanswered?: { readonly tries: number; readonly pauseMs: number };
}

/** What the call flow does when a blocking recording has ended. */
export interface RecordingContinuation {
  readonly onCompleted: FlowRequest | null;
  readonly onFailed: FlowRequest | null;
  /** True: `onCompleted` is asked only when the recording holds audio; otherwise the next step runs. */
  readonly onlyWithAudio: boolean;
  /** How far the recording must be before the request goes out. */
  readonly requires: 'captured' | 'available';
}

export const RECORDING_EVENT_NAMES = [
  'recording.started',
  'recording.finished',
  'recording.available',
  'recording.absent',
  'recording.discarded',
  'recording.cancelled',
  'recording.failed',
  'recording.deleted',
  'transcription.available',
  'transcription.failed',
  'transcription.timeout',
] as const;

export type RecordingEventName = (typeof RECORDING_EVENT_NAMES)[number];

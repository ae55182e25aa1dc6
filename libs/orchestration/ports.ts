import type {
  ApplicationView,
  CaptureResult,
  Clock,
  DestinationKind,
  Encoder,
  FileStore,
  IdSource,
  Ledger,
  NotificationSender,
  ObjectStore,
  PcmSource,
  PromptSource,
  RecordingFormat,
  Rendition,
  RenditionContent,
  SecretVault,
  SpeechToText,
  SpoolStore,
  TranscriptStore,
  VendorAdapter,
  VendorName,
  WorkQueue,
} from '#libs/recording-model';
import type { Readable } from 'node:stream';
import type { Metrics } from '#libs/telemetry';
import type { NameClaims } from './name-claims.js';

/** Everything orchestration is built on; the apps bind the implementations. */
export interface OrchestrationPorts {
  readonly ledger: Ledger;
  readonly work: WorkQueue;
  readonly vault: SecretVault;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly adapters: Readonly<Record<VendorName, VendorAdapter>>;
  readonly spools: SpoolStore;
  readonly encoder: Encoder;
  /** Renditions made while their recordings went on; absent: each is made after its capture. */
  readonly followed?: FollowedRenditions;
  /** Opens a rendition as it was encoded, however it lies on the own disk; absent: it lies plain (simulations). */
  readonly openRendition?: (rendition: Pick<Rendition, 'file'>, range?: { readonly start: number; readonly end: number }) => Readable;
  readonly stores: Readonly<Record<Exclude<DestinationKind, 'none'>, ObjectStore>>;
  readonly sender: NotificationSender;
  /** Absent: nothing is written down (simulations). */
  readonly transcription?: TranscriptionPorts;
  /** Signs manifests. */
  readonly signer: DocumentSigner;
  /** What stores need to know of bytes that no encoder made: their checksums. */
  readonly contentOf: (bytes: Buffer, contentType: string) => RenditionContent;
  /** The own store, as flows and doors use it; absent in simulations. */
  readonly files?: FileStore;
  /** Absent: prompts are timed, not played (simulations). */
  readonly prompts?: PromptSource;
  /** Absent: nothing can be appended to a stored file (simulations). */
  readonly appender?: AudioAppender;
  /** Absent: names that two recordings make of the same second may be alike. */
  readonly names?: NameClaims;
  readonly settings: OrchestrationSettings;
  readonly log: OrchestrationLog;
  readonly metrics: Metrics;
}

/** What writing down needs. */
export interface TranscriptionPorts {
  /** The engine that works for an application; null: there is none. */
  readonly engineFor: (application: ApplicationView) => SpeechToText | null;
  readonly store: TranscriptStore;
}

/** Signs texts so that they can be checked without the gateway. Not part of this contract: what is signed. */
export interface DocumentSigner {
  /** A compact JWS over the text. */
  sign(text: string): string;
  /** The public keys as a JWK Set. */
  publicKeys(): { readonly keys: readonly object[] };
}

/** Saves the time of encoding where the rendition grew with its recording. Not part of this contract: how it was made. */
export interface FollowedRenditions {
  /**
   * Moves the rendition of a finished capture to the output file, complete and durable; null when there is none that
   * holds exactly these samples in this format. Never throws.
   */
  takeFollowed(wanted: WantedRendition): Promise<Rendition | null>;
}

export interface WantedRendition {
  readonly recordingId: string;
  readonly capture: CaptureResult;
  readonly format: RecordingFormat;
  readonly outputFile: string;
}

/** Puts new audio behind that of a stored file. Not part of this contract: encoding, storing. */
export interface AudioAppender {
  /**
   * The old audio, exact to the sample, and the new one behind it, in the rate, channels and format of the old file.
   * @param next the new audio
   * @throws RecgateError `media.format` when the old file is no audio that can be read, `media.none` when it holds none
   */
  append(old: StoredAudioFile, next: PcmSource): Promise<AppendedAudio>;
}

export interface StoredAudioFile {
  /** Name extension without its dot; tells the raw formats. */
  readonly extension: string;
  readonly contentType: string;
  open(): Readable;
}

export interface AppendedAudio {
  readonly source: PcmSource;
  readonly format: RecordingFormat;
  /** Lets go of temporary copies; safe to repeat. */
  release(): Promise<void>;
}

export interface OrchestrationSettings {
  /** Directory of renditions on their way to a store. */
  readonly renditionDirectory: string;
  /** Directory of the waveforms' peaks. */
  readonly peaksDirectory: string;
  /** Whether a signed manifest is laid beside every recording in an external store. */
  readonly storeManifests: boolean;
  /** Whether a rendition stays in the gateway after an external store confirmed it. */
  readonly keepRenditions: boolean;
  /** A recording without progress for this long is looked at by the reconciler, ms. */
  readonly stuckAfterMs: number;
  /** How long a transcription may take whose document does not say it, ms. */
  readonly transcriptionTimeoutMs: number;
  /** How long files are kept where neither document nor application says it, seconds; null: for ever. */
  readonly retentionSeconds: number | null;
  /** Longest time that one attempt at a notification takes, ms. */
  readonly attemptTimeoutMs: number;
  /** Base URL under which applications reach the gateway, without a trailing slash; absent where none is known. */
  readonly gatewayUrl?: string;
}

/** Structured log lines; never a credential, never audio. */
export interface OrchestrationLog {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
}

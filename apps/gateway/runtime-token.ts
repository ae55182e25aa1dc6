import type { RecgateConfig } from '#libs/config';
import type { OrchestrationPorts } from '#libs/orchestration';
import type { NodeCommander } from '#libs/queues';
import type { Readable } from 'node:stream';
import type { ApiKeys } from '../wiring/api-keys.js';

/** Injection token of what the gateway is built on. */
export const GATEWAY = Symbol('gateway');

/** The audio of a recording as the API hands it out. */
export interface StoredAudio {
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly fileName: string;
  /** Of these very bytes, hex; absent: not known. */
  readonly sha256?: string;
  open(range?: { readonly start: number; readonly end: number }): Readable;
}

/** What the HTTP side is built on; bound by the process that starts it. */
export interface GatewayContext {
  readonly config: RecgateConfig;
  readonly ports: OrchestrationPorts;
  readonly commander: NodeCommander;
  readonly apiKeys: ApiKeys;
  /** Base URL under which this gateway is reached, without a trailing slash. */
  readonly publicUrl: () => string;
  /** Faults that make the gateway unfit to take work; empty when it is ready. */
  readonly readiness: () => Promise<readonly string[]>;
  /** The stored audio of an available recording; null when the gateway keeps no copy. */
  readonly openAudio: (recordingId: string) => Promise<StoredAudio | null>;
  /** Keeps an uploaded audio file until its recording is captured from it. */
  readonly saveUpload: (recordingId: string, body: Readable) => Promise<void>;
}

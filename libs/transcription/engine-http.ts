import type { Readable } from 'node:stream';

/** One request to a speech engine. */
export interface EngineRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly contentLength: number;
  readonly open: () => Readable;
  readonly signal: AbortSignal;
}

/**
 * Posts to a speech engine; bound by the app to its guarded client.
 * @throws RecgateError `outbound.*` when there was no answer
 */
export type EngineHttp = (request: EngineRequest) => Promise<{ readonly status: number; readonly body: string }>;

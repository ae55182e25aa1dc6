/** A request for audio. */
export interface AudioHttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** `user:password` for Basic authorization, or null. */
  readonly userinfo: string | null;
  readonly signal: AbortSignal;
}

export interface AudioHttpAnswer {
  readonly status: number;
  /** As the server sent it; null when it sent none. */
  readonly contentType: string | null;
  /** Must be read to its end or left early by `return`, which breaks the connection off. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The guarded HTTP client of the gateway. Bounds the time of the whole exchange; how much is read is the caller's matter.
 * @throws RecgateError `outbound.refused`, `outbound.failed`
 */
export type AudioHttp = (request: AudioHttpRequest) => Promise<AudioHttpAnswer>;

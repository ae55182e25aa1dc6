import type { Readable } from 'node:stream';

/** One upload. It is sent as it is: no redirect is followed, nothing is added but what HTTP itself needs. */
export interface Upload {
  readonly method: 'PUT' | 'POST';
  /** Absolute, without userinfo. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body, exactly. */
  readonly contentLength: number;
  /** Opens the body from its start. */
  readonly open: () => Readable;
  /** `user:password` for Basic authentication, or null. */
  readonly userinfo: string | null;
  readonly signal: AbortSignal;
}

export interface UploadAnswer {
  readonly status: number;
  /** Names in lower case; of repeated headers the first. */
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of the body, at most a few kilobytes. */
  readonly body: string;
}

/** Sends uploads; whoever implements it also decides where an upload may go. Any status is an answer. */
export interface UploadClient {
  /** @throws whatever went wrong before there was an answer; a RecgateError passes through as it is */
  send(upload: Upload): Promise<UploadAnswer>;
}

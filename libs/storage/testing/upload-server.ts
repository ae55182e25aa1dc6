import type { IncomingHttpHeaders } from 'node:http';
import { listenOnLoopback, readBody } from './http-server.js';

export interface ReceivedUpload {
  /** Wall time in ms. */
  readonly at: number;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in order and spelling as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface UploadAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface UploadServer {
  readonly url: string;
  /** Every request that came in whole, also those that were redirected or refused. */
  readonly received: readonly ReceivedUpload[];
  /** The body of the last upload to the path that was answered with 2xx. */
  object(path: string): ReceivedUpload | undefined;
  /** Answers in place of 200, by path; the first of several is used up by a request, the last one stays. */
  readonly answers: Map<string, UploadAnswer[]>;
  close(): Promise<void>;
}

export interface UploadServerOptions {
  readonly port?: number;
  /** `user:password` that Basic authentication must give; left out: nobody is asked. */
  readonly userinfo?: string;
}

/** A plain HTTP server that takes uploads and keeps them in memory. */
export async function startUploadServer({ port = 0, userinfo }: UploadServerOptions = {}): Promise<UploadServer> {
  const received: ReceivedUpload[] = [];
  const stored = new Map<string, ReceivedUpload>();
  const answers = new Map<string, UploadAnswer[]>();
  const expected = userinfo === undefined ? undefined : `Basic ${Buffer.from(userinfo).toString('base64')}`;

  const answerTo = (upload: ReceivedUpload, path: string): UploadAnswer => {
    if (expected !== undefined && upload.headers.authorization !== expected)
      return { status: 401, body: 'who are you?' };
    const planned = answers.get(path) ?? [];
    return (planned.length > 1 ? planned.shift() : planned[0]) ?? { status: 200 };
  };

  const running = await listenOnLoopback((request, response) => {
    const { method = '', url = '/', headers, rawHeaders } = request;
    readBody(request).then(
      (body) => {
        const upload = { at: Date.now(), method, url, headers, rawHeaders, body };
        const path = url.replace(/\?.*$/s, '');
        const answer = answerTo(upload, path);
        received.push(upload);
        if (answer.status >= 200 && answer.status < 300) stored.set(path, upload);
        response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
      },
      () => response.destroy(),
    );
  }, port);

  return { url: running.url, received, object: (path) => stored.get(path), answers, close: running.close };
}

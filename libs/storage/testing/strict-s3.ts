import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenOnLoopback, readBody } from './http-server.js';
import { S3Fault } from './s3-fault.js';
import { verifySigV4, type SignedRequest } from './sigv4-verifier.js';
import {
  StrictS3Objects,
  type AnswerStyle,
  type S3Reply,
  type S3Request,
  type StoredS3Object,
} from './strict-s3-objects.js';

export interface StrictS3Options {
  /** 0 takes a free port. */
  readonly port?: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly buckets: readonly string[];
  /** Signatures for another region are refused with this one named; left out: any is taken. */
  readonly region?: string;
  /** Answers carry `x-goog-hash`, as Google's do. */
  readonly googleHashes?: boolean;
}

/** What the server does wrong until it is told otherwise. */
export interface StrictS3Faults {
  /** Requests that are still to be answered with 503 SlowDown. */
  failNext: number;
  /** Requests whose connection is still to be cut before an answer. */
  cutNext: number;
  /** ETags and checksums in answers are those of other bytes. */
  wrongEtags: boolean;
  /** GET, HEAD and listing are denied: credentials that may only write. */
  writeOnly: boolean;
  /** ETags are not MD5s, as with keys of a key management service. */
  opaqueEtags: boolean;
  /** The error to answer each write with. */
  refuseWrites: { readonly status: number; readonly code: string; readonly message: string } | null;
}

export interface StrictS3 {
  readonly url: string;
  /** What to misbehave in; set the fields at any time. */
  readonly faults: StrictS3Faults;
  object(bucket: string, key: string): Buffer | undefined;
  /** Everything stored, with content type and metadata. */
  objects(): readonly StoredS3Object[];
  /** Ids of the multipart uploads that are neither complete nor aborted. */
  openUploads(): readonly string[];
  /** Method and URL of every request so far, in order. */
  readonly requests: readonly string[];
  /** Called with method and URL of each request that has arrived, before it is answered. */
  onRequest: ((line: string) => void) | null;
  close(): Promise<void>;
}

const NO_FAULTS: StrictS3Faults = {
  failNext: 0,
  cutNext: 0,
  wrongEtags: false,
  writeOnly: false,
  opaqueEtags: false,
  refuseWrites: null,
};

/**
 * An S3 server of our own for tests and demonstrations, in memory and stricter than the real one: it verifies every
 * signature, Content-MD5 and x-amz-checksum, refuses parts under 5 MiB that are not the last, and answers true ETags.
 * It knows PutObject, the multipart calls, GetObject, HeadObject, DeleteObject and the listing of open uploads.
 */
export async function startStrictS3(options: StrictS3Options): Promise<StrictS3> {
  const faults = { ...NO_FAULTS };
  const objects = new StrictS3Objects(options.buckets);
  const requests: string[] = [];
  const keys = { ...options, region: options.region ?? null };

  const answer = async (request: IncomingMessage): Promise<S3Reply | 'cut'> => {
    requests.push(`${request.method} ${request.url}`);
    server.onRequest?.(`${request.method} ${request.url}`);
    const signed: SignedRequest = {
      method: request.method ?? '',
      url: request.url ?? '/',
      headers: request.headers,
      body: await readBody(request),
    };
    if (faults.cutNext > 0) {
      faults.cutNext -= 1;
      return 'cut';
    }
    verifySigV4(signed, keys);
    return objects.handle(locate(signed), {
      ...misbehave(faults, signed),
      googleHashes: options.googleHashes === true,
    });
  };

  const running = await listenOnLoopback((request, response) => {
    answer(request).then(
      (reply) => (reply === 'cut' ? request.socket.destroy() : send(response, reply)),
      (error: unknown) => send(response, faultReply(error)),
    );
  }, options.port);

  const server: StrictS3 = {
    url: running.url,
    faults,
    object: (bucket, key) => objects.find(bucket, key)?.body,
    objects: () => objects.all(),
    openUploads: () => objects.openUploads(),
    requests,
    onRequest: null,
    close: running.close,
  };
  return server;
}

/** @throws S3Fault the fault that is due for this request */
function misbehave(
  faults: StrictS3Faults,
  { method, url }: SignedRequest,
): Pick<AnswerStyle, 'wrongEtags' | 'opaqueEtags'> {
  if (faults.failNext > 0) {
    faults.failNext -= 1;
    throw new S3Fault(503, 'SlowDown', 'Please reduce your request rate.');
  }
  const reads = method === 'GET' || method === 'HEAD' || (method === 'DELETE' && !url.includes('uploadId='));
  if (faults.writeOnly && reads) throw new S3Fault(403, 'AccessDenied', 'Access Denied');
  if (faults.refuseWrites !== null && method === 'PUT') {
    throw new S3Fault(faults.refuseWrites.status, faults.refuseWrites.code, faults.refuseWrites.message);
  }
  return { wrongEtags: faults.wrongEtags, opaqueEtags: faults.opaqueEtags };
}

/** Finds bucket and key in the host (`bucket.host`) or in the path (`/bucket/key`). */
function locate({ method, url, headers, body }: SignedRequest): S3Request {
  const [path = '/', query = ''] = url.split(/\?(.*)/s);
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  const virtual = /^\d+\.\d+\.\d+\.\d+$/.test(host) ? undefined : /^([^.]+)\./.exec(host)?.[1];
  const [, inPath = '', rest = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  const bucket = virtual ?? decodeURIComponent(inPath);
  const key = decodeURIComponent(virtual === undefined ? rest : path.slice(1));
  return { method, bucket, key, query: new URLSearchParams(query), headers, body };
}

function faultReply(error: unknown): S3Reply {
  const fault = error instanceof S3Fault ? error : new S3Fault(500, 'InternalError', String(error));
  return { status: fault.status, headers: { 'content-type': 'application/xml' }, body: fault.toXml() };
}

function send(response: ServerResponse, reply: S3Reply): void {
  response.writeHead(reply.status, { 'x-amz-request-id': 'strict-s3', ...reply.headers }).end(reply.body);
}

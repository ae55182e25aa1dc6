import type { LookupFunction } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';

/** How to reach and sign for one S3-compatible store. */
export interface S3Connection {
  /** Null: the AWS endpoint of the region. */
  readonly endpoint: string | null;
  readonly region: string;
  /** `path`: host/bucket/key. `virtual`: bucket.host/key. */
  readonly addressing: 'path' | 'virtual';
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /**
   * What the store is asked to verify. `crc32c`: the checksum of the whole object, as AWS does it. `md5`: Content-MD5
   * and ETags, which every S3-compatible store knows; no AWS checksum header is sent then.
   */
  readonly integrity: 'crc32c' | 'md5';
}

/** Limits of the transfer; the defaults suit recordings. */
export interface S3Tuning {
  /** Bytes of a part; at least 5 MiB. A rendition no larger than a part is written with one PutObject. */
  readonly partSize: number;
  /** Parts under way at once; each holds `partSize` bytes of memory. */
  readonly concurrency: number;
  /** Tries of one request, the first included. */
  readonly attempts: number;
  readonly connectTimeoutMs: number;
  /** Silence on a connection after which a request fails. */
  readonly idleTimeoutMs: number;
  /** Resolves host names; default: the system's resolver. */
  readonly lookup?: LookupFunction;
}

export const DEFAULT_S3_TUNING: S3Tuning = {
  partSize: 5 * 1024 * 1024,
  concurrency: 3,
  attempts: 3,
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
};

/**
 * How long requests that begin or finish an upload may go on after the stop, ms: giving them up at once would leave an
 * upload nobody knows of.
 */
const STOP_GRACE_MS = 5000;

/**
 * A client for one write, which must be destroyed afterwards. The signal stops the requests that carry bytes at once,
 * the others a little later.
 */
export class StoppableS3Client {
  readonly client: S3Client;
  readonly #running = new Set<Promise<unknown>>();

  constructor(connection: S3Connection, tuning: S3Tuning, signal: AbortSignal) {
    this.client = createClient(connection, tuning);
    const later = delayed(signal, STOP_GRACE_MS);
    const handler = this.client.config.requestHandler;
    const send = handler.handle.bind(handler);
    handler.handle = (request, options) => {
      const { method } = request as { readonly method: string };
      const abortSignal = method === 'PUT' ? signal : later;
      return this.#track(send(request, { ...options, abortSignal }));
    };
  }

  /** Waits until no request is under way. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

function delayed(signal: AbortSignal, graceMs: number): AbortSignal {
  const later = new AbortController();
  const fire = (): void => void setTimeout(() => later.abort(), graceMs).unref();
  if (signal.aborted) fire();
  else signal.addEventListener('abort', fire, { once: true });
  return later.signal;
}

function createClient(connection: S3Connection, tuning: S3Tuning): S3Client {
  const { endpoint, region, addressing, accessKeyId, secretAccessKey } = connection;
  return new S3Client({
    ...(endpoint !== null && { endpoint }),
    region,
    forcePathStyle: addressing === 'path',
    followRegionRedirects: endpoint === null,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: tuning.attempts,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: tuning.connectTimeoutMs,
      socketTimeout: tuning.idleTimeoutMs,
      ...(tuning.lookup && { httpAgent: { lookup: tuning.lookup }, httpsAgent: { lookup: tuning.lookup } }),
    },
  });
}

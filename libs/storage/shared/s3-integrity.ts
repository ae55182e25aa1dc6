import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { RenditionContent, StorageReceipt } from '#libs/recording-model';
import { checksumError } from './store-error.js';

type VerifiedBy = StorageReceipt['verifiedBy'];

/** What a store says of an object it just took. */
export interface S3Answer {
  readonly ETag?: string | undefined;
  readonly ChecksumCRC32C?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}

const MD5_ETAG = /^"?([0-9a-f]{32})"?$/i;
const MULTIPART_ETAG = /^"?([0-9a-f]{32}-\d+)"?$/i;

/** Their answers speak of the whole object. */
const LAST_REQUESTS = new Set(['PutObjectCommand', 'CompleteMultipartUploadCommand']);

/** With keys of its own the store's ETag is no MD5; its acceptance of the MD5 or CRC it was sent stands instead. */
function hasOpaqueEtag(answer: S3Answer): boolean {
  return answer.ServerSideEncryption?.startsWith('aws:kms') === true || answer.SSECustomerAlgorithm !== undefined;
}

/**
 * Compares every part with the ETag the store answered to it, and the object with the store's last answer. In `md5`
 * mode it also gives the store the MD5 of each part beforehand.
 */
export class S3Integrity {
  readonly #store: string;
  readonly #content: RenditionContent;
  readonly #mode: 'crc32c' | 'md5';
  readonly #parts = new Map<number, string>();
  #googleHash: string | null = null;

  constructor(store: string, content: RenditionContent, mode: 'crc32c' | 'md5') {
    this.#store = store;
    this.#content = content;
    this.#mode = mode;
  }

  /** Hangs the comparisons into the client that is going to write. */
  watch(client: S3Client): void {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const checksum = context['commandName'] === 'CompleteMultipartUploadCommand' && this.#mode === 'crc32c';
        const input = checksum ? { ...args.input, ChecksumCRC32C: this.#content.crc32c } : args.input;
        return next({ ...args, input });
      },
      { step: 'initialize', name: 'wholeObjectChecksum' },
    );
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (context['commandName'] !== 'UploadPartCommand') return next(args);
        const digest = createHash('md5').update(bodyOf(args.request)).digest();
        if (this.#mode === 'md5') setHeader(args.request, 'content-md5', digest.toString('base64'));
        const result = await next(args);
        this.#checkPart(partNumberOf(args.input), digest.toString('hex'), answerOf(result.output));
        return result;
      },
      { step: 'build', name: 'partChecksum' },
    );
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const result = await next(args);
        if (LAST_REQUESTS.has(String(context['commandName'])))
          this.#googleHash = headerOf(result.response, 'x-goog-hash');
        return result;
      },
      { step: 'deserialize', name: 'googleHash' },
    );
  }

  /**
   * Compares the store's answer to the last request of the write with what was sent.
   * @throws RecgateError `destination.checksum`
   */
  confirm(answer: S3Answer): VerifiedBy {
    if (answer.ChecksumCRC32C !== undefined)
      return this.#same(this.#content.crc32c, answer.ChecksumCRC32C, 'checksum-crc32c');
    const google = /crc32c=([A-Za-z0-9+/=]+)/.exec(this.#googleHash ?? '')?.[1];
    if (google !== undefined) return this.#same(this.#content.crc32c, google, 'checksum-crc32c');
    return this.#parts.size > 0 ? this.#confirmParts(answer) : this.#confirmWhole(answer);
  }

  #confirmWhole(answer: S3Answer): VerifiedBy {
    if (hasOpaqueEtag(answer)) return 'content-md5';
    const md5 = Buffer.from(this.#content.md5, 'base64').toString('hex');
    return this.#same(
      md5,
      MD5_ETAG.exec(answer.ETag ?? '')?.[1]?.toLowerCase() ?? `ETag ${answer.ETag ?? 'none'}`,
      'etag-md5',
    );
  }

  /** All parts were compared already; an ETag of the usual form must also fit the parts in their order. */
  #confirmParts(answer: S3Answer): VerifiedBy {
    if (hasOpaqueEtag(answer)) return 'content-md5';
    const confirmed = MULTIPART_ETAG.exec(answer.ETag ?? '')?.[1]?.toLowerCase();
    if (confirmed === undefined) return 'etag-md5';
    const digests = [...this.#parts].sort(([a], [b]) => a - b).map(([, digest]) => Buffer.from(digest, 'hex'));
    const whole = createHash('md5').update(Buffer.concat(digests)).digest('hex');
    return this.#same(`${whole}-${digests.length}`, confirmed, 'etag-md5');
  }

  #checkPart(partNumber: number, digest: string, answer: S3Answer): void {
    this.#parts.set(partNumber, digest);
    if (hasOpaqueEtag(answer)) return;
    const confirmed = MD5_ETAG.exec(answer.ETag ?? '')?.[1]?.toLowerCase();
    if (confirmed !== digest)
      throw checksumError(`${this.#store}, part ${partNumber}`, digest, answer.ETag ?? 'no ETag');
  }

  #same(sent: string, confirmed: string, how: VerifiedBy): VerifiedBy {
    if (sent !== confirmed) throw checksumError(this.#store, sent, confirmed);
    return how;
  }
}

function bodyOf(request: unknown): Uint8Array {
  const body = isObject(request) ? request['body'] : undefined;
  if (body instanceof Uint8Array) return body;
  throw new TypeError('A part of an upload is not held in memory');
}

function setHeader(request: unknown, name: string, value: string): void {
  const headers = isObject(request) ? request['headers'] : undefined;
  if (isObject(headers)) headers[name] = value;
}

function headerOf(response: unknown, name: string): string | null {
  const headers = isObject(response) ? response['headers'] : undefined;
  const value = isObject(headers) ? headers[name] : undefined;
  return typeof value === 'string' ? value : null;
}

function partNumberOf(input: unknown): number {
  const number = isObject(input) ? input['PartNumber'] : undefined;
  return typeof number === 'number' ? number : 0;
}

function answerOf(output: object): S3Answer {
  const text = (name: string): string | undefined => {
    const value = isObject(output) ? output[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  return {
    ETag: text('ETag'),
    ServerSideEncryption: text('ServerSideEncryption'),
    SSECustomerAlgorithm: text('SSECustomerAlgorithm'),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

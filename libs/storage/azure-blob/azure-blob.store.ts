import { createHash } from 'node:crypto';
import {
  AnonymousCredential,
  BlockBlobClient,
  StorageSharedKeyCredential,
  type BlockBlobParallelUploadOptions,
  type StoragePipelineOptions,
} from '@azure/storage-blob';
import {
  RecgateError,
  reveal,
  type AzureBlobDestination,
  type ObjectStore,
  type ObjectTarget,
  type PutRequest,
  type RemoveRequest,
  type RenditionContent,
  type SecretBag,
  type StorageReceipt,
  type UploadLeftover,
} from '#libs/recording-model';
import { ContentSource } from '../shared/content-source.js';
import { headerMetadata } from '../shared/metadata.js';
import { encodeKey, safeObjectKey, safeStoreName } from '../shared/object-key.js';
import { checksumError, stoppedError, storeError } from '../shared/store-error.js';
import { AZURE_REFUSALS, azureRefusalOf } from './azure-refusals.js';

export interface AzureBlobStoreOptions {
  /**
   * Service URL for destinations that name no endpoint, `{account}` standing for the account.
   * Default `https://{account}.blob.core.windows.net`.
   */
  readonly defaultEndpoint?: string;
  /** Bytes of a block, default 8 MiB. A rendition no larger than a block is written with one request. */
  readonly blockSize?: number;
  /** Blocks under way at once, default 3; each holds `blockSize` bytes of memory. */
  readonly concurrency?: number;
  /** Longest time for one block, ms; default 5 minutes. */
  readonly blockTimeoutMs?: number;
}

const DEFAULTS = {
  defaultEndpoint: 'https://{account}.blob.core.windows.net',
  blockSize: 8 * 1024 * 1024,
  concurrency: 3,
  blockTimeoutMs: 300_000,
} as const satisfies AzureBlobStoreOptions;

const RETRIES: StoragePipelineOptions = { retryOptions: { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2000 } };

type BlobHeaders = Pick<BlockBlobParallelUploadOptions, 'blobHTTPHeaders' | 'metadata'>;

/**
 * Writes block blobs to Azure. A SAS that may only write is enough (one that may only create cannot write a name
 * again). Blocks of an upload that was never committed are no object, cannot be aborted and are dropped by Azure after
 * a week; their ids follow from their position, so a repeated upload replaces them.
 */
export class AzureBlobStore implements ObjectStore {
  readonly kind = 'azure-blob';
  readonly #options: Required<AzureBlobStoreOptions>;

  constructor(options: AzureBlobStoreOptions = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  async put(request: PutRequest): Promise<StorageReceipt> {
    const destination = azureDestinationOf(request.target);
    const key = safeObjectKey(request.target.name, 'azure-blob');
    const store = `Azure container "${destination.container}"`;
    if (request.signal.aborted) throw stoppedError(store);
    const url = `${this.#containerUrl(destination)}/${encodeKey(key)}`;
    const source = new ContentSource(request.content);
    try {
      const blob = openBlob(url, destination, request.secrets);
      const etag = await this.#write(blob, source, request, store);
      return receiptOf(request.content, `azure://${destination.account}/${destination.container}/${key}`, url, etag);
    } catch (error) {
      source.throwIfBroken();
      if (request.signal.aborted) throw stoppedError(store);
      if (error instanceof RecgateError) throw error;
      throw storeError(store, azureRefusalOf(error), AZURE_REFUSALS, request.secrets);
    } finally {
      source.close();
    }
  }

  /** Nothing to do: see the class. */
  async abort(leftover: UploadLeftover, _secrets: SecretBag): Promise<void> {
    azureDestinationOf(leftover.target);
  }

  async remove({ target, secrets }: RemoveRequest): Promise<boolean> {
    const destination = azureDestinationOf(target);
    const url = `${this.#containerUrl(destination)}/${encodeKey(safeObjectKey(target.name, 'azure-blob'))}`;
    try {
      const abortSignal = AbortSignal.timeout(this.#options.blockTimeoutMs);
      await openBlob(url, destination, secrets).deleteIfExists({ deleteSnapshots: 'include', abortSignal });
      return true;
    } catch (error) {
      if (error instanceof RecgateError) throw error;
      throw storeError(`Azure container "${destination.container}"`, azureRefusalOf(error), AZURE_REFUSALS, secrets);
    }
  }

  async #write(
    blob: BlockBlobClient,
    source: ContentSource,
    request: PutRequest,
    store: string,
  ): Promise<string | null> {
    const { content, target, metadata } = request;
    const headers: BlobHeaders = {
      blobHTTPHeaders: { blobContentType: target.contentType, blobContentMD5: Buffer.from(content.md5, 'base64') },
      metadata: identifiers(headerMetadata(metadata)),
    };
    return content.sizeBytes <= this.#options.blockSize
      ? await this.#writeWhole(blob, source, headers, request.signal, store)
      : await this.#writeBlocks(blob, source, headers, request.signal, store);
  }

  async #writeWhole(
    blob: BlockBlobClient,
    source: ContentSource,
    headers: BlobHeaders,
    signal: AbortSignal,
    store: string,
  ): Promise<string | null> {
    const bytes = await source.bytes();
    const md5 = createHash('md5').update(bytes).digest();
    const abortSignal = this.#limit(signal);
    const answer = await blob.upload(bytes, bytes.length, { ...headers, transactionalContentMD5: md5, abortSignal });
    compare(store, md5, answer.contentMD5);
    return answer.etag ?? null;
  }

  async #writeBlocks(
    blob: BlockBlobClient,
    source: ContentSource,
    headers: BlobHeaders,
    signal: AbortSignal,
    store: string,
  ): Promise<string | null> {
    const ids: string[] = [];
    const failed = new AbortController();
    const running = new Set<Promise<void>>();
    let failure: unknown = null;
    const stage = async (id: string, bytes: Buffer): Promise<void> => {
      const md5 = createHash('md5').update(bytes).digest();
      const abortSignal = this.#limit(AbortSignal.any([signal, failed.signal]));
      const answer = await blob.stageBlock(id, bytes, bytes.length, { transactionalContentMD5: md5, abortSignal });
      compare(`${store}, block ${ids.indexOf(id) + 1}`, md5, answer.contentMD5);
    };
    try {
      for await (const bytes of source.blocks(this.#options.blockSize)) {
        signal.throwIfAborted();
        const id = blockId(ids.length);
        ids.push(id);
        const sending: Promise<void> = stage(id, bytes)
          .catch((error: unknown) => {
            failure ??= error;
            failed.abort();
          })
          .finally(() => running.delete(sending));
        running.add(sending);
        if (running.size >= this.#options.concurrency) await Promise.race(running);
        if (failure !== null) break;
      }
    } finally {
      await Promise.all(running);
    }
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- it is what was thrown
    if (failure !== null) throw failure;
    const answer = await blob.commitBlockList(ids, { ...headers, abortSignal: this.#limit(signal) });
    return answer.etag ?? null;
  }

  #limit(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, AbortSignal.timeout(this.#options.blockTimeoutMs)]);
  }

  #containerUrl(destination: AzureBlobDestination): string {
    const account = safeStoreName(destination.account, 'account');
    const endpoint = destination.endpoint ?? this.#options.defaultEndpoint;
    return `${endpoint.replace('{account}', account).replace(/\/+$/, '')}/${safeStoreName(destination.container, 'container')}`;
  }
}

function openBlob(url: string, { account, auth }: AzureBlobDestination, secrets: SecretBag): BlockBlobClient {
  switch (auth.kind) {
    case 'accountKey':
      return new BlockBlobClient(
        url,
        new StorageSharedKeyCredential(account, reveal(secrets, auth.accountKey)),
        RETRIES,
      );
    case 'sas':
      return new BlockBlobClient(
        `${url}?${reveal(secrets, auth.token).replace(/^\?/, '')}`,
        new AnonymousCredential(),
        RETRIES,
      );
  }
}

/** Where the service repeats no MD5, its acceptance of the one it was sent stands: it refuses bytes that do not fit. */
function compare(store: string, sent: Buffer, confirmed: Uint8Array | undefined): void {
  if (confirmed === undefined || sent.equals(confirmed)) return;
  throw checksumError(store, sent.toString('hex'), Buffer.from(confirmed).toString('hex'));
}

function blockId(index: number): string {
  return Buffer.from(`recgate-${String(index).padStart(8, '0')}`).toString('base64');
}

/** Azure wants metadata names to be identifiers. */
function identifiers(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(metadata).map(([name, value]): [string, string] => [
    name.replaceAll('-', '_').replace(/^(?=\d)/, '_'),
    value,
  ]);
  return Object.fromEntries(pairs);
}

function receiptOf(content: RenditionContent, location: string, url: string, etag: string | null): StorageReceipt {
  const { sizeBytes, sha256 } = content;
  return { location, url, etag, sizeBytes, sha256, verifiedBy: 'content-md5', storedAt: new Date().toISOString() };
}

function azureDestinationOf({ destination }: ObjectTarget): AzureBlobDestination {
  if (destination.kind === 'azure-blob') return destination;
  throw new RecgateError('gateway.internal', `A target of kind "${destination.kind}" was given to the Azure store`);
}

import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { RecgateError, type RenditionContent, type SecretBag, type StorageReceipt } from '#libs/recording-model';
import { ContentSource } from './content-source.js';
import { StoppableS3Client, type S3Connection, type S3Tuning } from './s3-connection.js';
import { headerMetadata } from './metadata.js';
import { S3Integrity } from './s3-integrity.js';
import { regionNamedIn, S3_REFUSALS, s3RefusalOf } from './s3-refusals.js';
import { stoppedError, storeError } from './store-error.js';
import { UploadNote } from './upload-note.js';

/** One object to write. */
export interface S3Write {
  readonly bucket: string;
  readonly key: string;
  readonly content: RenditionContent;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly secrets: SecretBag;
  readonly signal: AbortSignal;
  /** Called with the upload id before the first part is sent. */
  readonly onUploadStarted: (uploadId: string) => Promise<void>;
}

export interface S3WriteResult {
  readonly etag: string | null;
  readonly verifiedBy: StorageReceipt['verifiedBy'];
  /** The region the bucket turned out to lie in. */
  readonly region: string;
}

/** An unfinished upload to be removed. */
export interface S3Leftover {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  readonly secrets: SecretBag;
}

/** Errors that mean there is nothing left to remove. */
const ALREADY_GONE = new Set(['NoSuchUpload', 'NoSuchBucket', 'NoSuchKey', 'NotFound']);

const ABORT_TIMEOUT_MS = 120_000;
/** After a failed write; what is still there then is aborted later by its note. */
const CLEAN_UP_TIMEOUT_MS = 10_000;

/**
 * Writes objects to S3 and to stores that speak its language. Not part of it: choosing endpoint, region and key.
 * It never reads from the bucket: permission to put objects and to abort uploads is all it needs.
 */
export class S3Writer {
  readonly #connection: S3Connection;
  readonly #tuning: S3Tuning;
  readonly #store: string;

  /** @param store what error messages call the store, for example `S3 bucket "calls"` */
  constructor(store: string, connection: S3Connection, tuning: S3Tuning) {
    this.#store = store;
    this.#connection = connection;
    this.#tuning = tuning;
  }

  /**
   * Writes the object, in parts when it is larger than one. A bucket in another region is written there when the
   * store names the region.
   * @throws RecgateError `destination.*`; `gateway.unavailable` when the signal fired
   */
  async put(write: S3Write): Promise<S3WriteResult> {
    try {
      return await this.#putIn(this.#connection.region, write);
    } catch (error) {
      const region = regionNamedIn(error);
      if (region === null || region === this.#connection.region) throw this.#explain(error, write.secrets);
      return await this.#putIn(region, write).catch((again: unknown) => {
        throw this.#explain(again, write.secrets);
      });
    }
  }

  /** Removes an unfinished upload; one that is gone is a success. */
  async abort(leftover: S3Leftover): Promise<void> {
    await this.#whereItLies(leftover.secrets, (region) => this.#abortIn(region, leftover, AbortSignal.timeout(ABORT_TIMEOUT_MS)));
  }

  /** Removes an object; one that is gone is a success. */
  async remove({ bucket, key, secrets }: Omit<S3Leftover, 'uploadId'>): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
    await this.#whereItLies(secrets, (region) =>
      this.#askIn(region, AbortSignal.timeout(ABORT_TIMEOUT_MS), (client) => client.send(command)),
    );
  }

  /** Asks in the region the bucket was said to lie in, then in the one that the store names instead. */
  async #whereItLies(secrets: SecretBag, ask: (region: string) => Promise<void>): Promise<void> {
    const regions = [this.#connection.region];
    for (const region of regions) {
      try {
        await ask(region);
        return;
      } catch (error) {
        const named = regionNamedIn(error);
        if (named === null || regions.includes(named)) throw this.#explain(error, secrets);
        regions.push(named);
      }
    }
  }

  async #putIn(region: string, write: S3Write): Promise<S3WriteResult> {
    if (write.signal.aborted) throw stoppedError(this.#store);
    const source = new ContentSource(write.content);
    const s3 = new StoppableS3Client({ ...this.#connection, region }, this.#tuning, write.signal);
    const integrity = new S3Integrity(this.#store, write.content, this.#connection.integrity);
    integrity.watch(s3.client);
    const upload = new UploadNote(write.onUploadStarted);
    upload.watch(s3.client);
    try {
      const answer = await runUpload(this.#upload(s3, source, write), write.signal);
      return { etag: answer.ETag ?? null, verifiedBy: integrity.confirm(answer), region };
    } catch (error) {
      await s3.settled();
      await this.#cleanUp(region, write, await upload.id());
      source.throwIfBroken();
      throw write.signal.aborted ? stoppedError(this.#store) : error;
    } finally {
      source.close();
      s3.client.destroy();
    }
  }

  #upload(s3: StoppableS3Client, source: ContentSource, write: S3Write): Upload {
    const params = {
      Bucket: write.bucket,
      Key: write.key,
      Body: source.open(),
      ContentType: write.contentType,
      ContentLength: write.content.sizeBytes,
      Metadata: headerMetadata(write.metadata),
      ...this.#checksumParams(write.content),
    };
    return new Upload({
      client: s3.client,
      params,
      partSize: Math.max(this.#tuning.partSize, Math.ceil(write.content.sizeBytes / 10_000)),
      queueSize: this.#tuning.concurrency,
      leavePartsOnError: true,
    });
  }

  #checksumParams(content: RenditionContent): Partial<PutObjectCommandInput> {
    const single = content.sizeBytes <= this.#tuning.partSize;
    if (this.#connection.integrity === 'md5') return single ? { ContentMD5: content.md5 } : {};
    if (single) return { ChecksumCRC32C: content.crc32c };
    const wholeObject = { ChecksumAlgorithm: 'CRC32C', ChecksumType: 'FULL_OBJECT' } as const;
    return wholeObject;
  }

  /** A failure here is not the failure of the write: the upload was noted and will be aborted later. */
  async #cleanUp(region: string, write: S3Write, uploadId: string | null): Promise<void> {
    if (uploadId === null) return;
    const { bucket, key, secrets } = write;
    const limit = AbortSignal.timeout(CLEAN_UP_TIMEOUT_MS);
    await this.#abortIn(region, { bucket, key, uploadId, secrets }, limit).catch(() => undefined);
  }

  async #abortIn(region: string, leftover: S3Leftover, limit: AbortSignal): Promise<void> {
    const { bucket: Bucket, key: Key, uploadId: UploadId } = leftover;
    await this.#askIn(region, limit, (client) => client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })));
  }

  async #askIn(region: string, limit: AbortSignal, ask: (client: S3Client) => Promise<unknown>): Promise<void> {
    const { client } = new StoppableS3Client({ ...this.#connection, region }, this.#tuning, limit);
    try {
      await ask(client);
    } catch (error) {
      if (!(error instanceof Error) || !ALREADY_GONE.has(error.name)) throw error;
    } finally {
      client.destroy();
    }
  }

  #explain(error: unknown, secrets: SecretBag): RecgateError {
    return error instanceof RecgateError ? error : storeError(this.#store, s3RefusalOf(error), S3_REFUSALS, secrets);
  }
}

async function runUpload(upload: Upload, signal: AbortSignal): ReturnType<Upload['done']> {
  const stop = (): void => void upload.abort();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await upload.done();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

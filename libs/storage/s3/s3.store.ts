import {
  reveal,
  RecgateError,
  type ObjectStore,
  type ObjectTarget,
  type PutRequest,
  type RemoveRequest,
  type S3Destination,
  type SecretBag,
  type StorageReceipt,
  type UploadLeftover,
} from '#libs/recording-model';
import { encodeKey, safeObjectKey, safeStoreName } from '../shared/object-key.js';
import { DEFAULT_S3_TUNING, type S3Connection, type S3Tuning } from '../shared/s3-connection.js';
import { S3Writer } from '../shared/s3-writer.js';

export interface S3StoreOptions {
  /** Used for destinations that name no endpoint, in place of AWS; for private clouds and tests. */
  readonly defaultEndpoint?: string;
  /** Used for destinations that name no region. AWS corrects a wrong one. */
  readonly defaultRegion?: string;
  readonly tuning?: Partial<S3Tuning>;
}

/** Writes to Amazon S3 and to any store that speaks its language at an endpoint of its own. */
export class S3Store implements ObjectStore {
  readonly kind = 's3';
  readonly #options: S3StoreOptions;

  constructor(options: S3StoreOptions = {}) {
    this.#options = options;
  }

  async put(request: PutRequest): Promise<StorageReceipt> {
    const { target, content, secrets } = request;
    const destination = s3DestinationOf(target);
    const key = safeObjectKey(target.name, 's3');
    const connection = this.#connect(destination, secrets);
    const written = await this.#writer(destination, connection).put({
      bucket: destination.bucket,
      key,
      content,
      contentType: target.contentType,
      metadata: request.metadata,
      secrets,
      signal: request.signal,
      onUploadStarted: (uploadId) => request.onUploadStarted({ target, uploadId }),
    });
    return {
      location: `s3://${destination.bucket}/${key}`,
      url: objectUrl({ ...connection, region: written.region }, destination.bucket, key),
      etag: written.etag,
      sizeBytes: content.sizeBytes,
      sha256: content.sha256,
      verifiedBy: written.verifiedBy,
      storedAt: new Date().toISOString(),
    };
  }

  async abort({ target, uploadId }: UploadLeftover, secrets: SecretBag): Promise<void> {
    const destination = s3DestinationOf(target);
    const writer = this.#writer(destination, this.#connect(destination, secrets));
    await writer.abort({ bucket: destination.bucket, key: safeObjectKey(target.name, 's3'), uploadId, secrets });
  }

  async remove({ target, secrets }: RemoveRequest): Promise<boolean> {
    const destination = s3DestinationOf(target);
    const writer = this.#writer(destination, this.#connect(destination, secrets));
    await writer.remove({ bucket: destination.bucket, key: safeObjectKey(target.name, 's3'), secrets });
    return true;
  }

  #writer(destination: S3Destination, connection: S3Connection): S3Writer {
    return new S3Writer(`S3 bucket "${destination.bucket}"`, connection, {
      ...DEFAULT_S3_TUNING,
      ...this.#options.tuning,
    });
  }

  #connect(destination: S3Destination, secrets: SecretBag): S3Connection {
    const bucket = safeStoreName(destination.bucket, 'bucket');
    const endpoint = destination.endpoint ?? this.#options.defaultEndpoint ?? null;
    return {
      endpoint,
      region: checkedRegion(destination.region ?? this.#options.defaultRegion ?? 'us-east-1'),
      addressing: destination.addressing ?? defaultAddressing(endpoint, bucket),
      accessKeyId: reveal(secrets, destination.accessKeyId),
      secretAccessKey: reveal(secrets, destination.secretAccessKey),
      integrity: endpoint === null ? 'crc32c' : 'md5',
    };
  }
}

/** The region becomes part of host names. It is not repeated in the message: it stands beside a secret in some documents. */
function checkedRegion(region: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(region)) return region;
  throw new RecgateError('destination.rejected', 'The S3 region is not valid: it must be one such as eu-central-1');
}

/** AWS wants the bucket in the host name, unless its dots would break the certificate; others rarely have such names. */
function defaultAddressing(endpoint: string | null, bucket: string): 'path' | 'virtual' {
  return endpoint === null && !bucket.includes('.') ? 'virtual' : 'path';
}

function objectUrl(connection: S3Connection, bucket: string, key: string): string {
  const base = new URL(connection.endpoint ?? `https://s3.${connection.region}.amazonaws.com`);
  const folder = base.pathname.replace(/\/$/, '');
  return connection.addressing === 'path'
    ? `${base.protocol}//${base.host}${folder}/${bucket}/${encodeKey(key)}`
    : `${base.protocol}//${bucket}.${base.host}${folder}/${encodeKey(key)}`;
}

function s3DestinationOf({ destination }: ObjectTarget): S3Destination {
  if (destination.kind === 's3') return destination;
  throw new RecgateError('gateway.internal', `A target of kind "${destination.kind}" was given to the S3 store`);
}

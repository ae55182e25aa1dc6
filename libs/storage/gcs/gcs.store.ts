import {
  assertNever,
  RecgateError,
  reveal,
  type GcsDestination,
  type ObjectStore,
  type ObjectTarget,
  type PutRequest,
  type RemoveRequest,
  type SecretBag,
  type StorageReceipt,
  type UploadLeftover,
} from '#libs/recording-model';
import { encodeKey, safeObjectKey, safeStoreName } from '../shared/object-key.js';
import { DEFAULT_S3_TUNING, type S3Connection, type S3Tuning } from '../shared/s3-connection.js';
import { S3Writer } from '../shared/s3-writer.js';
import { GoogleJsonWriter, type GoogleCredentials } from './google-json-writer.js';

export interface GcsStoreOptions {
  /** Used for destinations that name no endpoint, in place of storage.googleapis.com, for both interfaces. */
  readonly defaultEndpoint?: string;
  /** Where refresh tokens are traded, in place of Google's own endpoint. */
  readonly tokenUrl?: string;
  readonly tuning?: Partial<S3Tuning>;
}

type Hmac = Extract<GcsDestination['auth'], { kind: 'hmac' }>;

const GOOGLE_ENDPOINT = 'https://storage.googleapis.com';

/**
 * Writes to Google Cloud Storage: with tokens through the JSON API, with interoperability HMAC keys in S3's language.
 * Permission to create objects (and, for HMAC keys, to abort uploads) is enough; to write a name again Google wants
 * the permission to delete it, too.
 */
export class GcsStore implements ObjectStore {
  readonly kind = 'gcs';
  readonly #options: GcsStoreOptions;

  constructor(options: GcsStoreOptions = {}) {
    this.#options = options;
  }

  async put(request: PutRequest): Promise<StorageReceipt> {
    const destination = gcsDestinationOf(request.target);
    const key = safeObjectKey(request.target.name, 'gcs');
    const bucket = safeStoreName(destination.bucket, 'bucket');
    const written = await this.#write(destination, key, request);
    return {
      location: `gs://${bucket}/${key}`,
      url: `${this.#endpoint(destination) ?? GOOGLE_ENDPOINT}/${bucket}/${encodeKey(key)}`,
      ...written,
      sizeBytes: request.content.sizeBytes,
      sha256: request.content.sha256,
      storedAt: new Date().toISOString(),
    };
  }

  /** Uploads with HMAC keys can be aborted; sessions of the JSON API end by themselves. */
  async abort({ target, uploadId }: UploadLeftover, secrets: SecretBag): Promise<void> {
    const destination = gcsDestinationOf(target);
    if (destination.auth.kind !== 'hmac') return;
    const writer = this.#hmacWriter(destination, destination.auth, secrets);
    await writer.abort({ bucket: destination.bucket, key: safeObjectKey(target.name, 'gcs'), uploadId, secrets });
  }

  async remove({ target, secrets }: RemoveRequest): Promise<boolean> {
    const destination = gcsDestinationOf(target);
    const object = { bucket: safeStoreName(destination.bucket, 'bucket'), key: safeObjectKey(target.name, 'gcs'), secrets };
    const writer =
      destination.auth.kind === 'hmac'
        ? this.#hmacWriter(destination, destination.auth, secrets)
        : this.#jsonWriter(destination, destination.auth, secrets);
    await writer.remove(object);
    return true;
  }

  async #write(
    destination: GcsDestination,
    key: string,
    request: PutRequest,
  ): Promise<Pick<StorageReceipt, 'etag' | 'verifiedBy'>> {
    const { target, content, metadata, secrets, signal } = request;
    const write = {
      bucket: destination.bucket,
      key,
      content,
      contentType: target.contentType,
      metadata,
      secrets,
      signal,
    };
    if (destination.auth.kind === 'hmac') {
      const onUploadStarted = (uploadId: string): Promise<void> => request.onUploadStarted({ target, uploadId });
      const writer = this.#hmacWriter(destination, destination.auth, secrets);
      const { etag, verifiedBy } = await writer.put({ ...write, onUploadStarted });
      return { etag, verifiedBy };
    }
    const writer = this.#jsonWriter(destination, destination.auth, secrets);
    return { etag: await writer.put(write), verifiedBy: 'checksum-crc32c' };
  }

  #jsonWriter(destination: GcsDestination, auth: Exclude<GcsDestination['auth'], Hmac>, secrets: SecretBag): GoogleJsonWriter {
    return new GoogleJsonWriter(storeName(destination), {
      endpoint: this.#endpoint(destination),
      tokenUrl: this.#options.tokenUrl ?? null,
      project: destination.project,
      credentials: credentialsOf(auth, secrets),
    });
  }

  #hmacWriter(destination: GcsDestination, auth: Hmac, secrets: SecretBag): S3Writer {
    safeStoreName(destination.bucket, 'bucket');
    const connection: S3Connection = {
      endpoint: this.#endpoint(destination) ?? GOOGLE_ENDPOINT,
      region: 'auto',
      addressing: 'path',
      accessKeyId: reveal(secrets, auth.accessKeyId),
      secretAccessKey: reveal(secrets, auth.secretAccessKey),
      integrity: 'md5',
    };
    return new S3Writer(storeName(destination), connection, { ...DEFAULT_S3_TUNING, ...this.#options.tuning });
  }

  #endpoint(destination: GcsDestination): string | null {
    return (destination.endpoint ?? this.#options.defaultEndpoint ?? null)?.replace(/\/+$/, '') ?? null;
  }
}

function storeName(destination: GcsDestination): string {
  return `Google bucket "${destination.bucket}"`;
}

function credentialsOf(auth: Exclude<GcsDestination['auth'], Hmac>, secrets: SecretBag): GoogleCredentials {
  switch (auth.kind) {
    case 'accessToken':
      return { kind: 'accessToken', token: reveal(secrets, auth.token) };
    case 'refreshToken':
      return {
        kind: 'refreshToken',
        refreshToken: reveal(secrets, auth.refreshToken),
        clientId: reveal(secrets, auth.clientId),
        clientSecret: reveal(secrets, auth.clientSecret),
      };
    default:
      return assertNever(auth, 'Google credentials');
  }
}

function gcsDestinationOf({ destination }: ObjectTarget): GcsDestination {
  if (destination.kind === 'gcs') return destination;
  throw new RecgateError('gateway.internal', `A target of kind "${destination.kind}" was given to the Google store`);
}

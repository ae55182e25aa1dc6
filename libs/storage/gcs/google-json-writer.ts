import { pipeline } from 'node:stream/promises';
import { Storage, type File, type FileMetadata } from '@google-cloud/storage';
import { OAuth2Client, UserRefreshClient } from 'google-auth-library';
import { request } from 'undici';
import { assertNever, RecgateError, type RenditionContent, type SecretBag } from '#libs/recording-model';
import { ContentSource } from '../shared/content-source.js';
import { headerMetadata } from '../shared/metadata.js';
import { checksumError, stoppedError, storeError, type StoreRefusal } from '../shared/store-error.js';
import { GOOGLE_REFUSALS, googleRefusalOf } from './google-refusals.js';

/** How to prove to Google who is writing. */
export type GoogleCredentials =
  | { readonly kind: 'accessToken'; readonly token: string }
  | {
      readonly kind: 'refreshToken';
      readonly refreshToken: string;
      readonly clientId: string;
      readonly clientSecret: string;
    };

export interface GoogleConnection {
  /** Null: storage.googleapis.com. */
  readonly endpoint: string | null;
  /** Null: Google's own. */
  readonly tokenUrl: string | null;
  readonly project: string | null;
  readonly credentials: GoogleCredentials;
}

export interface GoogleWrite {
  readonly bucket: string;
  readonly key: string;
  readonly content: RenditionContent;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly secrets: SecretBag;
  readonly signal: AbortSignal;
}

/** Above this a resumable session is used: a broken connection costs a chunk, not the whole file. */
const LARGEST_SINGLE_REQUEST = 8 * 1024 * 1024;
/** A multiple of 256 KiB, as Google wants it. */
const CHUNK_SIZE = 8 * 1024 * 1024;

const ANSWER_TIMEOUT_MS = 300_000;
/** The library has no idle timeout: an upload slower than this is taken for dead. */
const SLOWEST_BYTES_PER_MS = 50;
const TOO_SLOW: StoreRefusal = { code: 'TimeoutError', status: null, message: 'the upload took too long' };

/**
 * Writes objects through Google's JSON API. A session that is given up is cancelled; one whose process died costs
 * nothing and ends by itself after a week, and as its address lets anybody write, it is never noted anywhere. When a
 * write is stopped, the library lets a request that is under way run into its timeout: what was sent whole by then may
 * still be stored.
 */
export class GoogleJsonWriter {
  readonly #store: string;
  readonly #connection: GoogleConnection;

  constructor(store: string, connection: GoogleConnection) {
    this.#store = store;
    this.#connection = connection;
  }

  /**
   * @returns the object's ETag
   * @throws RecgateError `destination.*`; `gateway.unavailable` when the signal fired
   */
  async put(write: GoogleWrite): Promise<string | null> {
    if (write.signal.aborted) throw stoppedError(this.#store);
    const source = new ContentSource(write.content);
    const outOfTime = AbortSignal.timeout(
      ANSWER_TIMEOUT_MS + Math.ceil(write.content.sizeBytes / SLOWEST_BYTES_PER_MS),
    );
    try {
      const file = openStorage(this.#connection).bucket(write.bucket).file(write.key);
      return await this.#send(file, source, write, AbortSignal.any([write.signal, outOfTime]));
    } catch (error) {
      source.throwIfBroken();
      if (write.signal.aborted) throw stoppedError(this.#store);
      if (outOfTime.aborted) throw storeError(this.#store, TOO_SLOW, GOOGLE_REFUSALS, write.secrets);
      if (error instanceof RecgateError) throw error;
      throw storeError(this.#store, googleRefusalOf(error), GOOGLE_REFUSALS, write.secrets);
    } finally {
      source.close();
    }
  }

  /** Removes an object; one that is gone is a success. @throws RecgateError `destination.*` */
  async remove({ bucket, key, secrets }: Pick<GoogleWrite, 'bucket' | 'key' | 'secrets'>): Promise<void> {
    try {
      await openStorage(this.#connection).bucket(bucket).file(key).delete({ ignoreNotFound: true });
    } catch (error) {
      throw storeError(this.#store, googleRefusalOf(error), GOOGLE_REFUSALS, secrets);
    }
  }

  async #send(file: File, source: ContentSource, write: GoogleWrite, signal: AbortSignal): Promise<string | null> {
    const { md5, crc32c, sizeBytes } = write.content;
    const described = {
      contentType: write.contentType,
      metadata: headerMetadata(write.metadata),
      md5Hash: md5,
      crc32c,
    };
    if (sizeBytes <= LARGEST_SINGLE_REQUEST) {
      const into = file.createWriteStream({ resumable: false, validation: false, metadata: described });
      await pipeline(source.open(), into, { signal });
      return this.#confirm(file, write.content);
    }
    const uri = await beginSession(file, described, signal);
    try {
      const into = file.createWriteStream({ uri, validation: false, chunkSize: CHUNK_SIZE, metadata: described });
      await pipeline(source.open(), into, { signal });
    } catch (error) {
      await cancelSession(uri);
      throw error;
    }
    return this.#confirm(file, write.content);
  }

  /** Compares what the answer to the write says of the object with what was sent. */
  #confirm(file: File, content: RenditionContent): string | null {
    const { crc32c, md5Hash, etag } = file.metadata;
    if (crc32c !== content.crc32c) throw checksumError(this.#store, content.crc32c, String(crc32c ?? 'no crc32c'));
    if (md5Hash !== undefined && md5Hash !== content.md5) throw checksumError(this.#store, content.md5, md5Hash);
    return etag ?? null;
  }
}

/** A custom endpoint gets no Authorization header unless it is asked for. */
function openStorage(connection: GoogleConnection): Storage {
  return new Storage({
    projectId: connection.project ?? 'not-needed-for-objects',
    authClient: createAuthClient(connection),
    ...(connection.endpoint !== null && { apiEndpoint: connection.endpoint, useAuthWithCustomEndpoint: true }),
    timeout: ANSWER_TIMEOUT_MS,
    retryOptions: { autoRetry: true, maxRetries: 2, maxRetryDelay: 2, totalTimeout: 60 },
  });
}

/** A ready access token has nothing to refresh it with: when it has expired, Google says so and the write is denied. */
function createAuthClient({ credentials, tokenUrl }: GoogleConnection): OAuth2Client {
  switch (credentials.kind) {
    case 'accessToken': {
      const client = new OAuth2Client();
      client.setCredentials({ access_token: credentials.token });
      return client;
    }
    case 'refreshToken': {
      const { clientId, clientSecret, refreshToken } = credentials;
      const endpoints = tokenUrl === null ? {} : { endpoints: { oauth2TokenUrl: tokenUrl } };
      return new UserRefreshClient({ clientId, clientSecret, refreshToken, ...endpoints });
    }
    default:
      return assertNever(credentials, 'Google credentials');
  }
}

/** The library cannot be stopped while it begins a session: one that comes too late is cancelled when it comes. */
async function beginSession(file: File, metadata: FileMetadata, signal: AbortSignal): Promise<string> {
  const begun = file.createResumableUpload({ metadata }).then(([uri]) => uri);
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
  try {
    return await Promise.race([begun, stopped]);
  } catch (error) {
    begun.then(cancelSession, () => undefined);
    throw error;
  }
}

/** Best effort: a session that stays open costs nothing. */
async function cancelSession(uri: string): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  await request(uri, { method: 'DELETE', headers: { 'content-length': '0' }, signal }).then(
    ({ body }) => body.dump(),
    () => undefined,
  );
}

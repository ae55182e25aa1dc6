import {
  RecgateError,
  reveal,
  type HttpUploadDestination,
  type ObjectStore,
  type ObjectTarget,
  type PutRequest,
  type RemoveRequest,
  type SecretBag,
  type StorageReceipt,
  type UploadAnswer,
  type UploadClient,
  type UploadLeftover,
} from '#libs/recording-model';
import { ContentSource } from '../shared/content-source.js';
import { redact } from '../shared/redact.js';
import { messageOf, networkCodeOf, stoppedError, storeError } from '../shared/store-error.js';
import { uploadBody } from './upload-body.js';
import { createUndiciUploadClient } from './upload-http-client.js';
import { safeUploadUrl, withoutQuery, type UploadAddress } from '../shared/upload-url.js';

export interface HttpUploadStoreOptions {
  /** Default: the plain client, which goes to any address. */
  readonly client?: UploadClient;
}

/** Kazoo contract §2.2: these are followed with the same verb and body, others are failures. */
const FOLLOWED = new Set([301, 302]);
const MAX_HOPS = 10;

/**
 * Sends the file as the body of a PUT or POST, the way Kazoo does (contract §2.2): raw bytes, exact content-length,
 * content-type and no header of our own. Any 2xx is a success, and there is nothing but the status to verify it by.
 */
export class HttpUploadStore implements ObjectStore {
  readonly kind = 'http-upload';
  readonly #client: UploadClient;

  constructor({ client = createUndiciUploadClient() }: HttpUploadStoreOptions = {}) {
    this.#client = client;
  }

  async put(request: PutRequest): Promise<StorageReceipt> {
    const destination = httpDestinationOf(request.target);
    const address = startOf(request.target.name, destination, request.secrets);
    const store = `Upload to ${withoutQuery(address.url)}`;
    if (request.signal.aborted) throw stoppedError(store);
    const { sizeBytes, sha256 } = request.content;
    const answer = await this.#send(address, destination.method, request, store);
    return {
      location: address.url,
      url: address.url,
      etag: answer.headers['etag'] ?? null,
      sizeBytes,
      sha256,
      verifiedBy: 'status',
      storedAt: new Date().toISOString(),
    };
  }

  /** Nothing to do: an upload that was cut off is the receiver's to forget. */
  async abort(leftover: UploadLeftover, _secrets: SecretBag): Promise<void> {
    httpDestinationOf(leftover.target);
  }

  /** What was handed over is the receiver's; the protocol has no word for taking it back. */
  async remove({ target }: RemoveRequest): Promise<boolean> {
    httpDestinationOf(target);
    return false;
  }

  async #send(
    start: UploadAddress,
    method: 'PUT' | 'POST',
    request: PutRequest,
    store: string,
  ): Promise<UploadAnswer> {
    const visited = new Set<string>();
    let address = start;
    for (;;) {
      visited.add(address.url);
      const answer = await this.#sendOnce(address, method, request, store);
      if (answer.status >= 200 && answer.status < 300) return answer;
      if (!FOLLOWED.has(answer.status)) throw refusal(store, answer, request.secrets);
      address = redirected(address, answer, store);
      if (visited.has(address.url)) throw new RecgateError('destination.rejected', `${store}: redirected in a loop`);
      if (visited.size > MAX_HOPS)
        throw new RecgateError('destination.rejected', `${store}: more than ${MAX_HOPS} redirects`);
    }
  }

  async #sendOnce(
    address: UploadAddress,
    method: 'PUT' | 'POST',
    request: PutRequest,
    store: string,
  ): Promise<UploadAnswer> {
    const source = new ContentSource(request.content);
    const body = uploadBody(request, source);
    try {
      return await this.#client.send({
        method,
        ...address,
        headers: { 'content-type': body.contentType },
        contentLength: body.contentLength,
        open: () => body.open(),
        signal: request.signal,
      });
    } catch (error) {
      source.throwIfBroken();
      if (request.signal.aborted) throw stoppedError(store);
      const known = secretsOf(address, request.secrets);
      if (error instanceof RecgateError) throw error.code === 'outbound.failed' ? unanswered(store, error, known) : error;
      const code = networkCodeOf(error) ?? 'UND_ERR_UNKNOWN';
      throw storeError(
        store,
        { code, status: null, message: messageOf(error) },
        {},
        known,
      );
    } finally {
      source.close();
    }
  }
}

/** What the guarded client says of a connection names neither the upload nor its address. */
function unanswered(store: string, { message }: RecgateError, secrets: SecretBag): RecgateError {
  return new RecgateError('destination.unreachable', redact(`${store}: ${message}`, secrets));
}

/** The adapter's final URL; credentials come from the destination, or from the URL itself. */
function startOf(name: string, destination: HttpUploadDestination, secrets: SecretBag): UploadAddress {
  const address = safeUploadUrl(name);
  return destination.userinfo === null ? address : { ...address, userinfo: reveal(secrets, destination.userinfo) };
}

/** Credentials follow only within one origin; a `Location` may bring its own. */
function redirected(from: UploadAddress, answer: UploadAnswer, store: string): UploadAddress {
  const location = answer.headers['location'] ?? '';
  if (location === '' || !URL.canParse(location, from.url)) {
    throw new RecgateError('destination.rejected', `${store}: redirected (${answer.status}) without a valid Location`);
  }
  const to = safeUploadUrl(new URL(location, from.url).href);
  const sameOrigin = new URL(to.url).origin === new URL(from.url).origin;
  return { url: to.url, userinfo: to.userinfo ?? (sameOrigin ? from.userinfo : null) };
}

function refusal(store: string, { status, body }: UploadAnswer, secrets: SecretBag): RecgateError {
  const words = body.replace(/<[^>]*>/g, ' ').trim();
  return storeError(store, { code: null, status, message: words || `the server answered ${status}` }, {}, secrets);
}

function secretsOf(address: UploadAddress, secrets: SecretBag): SecretBag {
  return address.userinfo === null ? secrets : { ...secrets, 'userinfo of the URL': address.userinfo };
}

function httpDestinationOf({ destination }: ObjectTarget): HttpUploadDestination {
  if (destination.kind === 'http-upload') return destination;
  throw new RecgateError(
    'gateway.internal',
    `A target of kind "${destination.kind}" was given to the HTTP upload store`,
  );
}

import { open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import {
  RecgateError,
  type MediaStoreDestination,
  type NewFile,
  type ObjectStore,
  type ObjectTarget,
  type PutRequest,
  type RemoveRequest,
  type SecretBag,
  type StorageReceipt,
  type UploadLeftover,
} from '#libs/recording-model';
import { ContentSource } from '../shared/content-source.js';
import { safeObjectKey } from '../shared/object-key.js';
import { checksumError, messageOf, networkCodeOf, stoppedError, storeError } from '../shared/store-error.js';
import { settleFile, stageFile, syncDirectory, type StagedFile } from './durable-files.js';
import { MEDIA_STORE_REFUSALS } from './media-store-refusals.js';
import {
  dataFileName,
  mediaLocation,
  mediaNamespace,
  mediaPaths,
  namespaceDirectory,
  SIDECAR_SUFFIX,
  type MediaFileAddress,
  type MediaFileInfo,
} from './media-file.js';

export interface MediaStoreOptions {
  /** Directory that holds everything; created when missing. */
  readonly root: string;
  /**
   * Whose file a recording becomes. Default: the pairs `tenant` and `application` of the request's metadata, which
   * then must be there.
   */
  readonly namespaceOf?: (request: RemoveRequest) => string;
}

/** A file that is being read; whoever opened it must read the stream to its end or destroy it. */
export interface OpenMediaFile {
  readonly info: MediaFileInfo;
  /** First and last byte that the stream yields; null for an empty file. */
  readonly range: { readonly start: number; readonly end: number } | null;
  readonly stream: Readable;
}

/** The sidecar: what is known of the file, and which data file holds its bytes. */
interface Sidecar {
  readonly info: MediaFileInfo;
  readonly data: string;
}

/**
 * The gateway's own store on a local or mounted disk, for FlexML containers and Aculab file names. A file is there
 * whole or not at all, also after a power cut; overwriting it disturbs nobody who is reading. Not part of it: who may
 * read, when files expire.
 */
export class MediaStore implements ObjectStore {
  readonly kind = 'media-store';
  readonly #root: string;
  readonly #namespaceOf: (request: RemoveRequest) => string;

  constructor({ root, namespaceOf = namespaceFromMetadata }: MediaStoreOptions) {
    this.#root = resolve(root);
    this.#namespaceOf = namespaceOf;
  }

  async put(request: PutRequest): Promise<StorageReceipt> {
    const { container } = mediaDestinationOf(request.target);
    const name = safeObjectKey(request.target.name, 'media-store');
    if (request.signal.aborted) throw stoppedError(STORE_NAME);
    const { sizeBytes, sha256 } = request.content;
    const storedAt = new Date().toISOString();
    const { contentType } = request.target;
    const address = { namespace: this.#namespaceOf(request), name };
    const info = { ...address, sizeBytes, sha256, contentType, container, metadata: request.metadata, storedAt };
    await this.#save(info, request);
    const location = mediaLocation(address);
    return { location, url: location, etag: `"${sha256}"`, sizeBytes, sha256, verifiedBy: 'read-back', storedAt };
  }

  /**
   * Writes a file that no recording made: an upload through a vendor's API.
   * @throws RecgateError `destination.*`, or what the stream threw
   */
  async write(
    address: MediaFileAddress,
    bytes: Readable | Buffer,
    file: NewFile,
    signal?: AbortSignal,
  ): Promise<MediaFileInfo> {
    const { namespace } = address;
    const name = safeObjectKey(address.name, 'media-store');
    let staged: StagedFile;
    try {
      staged = await stageFile(this.#temporary(), bytes, signal);
    } catch (error) {
      if (!(error instanceof Error) || networkCodeOf(error) === null) throw error;
      const refusal = { code: networkCodeOf(error), status: null, message: messageOf(error) };
      throw storeError(STORE_NAME, refusal, MEDIA_STORE_REFUSALS, {});
    }
    const { sizeBytes, sha256 } = staged;
    const info = { namespace, name, sizeBytes, sha256, ...file, storedAt: new Date().toISOString() };
    await this.#settle(staged, info);
    return info;
  }

  /** Nothing to do: temporary files of a dead process are removed by `sweep`. */
  async abort(leftover: UploadLeftover, _secrets: SecretBag): Promise<void> {
    mediaDestinationOf(leftover.target);
  }

  async remove(request: RemoveRequest): Promise<boolean> {
    mediaDestinationOf(request.target);
    await this.delete({ namespace: this.#namespaceOf(request), name: safeObjectKey(request.target.name, 'media-store') });
    return true;
  }

  /** What is known of a file; null when there is none. */
  async stat(address: MediaFileAddress): Promise<MediaFileInfo | null> {
    return (await this.#readSidecar(mediaPaths(address).sidecar))?.info ?? null;
  }

  /**
   * Opens a file, or the bytes `start` to `end` (inclusive, cut to its size) of it.
   * @throws RecgateError `request.not_found`, `range.not_satisfiable`
   */
  async openFile(
    address: MediaFileAddress,
    range?: { readonly start: number; readonly end?: number },
  ): Promise<OpenMediaFile> {
    const { sidecar, directory } = mediaPaths(address);
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.#readSidecar(sidecar);
      if (found === null) throw new RecgateError('request.not_found', `There is no file "${address.name}"`);
      const file = await open(join(this.#root, directory, found.data)).catch(() => null);
      if (file === null) {
        if (attempt < 3) continue;
        throw new RecgateError('media.lost', `The bytes of "${address.name}" are gone`);
      }
      try {
        const span = spanOf(found.info, range);
        const stream = span === null ? Readable.from([]) : file.createReadStream(span);
        if (span === null) await file.close();
        return { info: found.info, range: span, stream };
      } catch (error) {
        await file.close();
        throw error;
      }
    }
  }

  /** The files of a namespace whose names begin with the prefix, by name. Reads every sidecar of the namespace. */
  async list(namespace: string, prefix = ''): Promise<readonly MediaFileInfo[]> {
    const base = join(this.#root, namespaceDirectory(namespace));
    const files = await readdir(base, { recursive: true }).catch(() => []);
    const found: MediaFileInfo[] = [];
    for (const file of files.filter((path) => path.endsWith(SIDECAR_SUFFIX))) {
      const sidecar = await this.#readSidecar(join(namespaceDirectory(namespace), file));
      if (sidecar?.info.namespace === namespace && sidecar.info.name.startsWith(prefix)) found.push(sidecar.info);
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  }

  /** Removes a file; false when there was none. Whoever is reading it may finish. */
  async delete(address: MediaFileAddress): Promise<boolean> {
    const { sidecar, directory, stem } = mediaPaths(address);
    const place = join(this.#root, directory);
    const found = await this.#readSidecar(sidecar);
    // Whoever died in the middle of writing or deleting may have left bytes that no sidecar speaks of.
    const names = (await readdir(place).catch(() => [])).filter((name) => name.startsWith(`${stem}-`));
    if (found === null && names.length === 0) return false;
    for (const name of names) await rm(join(place, name), { force: true });
    await rm(join(this.#root, sidecar), { force: true });
    await syncDirectory(place);
    return found !== null;
  }

  /** Removes temporary files of dead processes, older than that many ms; returns how many. */
  async sweep(olderThanMs = 24 * 3_600_000): Promise<number> {
    const temporary = this.#temporary();
    let removed = 0;
    for (const file of await readdir(temporary).catch(() => [])) {
      const path = join(temporary, file);
      const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Infinity);
      if (age < olderThanMs) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  async #save(info: MediaFileInfo, request: PutRequest): Promise<void> {
    const source = new ContentSource(request.content);
    try {
      const staged = await stageFile(this.#temporary(), source.open(), request.signal);
      if (staged.sha256 !== info.sha256) {
        await rm(staged.path, { force: true });
        throw checksumError(STORE_NAME, info.sha256, staged.sha256);
      }
      await this.#settle(staged, info);
    } catch (error) {
      source.throwIfBroken();
      if (request.signal.aborted) throw stoppedError(STORE_NAME);
      if (error instanceof RecgateError) throw error;
      const refusal = { code: networkCodeOf(error), status: null, message: messageOf(error) };
      throw storeError(STORE_NAME, refusal, MEDIA_STORE_REFUSALS, request.secrets);
    } finally {
      source.close();
    }
  }

  /** Puts a staged file in its place; from the sidecar's renaming on it is the file of that name. */
  async #settle(staged: StagedFile, info: MediaFileInfo): Promise<void> {
    const { sidecar, directory, stem } = mediaPaths(info);
    const before = await this.#readSidecar(sidecar);
    const data = dataFileName(stem, info.sha256, info.name);
    await settleFile(staged, this.#root, join(this.#root, directory, data));
    const described = await stageFile(this.#temporary(), Buffer.from(JSON.stringify({ info, data } satisfies Sidecar)));
    await settleFile(described, this.#root, join(this.#root, sidecar));
    if (before !== null && before.data !== data) await rm(join(this.#root, directory, before.data), { force: true });
  }

  async #readSidecar(path: string): Promise<Sidecar | null> {
    const text = await readFile(join(this.#root, path), 'utf8').catch((error: unknown) => {
      if (networkCodeOf(error) === 'ENOENT') return null;
      throw new RecgateError('gateway.unavailable', `The media store cannot be read: ${messageOf(error)}`);
    });
    if (text === null) return null;
    const sidecar = JSON.parse(text) as Sidecar;
    return { ...sidecar, data: basename(sidecar.data) };
  }

  #temporary(): string {
    return join(this.#root, TEMPORARY);
  }
}

const STORE_NAME = 'Media store';
/** No namespace directory begins with a dot. */
const TEMPORARY = '.tmp';

function namespaceFromMetadata({ metadata }: RemoveRequest): string {
  const { tenant, application } = metadata;
  if (tenant !== undefined && application !== undefined) return mediaNamespace(tenant, application);
  throw new RecgateError('gateway.internal', 'A file for the media store came without its tenant and application');
}

function spanOf(
  { sizeBytes, name }: MediaFileInfo,
  range: { readonly start: number; readonly end?: number } | undefined,
): { start: number; end: number } | null {
  if (range === undefined) return sizeBytes === 0 ? null : { start: 0, end: sizeBytes - 1 };
  const end = Math.min(range.end ?? sizeBytes - 1, sizeBytes - 1);
  const whole = Number.isInteger(range.start) && Number.isInteger(end);
  if (whole && range.start >= 0 && range.start <= end) return { start: range.start, end };
  throw new RecgateError('range.not_satisfiable', `"${name}" has ${sizeBytes} bytes`);
}

function mediaDestinationOf({ destination }: ObjectTarget): MediaStoreDestination {
  if (destination.kind === 'media-store') return destination;
  throw new RecgateError('gateway.internal', `A target of kind "${destination.kind}" was given to the media store`);
}

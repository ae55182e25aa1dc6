import { Readable } from 'node:stream';
import {
  RecgateError,
  toRecgateError,
  type FileAddress,
  type FileCatalogueRules,
  type FileStore,
  type JsonObject,
  type VendorName,
} from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { fromDocument, toBody, type CataloguedFile, type Catalogued } from './catalogue-documents.js';
import { claimSid, Containers, releaseSid, type CatalogueOwner } from './containers.js';

export type CataloguePorts = Pick<OrchestrationPorts, 'ledger' | 'files' | 'clock' | 'ids' | 'adapters' | 'log'>;

/** Last accesses are noted at most so often, ms (FlexML contract §4.4). */
const ACCESS_NOTED_MS = 60_000;

/** A file that comes through a vendor's API. */
export interface NewCataloguedFile {
  readonly sid: string;
  readonly container: string;
  readonly extension: string;
  readonly contentType: string;
  readonly fields: JsonObject;
}

/** The files of one application, and the containers they lie in. */
export class FileCatalogue {
  readonly containers: Containers;

  private constructor(
    readonly ports: CataloguePorts,
    readonly store: FileStore,
    readonly rules: FileCatalogueRules,
    readonly owner: CatalogueOwner,
  ) {
    this.containers = new Containers(ports.ledger.documents, rules, owner);
  }

  /** Null where the vendor keeps no book of files, or there is no own store (simulations). */
  static of(ports: CataloguePorts, vendor: VendorName, owner: CatalogueOwner): FileCatalogue | null {
    const rules = ports.adapters[vendor].catalogue;
    if (rules === undefined || ports.files === undefined) return null;
    const { tenantId, applicationId } = owner;
    return new FileCatalogue(ports, ports.files, rules, { tenantId, applicationId });
  }

  async get(sid: string): Promise<Catalogued<CataloguedFile> | null> {
    const file = await this.find(sid);
    return file === null || file.body.deleting ? null : file;
  }

  /** Oldest first. */
  async list(): Promise<readonly Catalogued<CataloguedFile>[]> {
    return (await this.listAll()).filter(({ body }) => !body.deleting);
  }

  /** Those that are being deleted too. */
  async listAll(): Promise<readonly Catalogued<CataloguedFile>[]> {
    const documents = await this.ports.ledger.documents.list(this.collection, this.owner.applicationId);
    return documents.map((document) => fromDocument<CataloguedFile>(document));
  }

  /**
   * @param change must be pure; null leaves all as it is
   * @returns null when there is no such file
   */
  async change(
    sid: string,
    change: (current: CataloguedFile) => CataloguedFile | null,
  ): Promise<Catalogued<CataloguedFile> | null> {
    const { document } = await this.ports.ledger.documents.update(
      this.collection,
      this.owner.applicationId,
      sid,
      (current) => {
        if (current === null) return null;
        const { body, sealed } = fromDocument<CataloguedFile>(current);
        const next = body.deleting ? null : change(body);
        return next === null ? null : { body: toBody(next), sealed };
      },
    );
    return document === null ? null : fromDocument(document);
  }

  /** Writes the document of a new file; one that is there already is left alone and returned. */
  async insert(sid: string, file: CataloguedFile): Promise<Catalogued<CataloguedFile>> {
    await claimSid(this.ports.ledger.documents, this.rules, this.owner, sid);
    const { document } = await this.ports.ledger.documents.update(
      this.collection,
      this.owner.applicationId,
      sid,
      (current) => (current === null ? { body: toBody(file), sealed: null } : null),
    );
    if (document === null) throw new RecgateError('gateway.internal', `File ${sid} was not written`);
    return fromDocument(document);
  }

  /**
   * Takes in a file that no recording made; nothing of it stays when it breaks off or there is no room for it.
   * @throws RecgateError `destination.missing`, `destination.full`, or what the stream threw
   */
  async upload(file: NewCataloguedFile, bytes: Readable, signal?: AbortSignal): Promise<Catalogued<CataloguedFile>> {
    const name = uploadHold(file.sid);
    const address = this.address(`f/${file.sid}.${file.extension}`);
    const room = new GrowingRoom(this, file.container, name);
    try {
      await room.begin();
      const { contentType, container } = file;
      const written = await this.store.write(
        address,
        Readable.from(room.watch(bytes), { objectMode: false }),
        { contentType, container, metadata: {} },
        signal,
      );
      await this.containers.hold(container, name, { bytes: written.sizeBytes, files: 1 }, this.now());
      const stored = await this.insert(
        file.sid,
        newFile(file, address.name, written.sizeBytes, written.sha256, written.storedAt),
      );
      await this.containers.count(container, name);
      return stored;
    } catch (thrown) {
      await this.abandonUpload(file, address, name);
      throw thrown;
    }
  }

  /** Opens the bytes of a file and notes the access. */
  open(file: Catalogued<CataloguedFile>, range?: { readonly start: number; readonly end: number }): Readable {
    return this.store.open(this.address(file.body.storeName), range);
  }

  /** Notes that the file was read, at most once a minute. */
  async touch({ sid, body }: Catalogued<CataloguedFile>): Promise<void> {
    const now = this.now();
    const last = body.lastAccessedAt === null ? -Infinity : Date.parse(body.lastAccessedAt);
    if (now.getTime() - last < ACCESS_NOTED_MS) return;
    await this.change(sid, (current) => ({ ...current, lastAccessedAt: now.toISOString() })).catch(
      (thrown: unknown) => {
        this.ports.log.warn('an access was not noted', { sid, reason: toRecgateError(thrown).message });
      },
    );
  }

  /** From here on nobody sees the file; false when there is none. */
  async beginDeletion(sid: string): Promise<Catalogued<CataloguedFile> | null> {
    await this.change(sid, (current) => ({ ...current, deleting: true }));
    return this.find(sid);
  }

  /** Removes the bytes, gives the room back and forgets the file; safe to repeat. */
  async finishDeletion(sid: string): Promise<void> {
    const file = await this.find(sid);
    if (file?.body.deleting !== true) return;
    const { storeName, retired, attempts = {}, recordings, container, sizeBytes } = file.body;
    const held = await this.heldNames(file.body);
    for (const name of [storeName, ...retired, ...Object.keys(attempts)]) {
      if (!held.has(name)) await this.store.delete(this.address(name));
    }
    for (const recordingId of Object.keys(recordings))
      await this.containers.count(container, recordingHold(recordingId));
    await this.containers.count(container, uploadHold(sid));
    await this.containers.free(container, `delete:${sid}`, { bytes: sizeBytes, files: 1 });
    const { documents } = this.ports.ledger;
    await documents.update(this.collection, this.owner.applicationId, sid, (current) =>
      current === null ? null : 'remove',
    );
    await releaseSid(documents, this.rules, sid);
  }

  /**
   * Puts a file into another container.
   * @throws RecgateError `destination.missing`, `destination.full`
   */
  async move(file: Catalogued<CataloguedFile>, container: string): Promise<void> {
    const { sid, body } = file;
    if (body.container === container) return;
    const step = this.ports.ids.hex(8);
    const room = { bytes: body.sizeBytes, files: 1 };
    await this.containers.hold(container, `move:${sid}:${step}`, room, this.now());
    const moved = await this.change(sid, (current) =>
      current.container === body.container && current.sizeBytes === body.sizeBytes ? { ...current, container } : null,
    );
    if (moved?.body.container !== container || moved.body.sizeBytes !== body.sizeBytes) {
      await this.containers.drop(container, `move:${sid}:${step}`);
      throw new RecgateError('request.conflict', 'The file was changed at the same moment');
    }
    await this.containers.count(container, `move:${sid}:${step}`);
    await this.containers.free(body.container, `left:${sid}:${step}`, room);
  }

  /** Removes bytes that were replaced; safe to repeat. */
  async removeRetired(sid: string): Promise<void> {
    const body = (await this.find(sid))?.body;
    if (body === undefined || body.retired.length === 0) return;
    const held = await this.heldNames(body);
    const names = body.retired.filter((name) => !held.has(name));
    if (names.length === 0) return;
    for (const name of names) await this.store.delete(this.address(name));
    await this.change(sid, (current) => ({
      ...current,
      retired: current.retired.filter((name) => !names.includes(name)),
    }));
  }

  /** Removes what nobody finished writing since then; answers whether there was anything. Safe to repeat. */
  async removeAttempts({ sid, body }: Catalogued<CataloguedFile>, before: Date): Promise<boolean> {
    const isDead = ([, at]: [string, string]) => Date.parse(at) < before.getTime();
    const names = Object.entries(body.attempts ?? {}).filter(isDead).map(([name]) => name);
    if (names.length === 0) return false;
    for (const name of names) if (name !== body.storeName) await this.store.delete(this.address(name));
    await this.change(sid, (current) => {
      const left = Object.entries(current.attempts ?? {}).filter(([name]) => !names.includes(name));
      return { ...current, attempts: Object.fromEntries(left) };
    });
    return true;
  }

  address(name: string): FileAddress {
    return { ...this.owner, name };
  }

  now(): Date {
    return this.ports.clock.now();
  }

  /** Bytes that other ones have replaced while their recording is under legal hold stay until it ends. */
  private async heldNames({ recordings }: CataloguedFile): Promise<ReadonlySet<string>> {
    const held = new Set<string>();
    for (const [id, { location }] of Object.entries(recordings)) {
      const record = await this.ports.ledger.recordings.get(id);
      const name = record?.legalHold === true ? this.store.addressOf(location)?.name : undefined;
      if (name !== undefined) held.add(name);
    }
    return held;
  }

  private async find(sid: string): Promise<Catalogued<CataloguedFile> | null> {
    const document = await this.ports.ledger.documents.get(this.collection, this.owner.applicationId, sid);
    return document === null ? null : fromDocument(document);
  }

  /** The file's document decides: once it is there the upload counts, whatever failed later. */
  private async abandonUpload(
    { sid, container }: NewCataloguedFile,
    address: FileAddress,
    name: string,
  ): Promise<void> {
    try {
      if ((await this.find(sid)) !== null) return;
      await this.store.delete(address);
      await this.containers.drop(container, name);
    } catch (thrown) {
      this.ports.log.warn('a broken upload is cleaned up later', { sid, reason: toRecgateError(thrown).message });
    }
  }

  private get collection(): string {
    return this.rules.collections.files;
  }
}

/** The name under which a recording holds room in a container. */
export function recordingHold(recordingId: string): string {
  return `recording:${recordingId}`;
}

/** The name under which an upload holds room. */
function uploadHold(sid: string): string {
  return `upload:${sid}`;
}

/** Room is promised in steps as bytes arrive, so that a container is never filled beyond its quota. */
const STEP_BYTES = 4 * 1024 * 1024;

class GrowingRoom {
  private promised = 1;

  constructor(
    private readonly catalogue: FileCatalogue,
    private readonly container: string,
    private readonly name: string,
  ) {}

  begin(): Promise<void> {
    return this.promise(this.promised);
  }

  /** Passes bytes on that there is room for. */
  async *watch(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const chunk of source) {
      size += chunk.length;
      if (size > this.promised) await this.grow(size);
      yield chunk;
    }
  }

  /** A whole step where there is room for it, else just what has arrived. */
  private async grow(size: number): Promise<void> {
    try {
      await this.promise(size + STEP_BYTES);
    } catch {
      await this.promise(size);
    }
  }

  private async promise(bytes: number): Promise<void> {
    await this.catalogue.containers.hold(this.container, this.name, { bytes, files: 1 }, this.catalogue.now());
    this.promised = bytes;
  }
}

function newFile(
  file: NewCataloguedFile,
  storeName: string,
  sizeBytes: number,
  sha256: string,
  at: string,
): CataloguedFile {
  const { container, extension, contentType, fields } = file;
  return {
    container,
    storeName,
    sizeBytes,
    sha256,
    durationMs: null,
    extension,
    contentType,
    modifiedAt: at,
    lastAccessedAt: null,
    recordings: {},
    retired: [],
    deleting: false,
    fields,
  };
}

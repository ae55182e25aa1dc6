import type { JsonObject, JsonValue, StorageReceipt, StoredDocument } from '#libs/recording-model';

/** Room in a container. */
export interface Room {
  readonly bytes: number;
  readonly files: number;
}

/** Room that is promised to something under way, by the name of what it is for. */
export interface Hold extends Room {
  /** ISO 8601. */
  readonly at: string;
}

/** A container as its document keeps it. */
export interface Container {
  readonly quota: Room;
  /** What the files in it take. */
  readonly total: Room;
  readonly holds: Readonly<Record<string, Hold>>;
  /** Names of the last changes that are in `total`, so that none is made twice. */
  readonly counted: readonly string[];
  /** The vendor's own fields. */
  readonly fields: JsonObject;
}

/** A file of the own store as its document keeps it. */
export interface CataloguedFile {
  readonly container: string;
  /** Name in the own store; another one after each change of the bytes. */
  readonly storeName: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Null: not known, or no audio. */
  readonly durationMs: number | null;
  /** Extension without its dot. */
  readonly extension: string;
  readonly contentType: string;
  /** ISO 8601 with ms. */
  readonly modifiedAt: string;
  readonly lastAccessedAt: string | null;
  /** The recordings that are in it, by id, with what the store confirmed of each. */
  readonly recordings: Readonly<Record<string, StorageReceipt>>;
  /** Names in the own store whose bytes have been replaced and not yet removed. */
  readonly retired: readonly string[];
  /** Names in the own store that new bytes are being written to, with the time at which that began (ISO 8601). */
  readonly attempts?: Readonly<Record<string, string>>;
  /** Being deleted: nobody sees it any more. */
  readonly deleting: boolean;
  /** The vendor's own fields. */
  readonly fields: JsonObject;
}

/** A document with its content read. */
export interface Catalogued<T> {
  readonly sid: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly sealed: string | null;
  readonly body: T;
}

/** Reads a document of the catalogue; its content is only ever written by `toBody`. */
export function fromDocument<T extends Container | CataloguedFile>(document: StoredDocument): Catalogued<T> {
  const { id, createdAt, updatedAt, sealed, body } = document;
  return { sid: id, createdAt, updatedAt, sealed, body: body as unknown as T };
}

/** The content of a document of the catalogue. */
export function toBody(content: Container | CataloguedFile): JsonObject {
  return content as unknown as Record<string, JsonValue>;
}

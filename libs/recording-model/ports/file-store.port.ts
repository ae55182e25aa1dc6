import type { Readable } from 'node:stream';

/** Names a file of the own store. Namespaces keep applications apart: the same name in two of them is two files. */
export interface FileAddress {
  readonly tenantId: string;
  readonly applicationId: string;
  /** As the vendor spells it: `f/{sid}.wav`, `/rest_api/recordings/2026/11/21/….wav`. */
  readonly name: string;
}

/** What the own store knows of a file. */
export interface FileFacts {
  readonly name: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  readonly contentType: string;
  /** FlexML container, or null. */
  readonly container: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** ISO 8601 with ms. */
  readonly storedAt: string;
}

export interface NewFile {
  readonly contentType: string;
  readonly container: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The gateway's own store, as doors and flows use it. A file is there whole or not at all. */
export interface FileStore {
  /** The file that a receipt's location names; null when it lies elsewhere. */
  addressOf(location: string): FileAddress | null;
  /** Null when there is none. */
  stat(address: FileAddress): Promise<FileFacts | null>;
  /** By name; those that begin with the prefix. */
  list(owner: Omit<FileAddress, 'name'>, prefix: string): Promise<readonly FileFacts[]>;
  /** @throws RecgateError `request.not_found`, `range.not_satisfiable` */
  open(address: FileAddress, range?: { readonly start: number; readonly end: number }): Readable;
  /**
   * Writes a file or replaces one; whoever reads the old one may finish.
   * @throws RecgateError `destination.*`, or what the stream threw
   */
  write(address: FileAddress, bytes: Readable | Buffer, file: NewFile, signal?: AbortSignal): Promise<FileFacts>;
  /** False when there was none. */
  delete(address: FileAddress): Promise<boolean>;
}

import busboy from 'busboy';
import type { Request } from 'express';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RecgateError } from '#libs/recording-model';
import { aculab } from '#libs/vendor-adapters';
import { hasFileBody, parametersOf } from '../shared/door-request.js';

/** Largest file that is taken. */
export const MOST_UPLOAD_BYTES = 256 * 1024 * 1024;
const LIMITS = { fields: 20, files: 1, parts: 21, fieldNameSize: 100, fieldSize: 4096, headerPairs: 50 } as const;

/** A file that was uploaded, on disk until `use` of it is over. */
export interface Upload {
  /** Of the query and of the form around the file. */
  readonly parameters: URLSearchParams;
  /** The first bytes. */
  readonly head: Uint8Array;
  open(): Readable;
}

/**
 * Takes the file out of a request: the one file of a multipart form, or the whole body. It goes to a temporary file as
 * it comes, so that its parameters may stand behind it; that file is gone when `use` has ended.
 * @throws RecgateError `field.missing` without a file, `document.too_large`, `request.invalid` when it breaks off
 */
export async function withUpload<T>(request: Request, use: (upload: Upload) => Promise<T>): Promise<T> {
  if (!hasFileBody(request)) throw aculab.missing('file');
  const directory = await mkdtemp(join(tmpdir(), 'recgate-upload-'));
  const path = join(directory, 'file');
  try {
    const parameters = parametersOf(request);
    const isForm = /^multipart\//i.test(request.headers['content-type'] ?? '');
    const taken = isForm ? await takeForm(request, path, parameters) : await take(request, path);
    if (!taken) throw aculab.missing('file');
    return await use({ parameters, head: await headOf(path), open: () => createReadStream(path) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function take(body: Readable, path: string): Promise<boolean> {
  await pipeline(body, limited, createWriteStream(path, { mode: 0o600 })).catch((cause: unknown) => {
    throw cause instanceof RecgateError ? cause : brokenOff(cause);
  });
  return true;
}

async function* limited(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > MOST_UPLOAD_BYTES)
      throw new RecgateError('document.too_large', `The file is larger than ${MOST_UPLOAD_BYTES} bytes`);
    yield chunk;
  }
}

/** Adds the form's fields to the parameters; false when no part of it is a file. */
async function takeForm(request: Request, path: string, parameters: URLSearchParams): Promise<boolean> {
  const writing: Promise<boolean>[] = [];
  const parser = formParser(request);
  let fault: RecgateError | null = null;
  parser.on('field', (name, value, { valueTruncated }) => {
    if (valueTruncated) fault = aculab.malformed(name, 'is too long');
    parameters.append(name, value);
  });
  parser.on('file', (_name, stream) => {
    const written = take(stream, path);
    // The form must be read on to its end for its parser to end.
    written.catch(() => stream.resume());
    writing.push(written);
  });
  for (const limit of ['fieldsLimit', 'filesLimit', 'partsLimit'] as const)
    parser.on(limit, () => (fault = new RecgateError('request.invalid', 'The form has too many parts')));
  await pipeline(request, parser).catch((cause: unknown) => {
    throw brokenOff(cause);
  });
  const taken = await Promise.all(writing);
  if (fault !== null) throw fault as RecgateError;
  return taken.length > 0;
}

function formParser(request: Request): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, limits: LIMITS });
  } catch (cause) {
    throw brokenOff(cause);
  }
}

function brokenOff(cause: unknown): RecgateError {
  return new RecgateError('request.invalid', 'The body cannot be read as a form with a file', { cause });
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const head = new Uint8Array(aculab.MEDIA_HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

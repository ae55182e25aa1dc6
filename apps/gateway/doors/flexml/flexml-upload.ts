import busboy from 'busboy';
import type { Request } from 'express';
import { PassThrough, type Readable } from 'node:stream';
import { RecgateError, toRecgateError, type JsonObject } from '#libs/recording-model';
import { flexml } from '#libs/vendor-adapters';
import { hasFileBody, parametersOf } from '../shared/door-request.js';

/** Largest file that is taken; the quota of its container mostly ends sooner. */
const MOST_BYTES = 4 * 1024 ** 3;
const MOST_FIELD_BYTES = 64 * 1024;
const MOST_PARTS = 16;
/** How long the rest of a refused upload is read, so that the client can hear why. */
const DRAIN_MS = 5000;

/** A file on its way in. */
export interface UploadedData {
  /** As sent; empty when it was not. */
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Readable;
}

/** Data that have been taken in whole; one of the two is called. */
export interface TakenUpload<T> {
  /** @param late fields of a part that came behind the data */
  finish(late: JsonObject): Promise<T>;
  /** The rest of the upload is refused: nothing of it stays. */
  undo(): Promise<void>;
}

/** Takes the data in while they arrive. @param fields null: none have come yet */
export type TakeUpload<T> = (fields: JsonObject | null, data: UploadedData) => Promise<TakenUpload<T>>;

/**
 * Reads an upload (contract §4.1): multipart with the parts `file_object` and `data`, in any order, or the bytes alone
 * with the fields in the query. The bytes are never held in memory.
 * @throws RecgateError `media.format` for another kind of body, `document.malformed`, `field.missing`, or what `take` threw
 */
export async function readUpload<T>(request: Request, take: TakeUpload<T>): Promise<T> {
  const contentType = request.headers['content-type'] ?? '';
  if (!hasFileBody(request)) throw new RecgateError('media.format', 'Unsupported Media Type');
  try {
    return /^multipart\//i.test(contentType)
      ? await readMultipart(request, take)
      : await readBare(request, contentType, take);
  } catch (thrown) {
    drain(request);
    throw thrown;
  }
}

async function readBare<T>(request: Request, contentType: string, take: TakeUpload<T>): Promise<T> {
  const fields: JsonObject = Object.fromEntries(parametersOf(request));
  const bytes = new PassThrough();
  // Whoever reads it learns of an error; one that comes before anybody reads must not end the process.
  bytes.on('error', () => undefined);
  request.once('close', () => {
    if (!request.complete) bytes.destroy(brokenOff());
  });
  request.pipe(bytes);
  const name = fields['name'];
  const taken = await take(fields, { fileName: typeof name === 'string' ? name : '', contentType, bytes });
  return taken.finish({});
}

function readMultipart<T>(request: Request, take: TakeUpload<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const parser = openParser(request);
  let fields: JsonObject | null = null;
  let late: JsonObject | null = null;
  let taken: Promise<TakenUpload<T>> | null = null;
  let data: Readable | null = null;
  /** The object, when it comes as a file and is being read. */
  let reading = Promise.resolve();
  /** Refused, or read to its end: parts that are still in the parser change nothing any more. */
  let over = false;
  const fail = (thrown: unknown) => {
    if (over) return;
    over = true;
    request.unpipe(parser);
    const error = toRecgateError(thrown);
    data?.destroy(error);
    // What has been taken in must be let go before the answer is given.
    letGo(taken).then(() => reject(error), reject);
  };
  const gotObject = (text: string) => {
    try {
      const object = flexml.readStorageBody(text);
      if (taken === null) fields = object;
      else late = object;
    } catch (thrown) {
      fail(thrown);
    }
  };
  parser.on('field', (name, value, { valueTruncated }) => {
    if (name !== 'file_object') return;
    if (valueTruncated) fail(new RecgateError('document.too_large', 'The part file_object is too large'));
    else gotObject(value);
  });
  parser.on('file', (name, stream, { filename, mimeType }) => {
    stream.on('error', () => undefined);
    if (over) {
      stream.resume();
    } else if (name === 'file_object') {
      reading = readText(stream).then(gotObject, fail);
    } else if (name === 'data' && taken === null) {
      data = stream;
      stream.once('limit', () => fail(new RecgateError('document.too_large', `A file may have ${MOST_BYTES} bytes`)));
      taken = take(fields, { fileName: filename ?? '', contentType: mimeType, bytes: stream });
      taken.catch(fail);
    } else {
      stream.resume();
    }
  });
  parser.once('error', () => fail(new RecgateError('document.malformed', 'The multipart body cannot be read')));
  const end = () => {
    if (over) return;
    over = true;
    if (taken === null) reject(new RecgateError('field.missing', 'The part data is missing', { field: 'data' }));
    else taken.then((it) => it.finish(late ?? {})).then(resolve, reject);
  };
  parser.once('close', () => void reading.then(end));
  request.once('close', () => {
    if (!request.complete) fail(brokenOff());
  });
  request.pipe(parser);
  return promise;
}

async function letGo<T>(taken: Promise<TakenUpload<T>> | null): Promise<void> {
  // What was not taken in whole has been let go by whoever was taking it.
  const whole = await taken?.catch(() => null);
  await whole?.undo();
}

function openParser(request: Request): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      limits: {
        fileSize: MOST_BYTES,
        fieldSize: MOST_FIELD_BYTES,
        fields: MOST_PARTS,
        files: MOST_PARTS,
        parts: MOST_PARTS,
      },
    });
  } catch {
    throw new RecgateError('document.malformed', 'The multipart body has no boundary');
  }
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_FIELD_BYTES) throw new RecgateError('document.too_large', 'The part file_object is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads on for a while and throws it away: a connection that is cut at once loses the answer. */
function drain(request: Request): void {
  request.unpipe();
  if (request.complete || request.destroyed) return;
  request.resume();
  setTimeout(() => {
    if (!request.complete) request.destroy();
  }, DRAIN_MS).unref();
}

function brokenOff(): RecgateError {
  return new RecgateError('request.invalid', 'The upload broke off');
}

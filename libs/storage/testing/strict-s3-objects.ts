import { createHash, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { CRC32C } from '@google-cloud/storage';
import { SaxesParser } from 'saxes';
import { escapeXml, S3Fault } from './s3-fault.js';

export interface S3Request {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface S3Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface StoredS3Object {
  readonly bucket: string;
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly etag: string;
}

interface OpenUpload extends Pick<StoredS3Object, 'bucket' | 'key' | 'contentType' | 'metadata'> {
  readonly parts: Map<number, Buffer>;
}

/** How answers differ from plain ones. */
export interface AnswerStyle {
  readonly wrongEtags: boolean;
  readonly opaqueEtags: boolean;
  readonly googleHashes: boolean;
}

const SMALLEST_PART = 5 * 1024 * 1024;

/** Buckets, objects and open uploads of the strict S3 server. Requests arrive here with their signature verified. */
export class StrictS3Objects {
  readonly #objects = new Map<string, Map<string, StoredS3Object>>();
  readonly #uploads = new Map<string, OpenUpload>();

  constructor(buckets: readonly string[]) {
    for (const bucket of buckets) this.#objects.set(bucket, new Map());
  }

  find(bucket: string, key: string): StoredS3Object | undefined {
    return this.#objects.get(bucket)?.get(key);
  }

  all(): StoredS3Object[] {
    return [...this.#objects.values()].flatMap((objects) => [...objects.values()]);
  }

  openUploads(): string[] {
    return [...this.#uploads.keys()];
  }

  /** @throws S3Fault */
  handle(request: S3Request, style: AnswerStyle): S3Reply {
    if (!this.#objects.has(request.bucket))
      throw new S3Fault(404, 'NoSuchBucket', 'The specified bucket does not exist');
    const reply = this.#route(request);
    const hashed = style.googleHashes
      ? { ...reply, headers: { ...reply.headers, ...this.#googleHash(request) } }
      : reply;
    const corrupt = style.wrongEtags ? corrupted(hashed) : hashed;
    return style.opaqueEtags ? withOpaqueEtag(corrupt) : corrupt;
  }

  /** Of the object, or of the part, that the request wrote. */
  #googleHash({ bucket, key, method, query, body }: S3Request): Record<string, string> {
    const written = query.has('partNumber') ? body : this.find(bucket, key)?.body;
    return method === 'GET' || written === undefined ? {} : { 'x-goog-hash': `crc32c=${crc32cBase64(written)}` };
  }

  #route(request: S3Request): S3Reply {
    const uploadId = request.query.get('uploadId');
    switch (request.method) {
      case 'PUT':
        return uploadId === null ? this.#put(request) : this.#putPart(request, uploadId);
      case 'POST':
        return uploadId === null ? this.#begin(request) : this.#complete(request, uploadId);
      case 'DELETE':
        return uploadId === null ? this.#delete(request) : this.#abort(uploadId);
      case 'GET':
      case 'HEAD':
        return request.query.has('uploads') ? this.#listUploads() : this.#get(request);
      default:
        throw new S3Fault(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
    }
  }

  #put(request: S3Request): S3Reply {
    const { bucket, key, body } = request;
    const headers = verifyChecksums(request);
    const etag = `"${md5Hex(body)}"`;
    this.#store({ bucket, key, body, etag, ...describe(request) });
    return { status: 200, headers: { ...headers, etag }, body: '' };
  }

  #begin(request: S3Request): S3Reply {
    const { bucket, key } = request;
    const uploadId = randomUUID();
    this.#uploads.set(uploadId, { bucket, key, parts: new Map(), ...describe(request) });
    return xml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: uploadId });
  }

  #putPart(request: S3Request, uploadId: string): S3Reply {
    const upload = this.#upload(uploadId);
    const headers = verifyChecksums(request);
    upload.parts.set(Number(request.query.get('partNumber')), request.body);
    return { status: 200, headers: { ...headers, etag: `"${md5Hex(request.body)}"` }, body: '' };
  }

  #complete(request: S3Request, uploadId: string): S3Reply {
    const upload = this.#upload(uploadId);
    const parts = listedParts(request.body.toString()).map((listed) => this.#confirmedPart(upload, listed));
    if (parts.slice(0, -1).some((part) => part.length < SMALLEST_PART)) {
      throw new S3Fault(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
    }
    const body = Buffer.concat(parts);
    const checksum = verifyChecksums({ ...request, body, headers: withoutMd5(request.headers) });
    const digests = parts.map((part) => createHash('md5').update(part).digest());
    const etag = `"${md5Hex(Buffer.concat(digests))}-${parts.length}"`;
    const { bucket, key, contentType, metadata } = upload;
    this.#store({ bucket, key, body, etag, contentType, metadata });
    this.#uploads.delete(uploadId);
    const crc32c = checksum['x-amz-checksum-crc32c'];
    return xml('CompleteMultipartUploadResult', {
      Bucket: bucket,
      Key: key,
      ETag: etag,
      ...(crc32c !== undefined && { ChecksumCRC32C: crc32c, ChecksumType: 'FULL_OBJECT' }),
    });
  }

  #confirmedPart(upload: OpenUpload, listed: ListedPart): Buffer {
    const part = upload.parts.get(listed.number);
    const known = part === undefined ? [] : [md5Hex(part), opaque(md5Hex(part))];
    if (part !== undefined && known.includes(listed.etag.replaceAll('"', ''))) return part;
    throw new S3Fault(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
  }

  #abort(uploadId: string): S3Reply {
    this.#upload(uploadId);
    this.#uploads.delete(uploadId);
    return { status: 204, headers: {}, body: '' };
  }

  #delete({ bucket, key }: S3Request): S3Reply {
    this.#objects.get(bucket)?.delete(key);
    return { status: 204, headers: {}, body: '' };
  }

  #get({ method, bucket, key }: S3Request): S3Reply {
    const found = this.find(bucket, key);
    if (found === undefined) throw new S3Fault(404, 'NoSuchKey', 'The specified key does not exist.');
    const headers = {
      etag: found.etag,
      'content-type': found.contentType,
      'content-length': String(found.body.length),
    };
    return { status: 200, headers, body: method === 'HEAD' ? '' : found.body };
  }

  #listUploads(): S3Reply {
    const entries = [...this.#uploads].map(
      ([id, upload]) => `<Upload><Key>${escapeXml(upload.key)}</Key><UploadId>${id}</UploadId></Upload>`,
    );
    return {
      status: 200,
      headers: XML,
      body: `<ListMultipartUploadsResult>${entries.join('')}</ListMultipartUploadsResult>`,
    };
  }

  #upload(uploadId: string): OpenUpload {
    const upload = this.#uploads.get(uploadId);
    if (upload !== undefined) return upload;
    throw new S3Fault(404, 'NoSuchUpload', 'The specified multipart upload does not exist.');
  }

  #store(object: StoredS3Object): void {
    this.#objects.get(object.bucket)?.set(object.key, object);
  }
}

const XML = { 'content-type': 'application/xml' };

function xml(root: string, fields: Readonly<Record<string, string>>): S3Reply {
  const elements = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return {
    status: 200,
    headers: XML,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${elements.join('')}</${root}>`,
  };
}

function corrupted(reply: S3Reply): S3Reply {
  const headers = { ...reply.headers };
  if (headers['x-goog-hash'] !== undefined) headers['x-goog-hash'] = `crc32c=${crc32cBase64(Buffer.from('other'))}`;
  if (headers['etag'] !== undefined) headers['etag'] = `"${md5Hex(Buffer.from('other'))}"`;
  if (headers['x-amz-checksum-crc32c'] !== undefined)
    headers['x-amz-checksum-crc32c'] = crc32cBase64(Buffer.from('other'));
  return { ...reply, headers };
}

function withOpaqueEtag(reply: S3Reply): S3Reply {
  const etag = `"${opaque(reply.headers['etag'] ?? '')}"`;
  return { ...reply, headers: { ...reply.headers, etag, 'x-amz-server-side-encryption': 'aws:kms' } };
}

function opaque(etag: string): string {
  return md5Hex(Buffer.from(`kms ${etag.replaceAll('"', '')}`));
}

/** Compares the checksums a request carries with its body and returns the ones S3 repeats in its answer. */
function verifyChecksums({ headers, body }: S3Request): Record<string, string> {
  const md5 = headers['content-md5'];
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) {
    throw new S3Fault(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  const computed: Record<string, () => string> = {
    'x-amz-checksum-crc32c': () => crc32cBase64(body),
    'x-amz-checksum-sha256': () => createHash('sha256').update(body).digest('base64'),
    'x-amz-checksum-sha1': () => createHash('sha1').update(body).digest('base64'),
  };
  const answered: Record<string, string> = {};
  for (const name of Object.keys(headers).filter((header) => /^x-amz-checksum-(?!algorithm|type)/.test(header))) {
    const compute = computed[name];
    if (compute === undefined) throw new S3Fault(501, 'NotImplemented', `This server does not verify ${name}`);
    if (compute() !== headers[name])
      throw new S3Fault(400, 'BadDigest', `The ${name} you specified did not match what we received.`);
    answered[name] = compute();
  }
  return answered;
}

function withoutMd5(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { 'content-md5': _ofTheList, ...rest } = headers;
  return rest;
}

function describe({ headers }: S3Request): Pick<StoredS3Object, 'contentType' | 'metadata'> {
  const metadata = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-amz-meta-'))
    .map(([name, value]): [string, string] => [name.slice('x-amz-meta-'.length), String(value)]);
  return { contentType: headers['content-type'] ?? 'binary/octet-stream', metadata: Object.fromEntries(metadata) };
}

interface ListedPart {
  readonly number: number;
  readonly etag: string;
}

/** @throws S3Fault `MalformedXML`, `InvalidPartOrder` */
function listedParts(document: string): ListedPart[] {
  const parts: { number: number; etag: string }[] = [];
  const parser = new SaxesParser();
  let text = '';
  parser.on('opentag', ({ name }) => {
    text = '';
    if (name === 'Part') parts.push({ number: 0, etag: '' });
  });
  parser.on('text', (chunk) => (text += chunk));
  parser.on('closetag', ({ name }) => {
    const part = parts.at(-1);
    if (part !== undefined && name === 'PartNumber') part.number = Number(text);
    if (part !== undefined && name === 'ETag') part.etag = text;
  });
  parser.on('error', () => {
    throw new S3Fault(400, 'MalformedXML', 'The XML you provided was not well-formed');
  });
  parser.write(document).close();
  if (parts.length === 0) throw new S3Fault(400, 'MalformedXML', 'You must specify at least one part');
  if (parts.some((part, index) => index > 0 && part.number <= (parts[index - 1]?.number ?? 0))) {
    throw new S3Fault(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
  }
  return parts;
}

function md5Hex(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}

function crc32cBase64(bytes: Buffer): string {
  const crc = new CRC32C();
  crc.update(bytes);
  return crc.toString();
}
